/**
 * A prepared kernel source: configured as the running kernel was, with what `make prepare` generates, and nothing compiled.
 *
 * Its units are not listed anywhere: which there are, only makefiles know. So a unit is asked for where a patch touches its
 * source, and how it is compiled, the kernel's own make says. Who may read a header, make and the texts tell (`header-users.ts`).
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inPrivatePlace } from '../../system/private-place.ts'
import { type Layout, readText, realOrSelf } from '../layout.ts'
import type { Base, BaseOptions, Dependent, Run, TreeFacts, Unit } from '../model.ts'
import { guardOf } from '../read-only.ts'
import { run as runProgram } from '../run.ts'
import { TreeTexts } from '../texts.ts'
import { headerUsers } from './header-users.ts'
import { includersOf, misledBy, type Searching } from './included.ts'
import { type Kept, keptOf } from './kept.ts'
import { moduleIn, readMakeCommands } from './make-commands.ts'
import { isLeftToAll, objtoolOf } from './objtool.ts'
import { LINUX_PATHS } from './paths.ts'
import { checkTranslated } from './translated.ts'

/** What `make prepare` leaves, and compiling needs. */
const PREPARED = ['include/generated/autoconf.h', 'include/config/auto.conf', 'include/generated/utsrelease.h']

export function openLinux(tree: string, options: BaseOptions): Base {
  const sources = realOrSelf(resolve(tree))
  refuseUnknownOptions(options)
  const folder = options.buildDir === undefined ? sources : buildFolderOf(options.buildDir, sources)
  const layout: Layout = { base: sources, sourceFolder: sources, buildFolder: folder, prefix: '' }
  const missing = PREPARED.filter(path => !existsSync(join(folder, path)))
  if (missing.length > 0) {
    throw new InputError(
      'linux/not-prepared',
      `${folder} is not prepared: it has no ${missing.join(', no ')}`,
      'copy the running kernel’s configuration (/boot/config-…) to .config, and run make olddefconfig prepare there',
    )
  }
  const config = configOf(readText(join(folder, 'include/config/auto.conf')) ?? '')
  checkConfig(config)
  const texts = new TreeTexts(layout)
  const known = new Map<string, Promise<Unit>>()
  const facts: TreeFacts = {
    kind: 'linux',
    base: sources,
    sourceFolder: sources,
    buildFolder: folder,
    compiler: 'gcc',
    version: versionOf(readText(join(sources, 'Makefile')) ?? ''),
    config,
    symbols: undefined,
    tableUse: undefined,
  }
  const base: Base = {
    facts,
    layout,
    units: [],
    responseFiles: new Set(),
    reader: texts,
    texts,
    target: options.target,
    cacheFolder: options.cacheFolder,
    openTime: 0,
    notices: [],
    dependents: (paths, run) => dependentsOf({ base, run, unitOf: (...asked) => unitOf(known, ...asked) }, paths),
    namesakes: () => Promise.resolve([]),
    leavingFolders: () => [],
  }
  return base
}

/**
 * The folder of a build with O=, where the kernel's makefile leaves a makefile that includes the source's own (Linux 6.1 and 6.12
 * Makefile, outputmakefile): a build of another source would be another kernel.
 */
function buildFolderOf(buildDir: string, sources: string): string {
  const folder = realOrSelf(resolve(buildDir))
  if (folder === sources) return folder
  const included = /^include (.+)\/Makefile$/m.exec(readText(join(folder, 'Makefile')) ?? '')?.[1]
  const from = included === undefined ? undefined : realOrSelf(resolve(folder, included))
  if (from === sources) return folder
  throw new InputError(
    'linux/other-build-folder',
    `${folder} is no folder of a build of ${sources}: ${from === undefined ? 'it has no makefile that names its source' : `its makefile names ${from}`}`,
    `make it with the source: make -C ${sources} O=${folder} olddefconfig prepare`,
  )
}

function refuseUnknownOptions(options: BaseOptions): void {
  const given = [
    ['--config', options.config],
    ['--make-arg', options.makeArgs?.[0]],
    ['--toolchain', options.toolchain],
    ['--toolchain-file', options.toolchainFile],
  ].flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (given.length === 0) return
  throw new InputError(
    'linux/not-yet',
    `${given.join(' and ')} cannot be used with a kernel’s source yet`,
    'prepare the source in its own folder: make olddefconfig prepare',
  )
}

/** `CONFIG_X=y` of auto.conf: X → y. */
function configOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^CONFIG_(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}

/** `6.1.176` of the Makefile's VERSION, PATCHLEVEL and SUBLEVEL. */
function versionOf(makefile: string): string | undefined {
  const parts = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    name => new RegExp(`^${name} = (\\d+)$`, 'm').exec(makefile)?.[1],
  )
  return parts.includes(undefined) ? undefined : parts.join('.')
}

