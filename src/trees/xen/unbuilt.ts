/**
 * A Xen tree that nobody has built is built once, in a private copy, and kept by what it was built from.
 *
 * The copy stays where it was built (its commands and debug information name that folder), so it carries a stamp instead
 * of appearing whole; a folder without one is begun anew, unless another run is at work in it.
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { tryLock, waitForLock } from '../../system/file-lock.ts'
import { findProgram } from '../find-program.ts'
import { interrupted } from '../interrupted.ts'
import { isInside, type Layout, listFolder, readText, walk } from '../layout.ts'
import { isReadable } from '../mirror.ts'
import type { BaseOptions, Run } from '../model.ts'
import { packageHint, run } from '../run.ts'
import { keyOf } from '../store.ts'
import { calledIn, toolchainKey, toolchainOf } from '../toolchain.ts'
import { shellText } from '../words.ts'
import { readConfig } from './config.ts'
import { checkConfig, configOf } from './open.ts'

/** What a build needs of the folder around the hypervisor. */
const AROUND = /^(Config\.mk|config|tools\/flask(\/policy)?)$/
/** What a build leaves; a copy starts without it. */
const LEFT =
  /^(include\/(config|generated|compat)|arch\/\w+\/include\/(asm\/asm-(offsets|macros)\.h|generated)|arch\/\w+\/\w+\.lds|source|xen(-syms)?(\.\w+)*|(prelink|asm-offsets)\.\w+)$/
/** So that the build-id depends on the sources only. */
const PINNED = {
  XEN_BUILD_DATE: '1970-01-01',
  XEN_BUILD_TIME: '00:00:00',
  XEN_BUILD_HOST: 'host',
  XEN_DOMAIN: 'domain',
  XEN_WHOAMI: 'builder',
}

/** Says whether the tree's own build is what the options ask for. */
export function isAsConfigured(layout: Layout, options: BaseOptions): boolean {
  if (options.config === undefined) return true
  const wanted = readConfig(readGivenConfig(options.config))
  const used = configOf(layout.buildFolder)
  return used !== undefined && [...wanted].every(([name, value]) => used.get(name) === value)
}

/** The layout of the built copy. */
export async function buildCopy(layout: Layout, options: BaseOptions, own: Run): Promise<Layout> {
  const config = givenConfig(layout, options)
  checkConfig(readConfig(config), options.config ?? join(layout.buildFolder, '.config'))
  const files = filesOf(layout)
  const toolchain = toolchainOf(options)
  const key = keyOf([
    ...files.flatMap(path => [relative(layout.base, path), digestOf(path)]),
    config,
    ...(options.makeArgs ?? []),
    relative(layout.sourceFolder, layout.buildFolder),
    toolchain === undefined ? programStamp('gcc') : toolchainKey(toolchain),
  ])
  const folder = join(resolve(options.cacheFolder), 'trees', key.slice(0, 32))
  const copy = copiedLayout(layout, folder)
  await withLock(folder, own, async lock => {
    if (existsSync(join(folder, '.built'))) return
    for (const path of files) copyInto(path, join(folder, relative(layout.base, path)))
    mkdirSync(copy.buildFolder, { recursive: true })
    writeFileSync(join(copy.buildFolder, '.config'), config)
    await make({ layout, copy, options, lock, own })
    writeFileSync(join(folder, '.built'), '')
  })
  return copy
}

function copiedLayout({ base, sourceFolder, buildFolder, prefix }: Layout, folder: string): Layout {
  const source = join(folder, relative(base, sourceFolder))
  const inside = isInside(sourceFolder, buildFolder)
  return {
    base: folder,
    sourceFolder: source,
    buildFolder: inside
      ? join(source, relative(sourceFolder, buildFolder))
      : join(folder, 'out', basename(buildFolder)),
    prefix,
  }
}

function givenConfig(layout: Layout, { config }: BaseOptions): string {
  if (config !== undefined) return readGivenConfig(config)
  const own = readText(join(layout.buildFolder, '.config')) ?? readText(join(layout.sourceFolder, '.config'))
  if (own !== undefined) return own
  throw new InputError(
    'build/not-built',
    `${layout.buildFolder} holds no finished build of Xen and no .config: nothing there says what is running`,
    'name the folder of the build with --build-dir, build the tree (make -C xen), or give the running configuration with --config so that hotsplice builds a copy (it is in /boot as xen-*.config)',
  )
}

function readGivenConfig(path: string): string {
  const text = readText(resolve(path))
  if (text === undefined)
    throw new InputError('build/no-config', `${path} cannot be read`, '--config wants Xen’s .config')
  return text
}

