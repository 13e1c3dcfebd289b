/**
 * What two checkouts are given to do: every case of the tests as command lines. A work is a folder with its files, and the
 * arguments of one command that writes `report.json` and, where it builds, `fix.livepatch` into the folder it runs in.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { caseFolder, caseNames, flagsOf, readCase, type SmallCase, targetOf } from '../../tests/cases/read.ts'
import { compile } from '../../tests/support/gcc.ts'
import { makeTree, readCases, type WayCase } from '../../tests/ways/read.ts'
import type { XenCase } from '../../tests/xen/case.ts'
import { allCases } from '../../tests/xen/cases/all.ts'
import { idleCases, refusedCases } from '../../tests/xen/cases/refused.ts'
import { type Edit, patchText } from '../../tests/xen/edits.ts'

export interface Work {
  /** `ways/series auto`: the case's folder, and how. */
  readonly name: string
  /** Puts what the command needs into an empty folder, and gives its arguments. */
  readonly prepare: (folder: string) => readonly string[]
}

export const PAYLOAD = 'fix.livepatch'
export const REPORT = 'report.json'

const WAYS = ['ignore', 'neutral', 'mask', 'table', 'auto'] as const

/** All works; those on Xen where its trees are built on this machine already. */
export function works(): readonly Work[] {
  return [...caseNames.flatMap(smallWorks), ...readCases().flatMap(wayWorks), ...xenWorks()]
}

const written = ['--json', REPORT] as const
const build = (tree: string, target: string, way: string) =>
  ['build', '--tree', tree, '--target', target, '--lines', way, '-j', '2', '-o', PAYLOAD, ...written] as const

/** The two objects held against each other, with a shifted one as well, and the payload for a program. */
function smallWorks(name: string): readonly Work[] {
  const objects = (one: SmallCase, folder: string) => {
    const made = (file: string, text: string) => {
      writeFileSync(join(folder, file), compile(text, flagsOf(one), 'input.c'))
      return join(folder, file)
    }
    return { original: made('original.o', one.before), patched: made('patched.o', one.after), made }
  }
  const diff = (folder: string) => {
    const one = readCase(name)
    const { original, patched } = objects(one, folder)
    return ['diff', original, patched, '--target', targetOf(one), ...written]
  }
  const shifted = (folder: string) => {
    const one = readCase(name)
    const { original, patched, made } = objects(one, folder)
    const object = made('shifted.o', `#line 4\n${one.before}`)
    return ['diff', original, patched, '--shifted', object, '--shift', '3', '--target', targetOf(one), ...written]
  }
  const builds = (way: string) => (folder: string) => {
    const one = readCase(name)
    writeFileSync(join(folder, 'input.c'), one.before)
    const args = ['gcc', ...flagsOf(one), '-c', 'input.c', '-o', 'input.o']
    const commands = [{ directory: folder, file: 'input.c', arguments: args }]
    writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(commands))
    return [...build(folder, 'process', way), '--patch', join(caseFolder, name, 'change.patch')]
  }
  return [
    { name: `cases/${name} diff`, prepare: diff },
    { name: `cases/${name} diff, shifted`, prepare: shifted },
    { name: `cases/${name} ignore`, prepare: builds('ignore') },
    { name: `cases/${name} auto`, prepare: builds('auto') },
  ]
}

function wayWorks(one: WayCase): readonly Work[] {
  return WAYS.map(way => ({
    name: `ways/${one.name} ${way}`,
    prepare: folder => {
      const tree = join(folder, 'tree')
      makeTree(one, tree)
      const patches = one.patches.map(({ name, text }) => {
        writeFileSync(join(folder, name), text, 'latin1')
        return join(folder, name)
      })
      return [...build(tree, 'process', way), '--patch', ...patches]
    },
  }))
}

/** Where the tests' own script keeps its trees. */
const xenFolder = join(process.env.HOTSPLICE_CACHE || join(homedir(), '.cache/hotsplice'), 'xen')
const isThere = (tree: string) => existsSync(join(xenFolder, `${tree}.built`))

function xenWorks(): readonly Work[] {
  const all: readonly Edited[] = [...allCases, ...refusedCases, ...idleCases]
  return all.filter(({ tree = 'release' }) => isThere(tree)).flatMap(editWorks)
}

type Edited = Pick<XenCase, 'name' | 'tree' | 'edits' | 'probe'>

function editWorks({ name, tree = 'release', edits, ...rest }: Edited): readonly Work[] {
  const work = (way: string, all: readonly Edit[], what = ''): Work => ({
    name: `xen/${name}${what} ${way}`,
    prepare: folder => {
      writeFileSync(join(folder, 'fix.patch'), patchText(join(xenFolder, 'source'), all), 'latin1')
      return [...build(join(xenFolder, tree), 'xen', way), '--patch', join(folder, 'fix.patch')]
    },
  })
  const probe = rest.probe === undefined ? [] : [work('ignore', rest.probe.edits, ' (its probe)')]
  return [work('ignore', edits), work('auto', edits), ...probe]
}

export interface Ending {
  readonly status: number | null
  /** What the command said; looked at where it wrote no report. */
  readonly words: string
}

/** Runs the command of a checkout in a folder of its own. */
export function carryOut(checkout: string, args: readonly string[], { folder, cache }: Place): Ending {
  mkdirSync(folder, { recursive: true })
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const env = { ...process.env, HOTSPLICE_CACHE: cache }
  const command = [join(checkout, 'bin/hotsplice'), ...args]
  try {
    const words = execFileSync(process.execPath, command, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' })
    return { status: 0, words }
  } catch (error) {
    const { status = null, stderr = '' } = error as { status?: number | null; stderr?: string }
    return { status, words: stderr }
  }
}

interface Place {
  readonly folder: string
  readonly cache: string
}