const NEEDED = ['X86_64', 'LIVEPATCH', 'MODVERSIONS', 'UNWINDER_ORC', 'CC_IS_GCC']
/** Their objects are not what runs. */
const NOT_YET = ['LTO', 'CFI_CLANG', 'GCC_PLUGIN_RANDSTRUCT', 'RANDSTRUCT', 'GCOV_KERNEL', 'KASAN']

function checkConfig(config: ReadonlyMap<string, string>): void {
  const lacks = NEEDED.filter(name => config.get(name) !== 'y').map(name => `lacks CONFIG_${name}`)
  const has = NOT_YET.filter(name => config.get(name) === 'y').map(name => `has CONFIG_${name}`)
  if (lacks.length + has.length === 0) return
  throw new InputError(
    'linux/unsupported-config',
    `the configuration ${[...lacks, ...has].join(' and ')}: live patches for such a kernel cannot be built yet`,
    'is it the configuration of the kernel that runs (/boot/config-…)? so far kernels like Debian’s 6.1 for x86-64 are known',
  )
}

interface Asked {
  readonly base: Base
  readonly run: Run
  readonly unitOf: (path: string, asking: Asking) => Promise<Unit>
}

/** A base as one who asks sees it. */
interface Asking {
  readonly base: Base
  readonly run: Run
  readonly kept: Kept
}

async function dependentsOf({ base, run, unitOf }: Asked, paths: ReadonlySet<string>): Promise<readonly Dependent[]> {
  const there = [...paths].filter(path => base.reader.read(path) !== undefined).sort()
  const headers = there.filter(path => !path.endsWith('.c') && isRead(path))
  const touched = there.filter(path => path.endsWith('.c'))
  const fresh = [...paths].filter(path => base.reader.read(path) === undefined && /\.[ch]$/.test(path)).sort()
  if (there.length + fresh.length === 0) return []
  const [own, users] = await inPrivatePlace(base.cacheFolder, async scratch => {
    const { buildFolder: folder, sourceFolder: sources } = base.layout
    const { cacheFolder } = base
    if (headers.length > 0 && folder !== sources) throw headersApart(headers)
    // To look at the tree takes no guard, and others need its answer.
    const kept = keptOf({ folder, sources, scratch, cacheFolder, signal: run.signal })
    const options = { folder, sources, scratch, cacheFolder, signal: run.signal, guard: await guardOf(base), run, kept }
    const asked = touched.map(async path => ({ unit: await unitOf(path, { base, run, kept }), because: [path] }))
    const own = await Promise.all(asked)
    const found =
      headers.length === 0
        ? []
        : await headerUsers(headers, source => ELSEWHERE.test(source), {
            ...options,
            ownStep: await ownStep(base, options),
          })
    await checkTranslated(there, options)
    await checkFresh(fresh, options)
    return [own, found] as const
  })
  // A touched source that reads a touched header is the same unit.
  const byName = new Map(own.map(({ unit }) => [unit.unit, unit]))
  return [...own, ...users.map(each => ({ ...each, unit: byName.get(each.unit.unit) ?? each.unit }))]
}

const headersApart = (headers: readonly string[]) =>
  new InputError(
    'linux/header-users-unknown',
    `the patch touches ${headers.join(', ')}, and who reads it is not known yet where the build has a folder of its own (O=)`,
    'put what the patch changes there into the sources that need it, or prepare the source in its own folder',
  )

/** Throws `InputError` where a new file may be read in the place of one that is there. */
async function checkFresh(paths: readonly string[], options: Searching): Promise<void> {
  for (const path of paths) {
    const [by, ...others] = await misledBy(path, options)
    if (by === undefined) continue
    const readers = others.length === 0 ? by : `${by} and ${others.length} others`
    throw new InputError(
      'linux/header-users-unknown',
      `the patch brings ${path}, and ${readers} may take it for the file of that name that was read so far`,
      'give the new file a name of its own',
    )
  }
}

/** What only people read. */
const isRead = (path: string): boolean => !/^(?:Documentation|LICENSES|debian)\//.test(path)

/**
 * Programs of their own beside the kernel, whose objects or bytes are put into it in other ways. Beside the vDSO's sources lie
 * the kernel's own that map it. The build turns numbers in a few sources into headers, which others read.
 */
const ELSEWHERE =
  /^(?:(?:arch\/x86\/(?:boot|entry\/vdso(?!\/(?:vma|extable|vdso32-setup)\.c$)|realmode|purgatory|um|tools)|drivers\/firmware\/efi\/libstub|tools|scripts|usr|samples|certs)\/|kernel\/bounds\.c$|arch\/x86\/(?:kernel|kvm)\/[\w-]*asm-offsets\w*\.c$)/

