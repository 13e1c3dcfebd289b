/**
 * One compile in a private place: the command as it runs there, what it leaves, and what it read.
 *
 * What the compiler is asked for must be there afterwards: an object that can be read, and a list of what was read that
 * holds at least the source. A unit without such a list would count as reading nothing, and a fix of it as no change.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { type CompilerCommand, isPreprocessed, KEEPS_DOTS, mapPaths, prefixMaps, tidiesNames } from './command.ts'
import type { CompilerIdentity } from './compiler.ts'
import { readDependencyFile } from './dependency-file.ts'
import { headersNamed, NAME_HEADERS, withoutHeaders } from './headers-named.ts'
import { readNames, realOrSelf, toAbsolute, whyNoName } from './layout.ts'
import { bypassed, type Mirror } from './mirror.ts'
import { mayBeElsewhere } from './missing.ts'
import type { CompileRequest, Unit } from './model.ts'
import { type Making, PRODUCTS, type Product, plainMaking } from './products.ts'
import { treeWritten } from './read-only.ts'
import { type RunOptions, type RunResult, run } from './run.ts'
import { calledIn, outsideOf, seenFrom } from './toolchain.ts'
import type { Workshop } from './workshop.ts'

/** Everything about one compile that does not change while it is tried. */
export interface Job {
  readonly shop: Workshop
  readonly request: CompileRequest
  readonly product: Product
  readonly parts: CompilerCommand
  readonly compiler: CompilerIdentity
  /** Names command, compiler and surroundings; not yet the texts. */
  readonly key: string
  readonly signal: AbortSignal | undefined
}

export interface Made {
  readonly object: Uint8Array | undefined
  /** Every file that was read, as spelled, the mirror's root taken off. */
  readonly reads: readonly string[]
  readonly words: string
  readonly time: number
}

interface MadeIn extends Made {
  readonly bypassed: readonly string[]
  /** The words with the private place's own paths. */
  readonly said: string
}

export function options({ parts, product, request }: Job, making: Making = PRODUCTS[product]): string[] {
  const own = parts.options.filter(
    option => (making.compiles || option !== '-c') && making.without?.has(option) !== true,
  )
  return [...own, ...(request.extraFlags ?? []), ...making.options]
}

/**
 * In a lean mirror first. What reads past it is tried in a full one, and only that answer counts; so is what fails there,
 * unless the preprocessor shows that it saw nothing but the patched tree: then its words are final.
 */
export async function make(job: Job): Promise<Made> {
  // Programs are started for it, which may begin while the mirror is made; whether it can be had is asked where it is needed.
  job.shop.guard().catch(() => undefined)
  const mirror = job.shop.mirror(job.request.overlay, 'lean')
  const lean = await makeIn(job, mirror)
  if (lean.object !== undefined && lean.bypassed.length === 0) return lean
  if (lean.object === undefined && (mirror.full || (await sawEverything(job, mirror, lean)))) return lean
  const full = await makeIn(job, job.shop.mirror(job.request.overlay, 'full'))
  if (full.object === undefined || full.bypassed.length === 0) return full
  throw new InputError(
    'build/overlay-bypassed',
    `${job.request.unit.unit} reads ${full.bypassed.join(', ')} through a link that leads out of the tree, so that its patched text cannot be shown to the compiler`,
    'give the tree by the folder that really holds these files',
  )
}

/** What only the assembler has to say: GNU as, and clang's own. */
const ASSEMBLING = /^.*: Assembler messages:$|^<inline asm>|^<instantiation>/m

/**
 * Says whether a unit that failed in a lean mirror has read there what it would read in a full one. A list of what was read
 * is written only where nothing fails, so the compiler names each header as it opens it, or the preprocessor is asked to.
 */
async function sawEverything(job: Job, mirror: Mirror, failed: MadeIn): Promise<boolean> {
  if (isPlain(job) || mayBeElsewhere(mirror, failed.words)) return false
  const { shop, request } = job
  const extraFlags = [...(request.extraFlags ?? []), NAME_HEADERS]
  const asked = namesHeaders(job)
    ? failed
    : await makeIn({ ...job, product: 'reads', request: { ...request, extraFlags } }, mirror)
  if (asked.object === undefined && mayBeElsewhere(mirror, asked.words)) return false
  const place = mirror.at(request.unit.folder)
  const { toolchain } = shop.tree
  const here = (name: string) => (toolchain && !name.startsWith(mirror.root) && outsideOf(toolchain, name)) || name
  const named = headersNamed(asked.said).map(name => (name.startsWith('/') ? here(name) : `${place}/${name}`))
  const given = filesGiven(job, mirror)
  if (asked.bypassed.length > 0 || bypassed(mirror, shop.layout, [...given, ...named]).length > 0) return false
  // What an assembler reads, nobody has named.
  if (!ASSEMBLING.test(failed.words)) return true
  const texts = shop.texts(request.overlay)
  const opened = [sourceOf(shop, request.unit), ...named]
  return !opened.some(path => texts.embeds(path.startsWith(`${mirror.root}/`) ? path.slice(mirror.root.length) : path))
}

