/**
 * What is known of the running system from its files: names, code and build-id, and which build-ids the payload is to
 * depend on. Belongs to the pipeline; a stage gets it as plain values.
 */
import { basename } from 'node:path'
import type { KernelModule } from '../../assemble/model.ts'
import { during, InputError } from '../../base/errors.ts'
import type { Reason } from '../../base/refusal.ts'
import { type Brought, broughtBy } from '../../loaders/brought.ts'
import type { ProbedSizes } from '../../loaders/entry-size.ts'
import { inspectPayload } from '../../loaders/inspect.ts'
import { LINUX } from '../../loaders/linux/linux.ts'
import type { NamedKernel } from '../../loaders/linux/named-kernel.ts'
import type { LoaderFacts } from '../../loaders/xen/loader-facts.ts'
import { type HypervisorSymbols, readHypervisorSymbols, withBuildId } from '../../loaders/xen/symbols.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { LinkedProgram } from '../../program/linked-program.ts'
import { type Affected, type Base, programFile, readGiven, readImage, type Tree, treeKind } from '../../trees/index.ts'
import {
  KNOWN_VERSIONS,
  loadedStack,
  type MemoryCopy,
  type VerifiedPayload,
  type XenVersion,
} from '../../verify/index.ts'
import { readKernelRunning } from './kernel-running.ts'
import { type LoaderTable, loaderTable } from './loader-table.ts'
import { type LoaderVersion, loaderVersion } from './loader-version.ts'
import { type OwnProgram, ownProgram } from './own-program.ts'

export interface RunningOptions {
  /** A given xen-syms or image that boots, the tree's own unless given; or the program. */
  readonly symbols?: string
  /** Build-ids in hexadecimal, instead of the one that the symbols have. */
  readonly depends?: string
  readonly xenDepends?: string
  /** Payloads that are applied already, the lowest first. */
  readonly on?: readonly string[]
  /** Payloads whose place it is to take: they are there still when it is uploaded, so that it may not have their names. */
  readonly besides?: readonly string[]
  /** `FILE` or `FILE@ADDRESS`: a copy of the running system's memory. */
  readonly memory?: string
  /** Whether the payload is to hold the old code's first bytes; it is unless this is false. */
  readonly expect?: boolean
  /** Whether a live patch for Linux takes the place of all that are enabled; it does unless this is false. */
  readonly replace?: boolean
  /** No processor of the host has CET-IBT, or Xen does not use it. */
  readonly withoutIbt?: boolean
  /** The payload's file, after which a module of the Linux kernel is called. */
  readonly payloadName?: string
}

export interface Running extends LoaderTable, LoaderVersion {
  /** What runs is one image, whose file tells names and code; else a program with its libraries. */
  readonly isImage: boolean
  /** The image, of a Linux kernel. */
  readonly kernel?: NamedKernel | undefined
  /** How a module for it is called, and whether it takes the place of all that are enabled. */
  readonly module?: Pick<KernelModule, 'name' | 'replaces' | 'moduleOf'>
  /** What the tree's source says of the loader. */
  readonly loaderFacts?: LoaderFacts | undefined
  /** Undefined where no file with symbols is known. */
  readonly symbols: HypervisorSymbols | undefined
  /** The program's file, where a program runs and its file is given. */
  readonly program?: LinkedProgram | undefined
  /** Where that file is. */
  readonly programPath?: string
  /** Which of the tree's files that is, where none is given and the tree was asked. */
  readonly own?: OwnProgram | undefined
  /** Functions of the program that payloads below have replaced. */
  readonly replacedBelow?: ReadonlySet<string>
  readonly depends: Uint8Array | undefined
  readonly xenDepends: Uint8Array | undefined
  readonly warnings: readonly Reason[]
  /** The given file told a build-id only: names and code are the tree's own. */
  readonly namesOnly: boolean
  /** What is applied already, the lowest first. */
  readonly below: readonly VerifiedPayload[]
  /** What those have brought; undefined where there are none. */
  readonly brought?: Brought | undefined
  /** Names that payloads beside it have. */
  readonly besides?: ReadonlySet<string>
  readonly memory: MemoryCopy | undefined
  /** Whether old code may be expected; it may not where something unknown may have replaced it. */
  readonly expect: 'yes' | 'no' | 'unknown-below'
}

/**
 * Reads the files. A given file decides names and build-id; one without names (xen.efi) leaves names to the tree's.
 * `entrySizes`, of entries in the image's special tables, where its compiler was asked.
 */
