/**
 * Keeps the user's tree from what compilers write: the last of three walls, for what nobody thought of.
 *
 * First, options that are known to write further files are taken out (`outputs/`). Second, a compiler runs in a private
 * folder that holds copies of the plain files of the folder it believes to be in (`mirror.ts`). Third, here: it runs where
 * the tree is mounted read-only, in a mount namespace of its own. A holder process keeps the namespace for the whole run,
 * so that a compile costs a short program more (`nsenter`, and `env` where that is old) and no mount; it ends with its
 * standard input, and so with us, however we end.
 *
 * Where no namespace can be had (many containers forbid it), the tree's files are looked at before and after instead, and
 * a change is an error: late, but never silent.
 */
import { spawn } from 'node:child_process'
import { lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { findProgram } from './find-program.ts'
import { isInside, type Layout, realOrSelf, walk } from './layout.ts'
import type { Base } from './model.ts'

interface Guarded {
  /** Folders that nothing may write to, real paths. */
  readonly folders: readonly string[]
  /** A folder that stays writable where it lies in one of them. */
  readonly writable: string
}

export interface Guard {
  /** What a command that is to run in `folder` is put behind; nothing where it runs as it is. */
  enter(folder: string): readonly string[]
  /** Begins to watch the folders; the answer fails if one was written to meanwhile. */
  watch(): () => void
}

/** How one makes a namespace: root needs no other user for it. */
interface Way {
  readonly unshare: readonly string[]
  readonly nsenter: readonly string[]
}

const AS_ROOT: Way = { unshare: ['--mount'], nsenter: ['--mount'] }
const AS_USER: Way = {
  unshare: ['--user', '--map-current-user', '--keep-caps', '--mount'],
  nsenter: ['--user', '--preserve-credentials', '--mount'],
}

const known = new WeakMap<Layout, Promise<Guard>>()

/** What keeps a tree, the same for the whole run. Made when something is first run. */
export function guardOf({
  layout,
  units,
  cacheFolder,
  toolchain,
}: Pick<Base, 'layout' | 'units' | 'cacheFolder' | 'toolchain'>): Promise<Guard> {
  let guard = known.get(layout)
  if (guard === undefined) {
    const folders = [layout.sourceFolder, layout.buildFolder, ...new Set(units.map(unit => unit.folder))]
    const guarded = { folders: folders.map(realOrSelf), writable: realOrSelf(resolve(cacheFolder)) }
    // In another root the tree may be mounted once more, where our namespace does not reach.
    guard = toolchain === undefined ? guardFor(guarded) : Promise.resolve(watching(guarded))
    known.set(layout, guard)
  }
  return guard
}

/** The strongest guard that this machine allows. */
async function guardFor({ folders, writable }: Guarded): Promise<Guard> {
  const guarded = { folders: outermost(folders), writable }
  for (const way of process.getuid?.() === 0 ? [AS_ROOT, AS_USER] : [AS_USER]) {
    const guard = await namespaced(way, guarded)
    if (guard !== undefined) return guard
  }
  return watching({ folders: guarded.folders, writable })
}

const watching = (guarded: Guarded): Guard => ({ enter: () => [], watch: () => watch(guarded) })

/** Without those inside another; a whole file system cannot be made read-only for a compiler that wants to work. */
function outermost(folders: readonly string[]): string[] {
  const all = [...new Set(folders)].filter(folder => folder !== '/')
  return all.filter(folder => !all.some(other => other !== folder && isInside(other, folder))).sort()
}

/** Its arguments are pairs: what to do, and where. It says so when everything is as it should be, and waits. */
const HOLDER = `set -e
while [ $# -gt 0 ]; do
  case "$1" in
  bind) mount -o rbind,ro "$2" "$2"; [ ! -w "$2" ] ;;
  ro) mount -o remount,bind,ro "$2"; [ ! -w "$2" ] ;;
  rw) mount --bind "$2" "$2"; mount -o remount,bind,rw "$2"; [ -w "$2" ] ;;
  esac
  shift 2
done
echo ready
while read -r line; do :; done`

async function namespaced(way: Way, { folders, writable }: Guarded): Promise<Guard | undefined> {
  if (['unshare', 'nsenter', 'env', 'mount', 'sh'].some(name => findProgram(name, '/') === undefined)) return undefined
  mkdirSync(writable, { recursive: true })
  const mounts = mountPoints()
  const steps = folders.flatMap(folder => [
    ...['bind', folder],
    ...mounts.filter(place => place !== folder && isInside(folder, place)).flatMap(place => ['ro', place]),
  ])
  if (folders.some(folder => isInside(folder, writable))) steps.push('rw', writable)
  const pid = await hold([...way.unshare, 'sh', '-c', HOLDER, 'sh', ...steps])
  if (pid === undefined) return undefined
  const into = ['nsenter', '--target', String(pid), ...way.nsenter]
  const changes = entersFolders()
  const enter = (folder: string) =>
    changes ? [...into, `--wdns=${folder}`, '--'] : [...into, '--', 'env', '-C', folder]
  return { enter, watch: () => () => undefined }
}

/**
 * Whether nsenter changes the folder by itself, behind the mounts (util-linux from 2.38 on); else `env` does, one program
 * more for each compile. Its own words say so; asking it for them would be a program more, too.
 */
function entersFolders(): boolean {
  try {
    return readFileSync(findProgram('nsenter', '/') ?? '').includes('--wdns')
  } catch {
    return false
  }
}

/** Starts a holder; its process, once the namespace is as wanted. */
function hold(words: readonly string[]): Promise<number | undefined> {
  return new Promise(resolve => {
    try {
      const child = spawn('unshare', words, { cwd: '/', detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
      // Without descriptors there are no streams either.
      child.on('error', () => resolve(undefined))
      child.on('close', () => resolve(undefined))
      child.stdout?.on('data', chunk => {
        if (!String(chunk).includes('ready')) return
        for (const stream of [child.stdin, child.stdout]) if (stream instanceof Socket) stream.unref()
        child.unref()
        resolve(child.pid)
      })
      child.stdin?.on('error', () => undefined)
    } catch {
      resolve(undefined)
    }
  })
}

/** Linux, Documentation/filesystems/proc.rst, 3.5: the fifth field, with spaces and the like as octal numbers. */
function mountPoints(): string[] {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .flatMap(line => line.split(' ')[4] ?? [])
      .map(place => place.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))))
  } catch {
    return []
  }
}