/** Words of the command that may be files, the source among them: it may be a link in a folder that is one, too. */
function filesGiven({ parts, request, shop }: Job, mirror: Mirror): readonly string[] {
  const { toolchain } = shop.tree
  return parts.options
    .filter(option => !option.startsWith('-'))
    .map(option => {
      const path = resolve(request.unit.folder, (toolchain && outsideOf(toolchain, option)) ?? option)
      return mirror.holds(path) ? mirror.at(path) : path
    })
}

async function makeIn(job: Job, mirror: Mirror): Promise<MadeIn> {
  const { shop, request, product, parts, signal } = job
  const { unit } = request
  const plain = isPlain(job) ? plainMaking(product) : PRODUCTS[product]
  if (plain === undefined) return plainText(job, mirror)
  const out = shop.output()
  const object = `${out}.o`
  const guard = await shop.guard()
  const command = commandIn(job, { mirror, out, making: plain })
  const { toolchain } = shop.tree
  const settings = { scratch: dirname(out), signal, guard, toolchain }
  const result = spelledHere(await run(command, { folder: mirror.at(unit.folder), ...settings }), job, mirror)
  const steps = product === 'object' || product === 'debug-object' ? unit.objcopy : []
  const failed =
    result.exit !== 0 ? result : await objcopySteps({ ...unit, objcopy: steps }, calledIn(toolchain, object), settings)
  if (failed !== undefined) {
    const words = ownWords(namesHeaders(job) ? { ...failed, errors: withoutHeaders(failed.errors) } : failed, mirror)
    const [denied] = words.split('\n').filter(line => line.includes(READ_ONLY))
    if (denied !== undefined) throw treeWritten(`${unit.unit} is compiled with an option that writes: ${denied.trim()}`)
    return { object: undefined, words, said: failed.errors, time: result.time, bypassed: [], reads: [] }
  }
  const kept = keep({ object, unit, compiler: parts.compiler, making: plain })
  const words = ownWords(result, mirror)
  return { object: kept, words, said: result.errors, time: result.time, ...readBy(job, mirror, out) }
}

/** `strerror(EROFS)`; programs are run with messages in English. */
const READ_ONLY = 'Read-only file system'

function isPlain({ parts, request: { unit } }: Job): boolean {
  return !isPreprocessed(unit.source, parts.options)
}

function commandIn(job: Job, { mirror, out, making }: { mirror: Mirror; out: string; making: Making }): string[] {
  const { parts, compiler, product } = job
  const { toolchain } = job.shop.tree
  const gnu = compiler.assembler === 'gnu' && (product === 'object' || isPlain(job))
  const made = calledIn(toolchain, out)
  /** A file of the tree as the build spelled it, to the mirror's. */
  const inMirror = (path: string) => {
    const here = (toolchain && outsideOf(toolchain, path)) ?? path
    return mirror.holds(here) ? calledIn(toolchain, mirror.at(here)) : path
  }
  return [
    ...parts.launcher,
    parts.compiler,
    ...mapPaths(options(job, making), inMirror),
    ...prefixMaps(parts.options, calledIn(toolchain, mirror.root), toolchain),
    ...(compiler.keepsDots && !tidiesNames(parts.options) ? [KEEPS_DOTS] : []),
    ...(gnu ? [`-Wa,--MD,${made}.as`] : []),
    ...(namesHeaders(job) ? [NAME_HEADERS] : []),
    ...['-MD', '-MF', `${made}.cc`, '-MT', 'x', '-o', `${made}.o`],
  ]
}

/** A compiler's words with the private place called as it is here. */
function spelledHere(result: RunResult, { shop }: Job, mirror: Mirror): RunResult {
  const { toolchain } = shop.tree
  if (toolchain === undefined) return result
  const there = calledIn(toolchain, mirror.root)
  const here = (text: string) => text.replaceAll(there, mirror.root)
  return { ...result, output: here(result.output), errors: here(result.errors) }
}

/** The text that may well be wrong: what it has read is asked with it, which costs nothing. */
function namesHeaders(job: Job): boolean {
  return job.product === 'object' && job.request.label === 'patched' && !isPlain(job)
}