function readRunning(
  { facts, cacheFolder }: Pick<Base, 'facts' | 'cacheFolder'>,
  entrySizes: ProbedSizes | undefined,
  options: RunningOptions,
  affected?: Affected,
): Running {
  const { image } = treeKind({ facts })
  if (image === 'program') return readProgram(options)
  if (image === 'kernel') return readKernelRunning(options, { moduleOf: modulesOf(affected), cacheFolder })
  const own = facts.symbols === undefined ? undefined : symbolsIn(facts.symbols, entrySizes)
  const given = options.symbols === undefined ? undefined : symbolsIn(options.symbols, entrySizes)
  const symbols = given?.format === 'efi' ? own && withBuildId(own, given.buildId) : (given ?? own)
  const buildId = given === undefined ? own?.buildId : given.buildId
  const table = loaderTable(facts, symbols)
  const versioned = loaderVersion(facts, symbols)
  const { loaderFacts } = facts
  const known = { symbols, tableUse: table.tableUse, facts: loaderFacts, withoutIbt: options.withoutIbt }
  const below = readBelow(options.on ?? [], versioned.version, known)
  const depends = options.depends === undefined ? undefined : readBuildId('--depends', options.depends)
  const isBottom = depends === undefined || buildId === undefined || Buffer.compare(depends, buildId) === 0
  return {
    ...table,
    ...versioned,
    isImage: true,
    loaderFacts,
    symbols,
    depends: depends ?? below.at(-1)?.buildId ?? buildId,
    xenDepends: options.xenDepends === undefined ? buildId : readBuildId('--xen-depends', options.xenDepends),
    warnings: given === undefined ? [] : otherBuildId(own?.buildId, given.buildId, options.symbols ?? ''),
    namesOnly: given?.format === 'efi',
    below,
    brought: broughtByStack(options),
    besides: namesBesides(options),
    memory: options.memory === undefined ? undefined : readMemory(options.memory, symbols),
    expect: options.expect === false ? 'no' : isBottom || below.length > 0 ? 'yes' : 'unknown-below',
  }
}

/**
 * The same for a build, which has the tree: where no program is given, the tree may show which it is. It is not asked where
 * no unit is concerned.
 */
export function runningOf(
  tree: Tree,
  affected: Affected,
  entrySizes: ProbedSizes | undefined,
  options: RunningOptions,
): Running {
  const isGiven = options.symbols !== undefined || treeKind(tree).image !== 'program' || affected.affected.length === 0
  if (isGiven) return readRunning(tree, entrySizes, options, affected)
  const own = ownProgram(tree, affected)
  const unknown = readRunning(tree, entrySizes, options)
  if (!('path' in own)) return { ...unknown, own }
  const found = readRunning(tree, entrySizes, { ...options, symbols: own.path })
  const asked =
    options.xenDepends ?? (found.below.length === 0 && options.on === undefined ? options.depends : undefined)
  if (asked === undefined || isSame(found.program?.buildId, readBuildId('--depends', asked))) return { ...found, own }
  return { ...unknown, own: { doubt: `${own.name} has not the build-id ${asked}` } }
}

/** Units that are parts of modules of a Linux kernel. */
const modulesOf = (affected: Affected | undefined): ReadonlyMap<string, string> =>
  new Map(
    (affected?.affected ?? []).flatMap(({ unit: { unit, module } }) => (module === undefined ? [] : [[unit, module]])),
  )

/** By whose rules names of the image are spelled. */
export const imageLoader = ({ kernel }: Pick<Running, 'kernel'>) => (kernel === undefined ? XEN : LINUX)

const isSame = (one: Uint8Array | undefined, other: Uint8Array) => one !== undefined && Buffer.compare(one, other) === 0

/** The payloads below, each verified on those below it. */
function readBelow(
  files: readonly string[],
  version: XenVersion | undefined,
  known: Omit<Parameters<typeof loadedStack>[1], 'version'>,
): readonly VerifiedPayload[] {
  const [first] = files
  if (first === undefined) return []
  if (version === undefined) {
    throw new InputError(
      'verify/unknown-version',
      `${first} is applied already, and by whose rules is not known: the running system is none of Xen ${KNOWN_VERSIONS}`,
      'give --tree and --symbols of the build that runs',
    )
  }
  return loadedStack(readStack(files), { ...known, version })
}

export const readStack = (files: readonly string[], option: '--on' | '--besides' = '--on') =>
  files.map(file => ({ name: basename(file), bytes: readGiven(file, option) }))

const namesBesides = ({ besides = [] }: RunningOptions): ReadonlySet<string> =>
  during(
    'reading payloads whose place is taken',
    () => new Set(broughtBy(readStack(besides, '--besides')).things.keys()),
  )

function broughtByStack({ on = [] }: RunningOptions): Brought | undefined {
  return on.length === 0
    ? undefined
    : during('reading what --on says is applied already', () => broughtBy(readStack(on)))
}

export function memoryPlace(option: string): { readonly file: string; readonly place: string } {
  const at = option.lastIndexOf('@')
  return at === -1 ? { file: option, place: '' } : { file: option.slice(0, at), place: option.slice(at + 1) }
}