const SHOWN = 5

function watch({ folders, writable }: Guarded): () => void {
  const before = stampsOf(folders, writable)
  return () => {
    const after = stampsOf(folders, writable)
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      path => before.get(path) !== after.get(path),
    )
    if (changed.length === 0) return
    const rest = changed.length > SHOWN ? ` and ${changed.length - SHOWN} more` : ''
    throw treeWritten(
      `the tree was written to while compilers ran: ${changed.sort().slice(0, SHOWN).join(', ')}${rest}`,
    )
  }
}

/** What changes when a file is written, by path; folders are known by what is in them. */
function stampsOf(folders: readonly string[], writable: string): Map<string, string> {
  const stamps = new Map<string, string>()
  for (const folder of folders) {
    walk(folder, (path, { files, links }) => {
      if (isInside(writable, path)) return
      for (const name of [...files, ...links]) stamps.set(`${path}/${name}`, stampOf(`${path}/${name}`))
    })
  }
  return stamps
}

function stampOf(path: string): string {
  try {
    const { size, mtimeMs, ctimeMs, ino } = lstatSync(path)
    return [size, mtimeMs, ctimeMs, ino].join(' ')
  } catch {
    return 'gone'
  }
}

export function treeWritten(fact: string): InputError {
  return new InputError(
    'build/tree-written',
    fact,
    'an option of the compile command names a file there, or another program works in the tree: leave the option out of the command, or let the other end first',
  )
}