interface Kept {
  readonly object: string
  readonly unit: Unit
  readonly compiler: string
  readonly making: Making
}

/** What was asked for; an error where the compiler says that all is well and it is not. */
function keep({ object, unit, compiler, making }: Kept): Uint8Array {
  const bad = (what: string) =>
    new InputError(
      'build/bad-output',
      `${compiler} ended without an error, and what it made of ${unit.source} ${what}`,
      'look at what stands between the command and the compiler (a wrapper, a cache, a full disk); nothing of it was kept',
    )
  if (!existsSync(object)) throw bad('is not there')
  try {
    return making.keep(new Uint8Array(readFileSync(object)))
  } catch (error) {
    throw error instanceof InputError ? bad(`cannot be read: ${error.message}`) : error
  }
}

/** Plain assembly as its own preprocessed text: no compiler writes one. */
function plainText({ shop, request: { unit }, product }: Job, mirror: Mirror): MadeIn {
  const source = sourceOf(shop, unit)
  const path = mirror.holds(source) ? mirror.at(source) : source
  const text = existsSync(path) ? PRODUCTS[product].keep(new Uint8Array(readFileSync(path))) : undefined
  return { object: text, reads: [source], words: `${unit.source} does not exist`, said: '', time: 0, bypassed: [] }
}

function sourceOf({ layout }: Workshop, unit: Unit): string {
  return toAbsolute(layout, unit.dependencies[0] ?? unit.source)
}

function readBy(job: Job, mirror: Mirror, out: string): Pick<MadeIn, 'reads' | 'bypassed'> {
  const { shop, request } = job
  const place = mirror.at(request.unit.folder)
  const absolute = (name: string) => (name.startsWith('/') ? name : `${place}/${name}`)
  // The assembler also names its input, which is gone, and the source as debug information spells it.
  const { toolchain, layout, cacheFolder } = shop.tree
  const known = [layout.base, layout.sourceFolder, layout.buildFolder, realOrSelf(resolve(cacheFolder))]
  const here = (name: string) =>
    toolchain === undefined || !name.startsWith('/') ? name : seenFrom(toolchain, name, known)
  const assembled = namesIn(`${out}.as`)
    .map(here)
    .filter(name => existsSync(absolute(name)))
  const compiled = isPlain(job) ? [mirror.at(sourceOf(shop, request.unit))] : namesIn(`${out}.cc`).map(here)
  const spelled = [...new Set([...compiled, ...assembled])]
  const reads = spelled.map(name => (name.startsWith(`${mirror.root}/`) ? name.slice(mirror.root.length) : name))
  checkReads(job, reads)
  return { reads, bypassed: bypassed(mirror, shop.layout, spelled.map(absolute)) }
}

function namesIn(dependencyFile: string): string[] {
  return readDependencyFile(readNames(dependencyFile) ?? '')
}

function checkReads({ shop, request: { unit }, parts }: Job, reads: readonly string[]): void {
  const { real } = shop.tree.texts
  const source = real.of(sourceOf(shop, unit))
  const isSource = (name: string) => real.of(name.startsWith('/') ? name : `${unit.folder}/${name}`) === source
  const foreign = reads.find(name => whyNoName(name) !== undefined)
  if (foreign !== undefined)
    throw new InputError(
      'build/bad-name',
      `${unit.unit} reads a file whose name holds ${whyNoName(foreign)}: ${JSON.stringify(foreign)}`,
      'rename the file',
    )
  if (reads.some(isSource)) return
  throw new InputError(
    'build/no-dependencies',
    `${unit.unit} was compiled, but ${parts.compiler} does not tell that it read ${unit.source}: ${reads.length === 0 ? 'it wrote no list of files' : `its list names ${reads.length} others`} where -MD -MF asked for one; what a patch changes in this unit cannot be known`,
    'name the compiler itself in the command, or make the wrapper around it pass on -MD, -MF and -MT as they are',
  )
}

/** Runs the tree's own objcopy steps, or objtool, on a fresh object; the one that failed is returned. */
async function objcopySteps(
  unit: Unit,
  object: string,
  settings: Pick<RunOptions, 'scratch' | 'signal' | 'guard' | 'toolchain'>,
): Promise<RunResult | undefined> {
  for (const step of unit.objcopy) {
    const result = await run([...step, object], { folder: unit.folder, ...settings })
    if (result.exit !== 0) return result
  }
  return undefined
}

/** What a program said, with paths as the user knows them. */
function ownWords(result: RunResult, mirror: Mirror): string {
  return `${result.errors}${result.output}`.replaceAll(mirror.root, '').trimEnd()
}