/** Everything a build reads, and nothing that one has left. */
function filesOf({ base, sourceFolder }: Layout): string[] {
  const files: string[] = []
  const take = (top: string, wanted: (place: string) => boolean) =>
    walk(top, (path, folder) => {
      for (const name of [...folder.files, ...folder.links]) {
        const file = `${path}/${name}`
        if (isReadable(name) && wanted(file.slice(top.length + 1))) files.push(file)
      }
    })
  const isLeft = (place: string) => place.split('/').some((_, at, parts) => LEFT.test(parts.slice(0, at + 1).join('/')))
  take(sourceFolder, place => !isLeft(place))
  for (const name of ['config', 'tools/flask']) take(join(base, name), () => true)
  for (const name of listFolder(base).files) if (AROUND.test(name)) files.push(join(base, name))
  return files.sort()
}

function copyInto(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { verbatimSymlinks: true, preserveTimestamps: true })
}

interface Making {
  readonly layout: Layout
  readonly copy: Layout
  readonly options: BaseOptions
  readonly own: Run
  /** Held by make's children too: where we are killed, nobody else begins in their folder before they have ended. */
  readonly lock: number
}

async function make({ layout, copy, options, lock, own }: Making): Promise<void> {
  const toolchain = toolchainOf(options)
  const { buildFolder } = copy
  const sourceFolder = calledIn(toolchain, copy.sourceFolder)
  const outside = buildFolder === copy.sourceFolder ? [] : [`O=${calledIn(toolchain, buildFolder)}`]
  // With an absolute source folder __FILE__ holds it; what runs was built in the user's own.
  const named =
    outside.length === 0
      ? []
      : [`EXTRA_CFLAGS_XEN_CORE=-fmacro-prefix-map=${sourceFolder}=${calledIn(toolchain, layout.sourceFolder)}`]
  const base = ['make', '-C', sourceFolder, ...outside, ...named, ...(options.makeArgs ?? [])]
  const environment = { ...PINNED, ...definedOf(PINNED) }
  for (const { step, words } of [
    { step: 'configuring a copy of Xen', words: [...base, 'olddefconfig'] },
    { step: 'building Xen once, in a copy; this takes minutes', words: [...base, `-j${own.pool.size}`] },
  ]) {
    own.progress.step(step)
    const settings = { folder: copy.base, scratch: copy.base, signal: own.signal, environment, keeps: lock, toolchain }
    // make starts as many compilers as there may be.
    const result = await own.pool.use({ slots: own.pool.size, signal: own.signal }, () => run(words, settings))
    if (result.exit !== 0) throw makeFailed(words, `${result.output}${result.errors}`)
    const config = configOf(buildFolder)
    if (config !== undefined) checkConfig(config, options.config ?? layout.buildFolder)
  }
}

/** The user's own settings win over the pinned ones. */
function definedOf(names: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = {}
  for (const name of Object.keys(names)) {
    const value = process.env[name]
    if (value !== undefined) own[name] = value
  }
  return own
}

const SHOWN_LINES = 20

function makeFailed(words: readonly string[], output: string): InputError {
  const missing = /(?:\/bin\/sh: \d+: |make[^:]*: |bash: )([\w+-]+): (?:command )?not found/.exec(output)?.[1]
  const last = output.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')
  return new InputError(
    'build/make-failed',
    `${shellText(words)} failed:\n${last}`,
    missing === undefined ? 'mend the tree, or give what make needs with --make-arg VAR=VALUE' : packageHint(missing),
  )
}

/** One run at a time fills a folder. `work` is given the lock's descriptor for the programs that it runs. */
async function withLock(folder: string, own: Run, work: (lock: number) => Promise<void>): Promise<void> {
  if (existsSync(join(folder, '.built'))) {
    const now = new Date()
    utimesSync(join(folder, '.built'), now, now)
    return
  }
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  const path = `${folder}.lock`
  let lock = tryLock(path)
  if (lock === undefined) {
    own.progress.step('waiting for another run that builds this tree')
    lock = await waitForLock(path, own.signal)
  }
  if (lock === undefined) throw interrupted()
  try {
    if (!existsSync(join(folder, '.built'))) rmSync(folder, { recursive: true, force: true })
    await work(lock.descriptor)
  } finally {
    if (!existsSync(join(folder, '.built'))) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    lock.release()
  }
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('base64')
}

function programStamp(name: string): string {
  const path = findProgram(name, '/')
  if (path === undefined) return ''
  const { size, mtimeMs } = statSync(path)
  return `${path} ${size} ${mtimeMs}`
}