/** A copy of memory, raw, from an address on; from the start of the code (`_stext`) unless one is given. */
export function readMemory(option: string, symbols: HypervisorSymbols | undefined): MemoryCopy {
  const { file, place } = memoryPlace(option)
  const start = symbols?.lookup('_stext')
  if (place === '' && start !== undefined) return { address: start, bytes: readGiven(file, '--memory') }
  if (/^(0x)?[0-9a-f]{1,16}$/i.test(place)) {
    return { address: BigInt(`0x${place.replace(/^0x/i, '')}`), bytes: readGiven(file, '--memory') }
  }
  throw new InputError(
    'build/bad-memory',
    `--memory is "${option}": ${place === '' ? 'where the copy begins is not known' : `"${place}" is no address`}`,
    'FILE@ADDRESS, the address in hexadecimal; without one the copy begins at _stext of the symbols',
  )
}

/** A program: its build-id counts; what its names resolve to is for its loader to say, which sees the process. */
function readProgram({ symbols: file, depends, xenDepends, on = [], besides = [] }: RunningOptions): Running {
  const program = file === undefined ? undefined : during(`reading ${file}`, () => new LinkedProgram(programFile(file)))
  const buildId = program?.buildId
  const payloads = on.map(path => inspectBelow(path))
  const top = payloads.at(-1)
  return {
    version: undefined,
    unversioned: [],
    tableUse: undefined,
    refusals: [],
    isImage: false,
    namesOnly: false,
    below: [],
    brought: broughtByStack({ on }),
    besides: namesBesides({ besides }),
    memory: undefined,
    expect: 'no',
    symbols: undefined,
    program,
    ...(file === undefined ? {} : { programPath: file }),
    replacedBelow: new Set(payloads.flatMap(({ functions }) => functions.map(({ name }) => name))),
    depends: depends === undefined ? (top?.id ?? buildId) : readBuildId('--depends', depends),
    xenDepends: xenDepends === undefined ? buildId : readBuildId('--xen-depends', xenDepends),
    warnings: [],
  }
}

/** Of a payload that another one goes upon. */
function inspectBelow(file: string) {
  const { buildId, functions } = during(`reading ${file}`, () => inspectPayload(readGiven(file, '--on')))
  if (buildId !== null) return { id: Buffer.from(buildId, 'hex'), functions }
  throw new InputError(
    'build/bad-build-id',
    `${file}, given with --on, has no build-id, so nothing can depend on it`,
    'is it a payload? hotsplice inspect shows what it has',
  )
}

function symbolsIn(file: string, entrySizes: ProbedSizes | undefined): HypervisorSymbols {
  return during(`reading the running system's symbols in ${file}`, () =>
    readHypervisorSymbols(readImage(file), entrySizes),
  )
}

/** How many symbols of the running system and of payloads on it have the name; undefined without symbols. */
export function countRunning(
  symbols: HypervisorSymbols | undefined,
  below: readonly VerifiedPayload[] = [],
): ((name: string) => number) | undefined {
  if (symbols === undefined) return undefined
  if (below.length === 0 && symbols.symbolsNamed !== undefined) {
    const count = (name: string) => symbols.symbolsNamed?.(name).length ?? 0
    return name => count(name) || (symbols.lookup(name) === undefined ? 0 : 1)
  }
  let counts: Map<string, number> | undefined
  return name => {
    if (counts === undefined) {
      counts = new Map()
      for (const symbol of symbols.symbols) counts.set(symbol.name, (counts.get(symbol.name) ?? 0) + 1)
      for (const name of below.flatMap(({ newSymbols }) => [...newSymbols.keys()])) counts.set(name, 1)
    }
    return counts.get(name) ?? (symbols.lookup(name) === undefined ? 0 : 1)
  }
}

/** Whether what the name stands for was freed after boot; undefined without symbols. */
export function isFreed(symbols: HypervisorSymbols | undefined): ((name: string) => boolean) | undefined {
  if (symbols === undefined) return undefined
  return name => {
    const address = symbols.lookup(name)
    return address !== undefined && symbols.freedAfterBoot(address)
  }
}

export function readBuildId(option: string, text: string): Uint8Array {
  if (text === '' || text.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(text)) {
    throw new InputError(
      'build/bad-build-id',
      `${option} is "${text}", which is not a build-id: an even number of hexadecimal digits`,
      'xl info shows the running hypervisor\u2019s build-id; hotsplice inspect shows a payload\u2019s',
    )
  }
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function otherBuildId(own: Uint8Array | undefined, given: Uint8Array | undefined, file: string): readonly Reason[] {
  const say = (id: Uint8Array | undefined) => (id === undefined ? 'none' : Buffer.from(id).toString('hex'))
  if (own === undefined || say(own) === say(given)) return []
  return [
    {
      code: 'other-build-id',
      text: `${file} has the build-id ${say(given)}, but the tree's own image has ${say(own)}: the payload is for the former, made from the latter's source`,
    },
  ]
}