function unitOf(known: Map<string, Promise<Unit>>, source: string, asking: Asking): Promise<Unit> {
  const own = known.get(source) ?? askMake(source, asking)
  known.set(source, own)
  // Whoever was stopped asked for itself only.
  own.catch(() => known.delete(source))
  return own
}

async function askMake(source: string, { base, run, kept }: Asking): Promise<Unit> {
  if (ELSEWHERE.test(source)) {
    throw new InputError(
      'linux/not-kernel-code',
      `${source} is no part of the running kernel’s own code, or gets into it in a way of its own`,
      'leave the file out of the patch',
    )
  }
  const unit = source.replace(/\.c$/, '.o')
  const { buildFolder: folder, sourceFolder: sources } = base.layout
  const output = await inPrivatePlace(base.cacheFolder, async scratch => {
    const settings = { folder, sources, scratch, signal: run.signal, guard: await guardOf(base), kept }
    // Each takes about as long as a compile where nothing is known; who includes the source is said first.
    const [including, told] = await Promise.allSettled([
      run.pool.use(run, () => includersOf(source, settings)),
      wordsOfMake({ source, unit, run }, settings),
    ])
    const includers = settled(including)
    if (includers.length > 0) throw includedSource(source, includers)
    return { text: settled(told), objtool: await ownStep(base, settings) }
  })
  const command = readText(join(folder, dirname(unit), `.${basename(unit)}.cmd`))
  const isSource = (word: string) => resolve(folder, word) === join(sources, source)
  const commands = readMakeCommands(output.text, { unit, source, isSource }, command)
  return unitFrom({ ...commands, objtool: commands.objtool ?? output.objtool }, { unit, source, folder })
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/** How make would compile the source. */
function wordsOfMake(
  { source, unit, run }: { readonly source: string; readonly unit: string; readonly run: Run },
  settings: Searching,
): Promise<string> {
  // Tools of the build are made by a make of their own, which -n does not reach: what is prepared is not asked for again.
  // With O= make finds the source elsewhere, and would not call it so; of what is compiled already the record tells.
  const anew = settings.folder === settings.sources ? ['-W', source] : []
  const words = ['make', '-n', ...anew, '-o', 'prepare', unit]
  return settings.kept(words, async () => {
    // The kernel's makefiles try options of the compiler out in files below TMPOUT, which is in the tree otherwise.
    const asked = [...words, `TMPOUT=${settings.scratch}/try_$$$$`]
    const result = await run.pool.use(run, () => runProgram(asked, settings))
    if (result.exit === 0) return result.output
    throw new InputError(
      'linux/no-command',
      `make does not say how ${unit} is compiled: ${(result.errors.trim() || result.output.trim()).slice(-500)}`,
      'is the tree prepared (make olddefconfig prepare), with all that this needs installed?',
    )
  })
}

async function ownStep({ facts }: Base, options: Searching): Promise<readonly string[] | undefined> {
  if (!isLeftToAll(facts.config)) return undefined
  const words = await options.kept(['objtool'], async () => (await objtoolOf(options)).join('\n'))
  return words.split('\n')
}

function includedSource(source: string, includers: readonly string[]): InputError {
  const by = includers.slice(0, 3).join(', ')
  return new InputError(
    'linux/included-source',
    `${source} is compiled as a part of ${by}${includers.length > 3 ? ', …' : ''}; so far patches may touch sources that are compiled by themselves`,
    'leave the file out of the patch',
  )
}

function unitFrom(
  { compile, objtool }: ReturnType<typeof readMakeCommands>,
  { unit, source, folder }: { readonly unit: string; readonly source: string; readonly folder: string },
): Unit {
  return {
    unit,
    source,
    command: [...compile, '-ffunction-sections', '-fdata-sections'],
    folder,
    dependencies: [source],
    language: 'c',
    role: 'linked',
    ...moduleIn(compile),
    object: undefined,
    original: 'compiled',
    objcopy: objtool === undefined ? [] : [objtool],
    sparesDebug: true,
  }
}

/** The folder, where it holds a kernel's source. Throws `InputError` where it is a build's, which names its source. */
export function findLinux(tree: string): string | undefined {
  if (LINUX_PATHS.isIn(tree)) return tree
  const source = join(tree, 'source')
  if (!LINUX_PATHS.isIn(source)) return undefined
  throw new InputError(
    'linux/other-build-folder',
    `${tree} is the folder of a build with O=, and its source is in another one`,
    `name both: --tree ${realOrSelf(source)} --build-dir ${tree}`,
  )
}
