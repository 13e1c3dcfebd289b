/**
 * Compiles units with replaced texts, in a private place, each text once.
 *
 * Results are kept by content: the command, the compiler, and the digest of every file that the compiler read. Which
 * files those are is only known from an earlier compile of the same command, so the store holds, for each command, the
 * lists of names that were read before; a result counts when the digests under one of these lists lead to it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { duringAsync, InputError } from '../base/errors.ts'
import { type CompilerCommand, mapPaths, prefixMaps, recordsFolder, searchedFolders, takeApart } from './command.ts'
import type { CompilerIdentity } from './compiler.ts'
import { readDependencyFile } from './dependency-file.ts'
import { bypassed, type Farm } from './farm.ts'
import { readText } from './layout.ts'
import type { CompiledUnit, CompileRequest, Tree, Unit } from './model.ts'
import { PRODUCTS, type Product } from './products.ts'
import { interrupted, type RunResult, run } from './run.ts'
import { keyOf } from './store.ts'
import { Workshop } from './workshop.ts'

/** Compiles every request; failures of all of them are told together. Never writes to the tree. */
export async function compileUnits(tree: Tree, requests: readonly CompileRequest[]): Promise<CompiledUnit[]> {
  const results = await tryCompile(tree, requests, 'object')
  const failed = results.flatMap(result => (result.failed === undefined ? [] : [result.failed]))
  if (failed.length > 0) throw compileFailed(failed)
  return results.flatMap(result => (result.done === undefined ? [] : [result.done]))
}

export interface CompileFailure {
  readonly request: CompileRequest
  /** The compiler's own. */
  readonly words: string
}

export type CompileResult =
  | { readonly done: CompiledUnit; readonly failed?: undefined }
  | { readonly failed: CompileFailure; readonly done?: undefined }

/** Likewise, for callers to whom a failure is an answer too. In the order of the requests. */
export async function tryCompile(
  tree: Tree,
  requests: readonly CompileRequest[],
  product: Product,
): Promise<CompileResult[]> {
  if (requests.length === 0) return []
  const shop = new Workshop(
    tree,
    requests.map(request => request.unit),
  )
  const results: CompileResult[] = []
  let next = 0
  let done = 0
  const worker = async () => {
    for (let at = next++; at < requests.length; at = next++) {
      const request = requests[at]
      if (request === undefined || shop.stopped) return
      results[at] = await compileOne(shop, request, product)
      tree.run.progress.tick(++done, requests.length)
    }
  }
  try {
    const workers = Array.from({ length: Math.min(Math.max(1, tree.run.jobs), requests.length) }, worker)
    const ended = await Promise.allSettled(workers.map(each => each.catch(error => shop.stop(error))))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
    if (tree.run.signal?.aborted === true) throw interrupted()
    return results
  } finally {
    await shop.close()
  }
}

/** Everything about one compile that does not change while it is tried. */
interface Job {
  readonly shop: Workshop
  readonly request: CompileRequest
  readonly product: Product
  readonly parts: CompilerCommand
  readonly compiler: CompilerIdentity
  /** Names command, compiler and surroundings; not yet the texts. */
  readonly key: string
}

async function compileOne(shop: Workshop, request: CompileRequest, product: Product): Promise<CompileResult> {
  const { unit, label } = request
  const parts = takeApart(unit.command)
  const compiler = await shop.compiler(parts.compiler, unit.folder)
  const key = jobKey(shop, request, { product, parts, compiler })
  const job: Job = { shop, request, product, parts, compiler, key }
  const command = [
    ...parts.launcher,
    parts.compiler,
    ...options(job),
    ...(parts.output === undefined ? [] : ['-o', parts.output]),
  ]
  const known = lookUp(job)
  if (known !== undefined) return { done: { unit, label, ...known, command, cached: true, compileTime: 0 } }
  return duringAsync(`compiling ${unit.unit} (${label})`, async () => {
    const made = await make(job)
    if (made.object === undefined) return { failed: { request, words: made.words } }
    return {
      done: { unit, label, object: made.object, reads: made.reads, command, cached: false, compileTime: made.time },
    }
  })
}

function options({ parts, product, request }: Job): string[] {
  const making = PRODUCTS[product]
  const own = making.compiles ? parts.options : parts.options.filter(option => option !== '-c')
  return [...own, ...(request.extraFlags ?? []), ...making.options]
}

function jobKey(
  shop: Workshop,
  { unit, overlay, extraFlags }: CompileRequest,
  job: Pick<Job, 'product' | 'parts' | 'compiler'>,
): string {
  const own = [...job.parts.options, ...(extraFlags ?? [])]
  // Folders count where the object records them, and where the command spells them.
  const placed = recordsFolder(own) || own.some(option => option.includes('/') && /(?:^|[=,]|-I)\//.test(option))
  return keyOf([
    'compile 1',
    job.product,
    job.compiler.key,
    ...job.parts.launcher,
    '--',
    ...own,
    '--',
    placed ? unit.folder : '',
    ...unit.objcopy.map(step => step.join('\n')),
    ...shop.texts(overlay).changesNames,
    shop.names(searchedFolders(own), unit.folder),
  ])
}

/** An earlier result for exactly these texts. */
function lookUp({
  shop,
  key,
  request,
}: Job): { readonly object: Uint8Array; readonly reads: readonly string[] } | undefined {
  for (const reads of shop.readLists(key)) {
    const object = shop.store.get('objects', contentKey(shop, key, { reads, request }))
    if (object !== undefined) return { object, reads }
  }
  return undefined
}

function contentKey(
  shop: Workshop,
  key: string,
  { reads, request }: { reads: readonly string[]; request: CompileRequest },
): string {
  const texts = shop.texts(request.overlay)
  const { folder } = request.unit
  const folders = new Set(reads.map(name => name.slice(0, name.lastIndexOf('/') + 1)))
  return keyOf([
    key,
    shop.names([...folders], folder),
    ...reads.flatMap(name => [name, texts.digest(name.startsWith('/') ? name : `${folder}/${name}`)]),
  ])
}

interface Made {
  readonly object: Uint8Array | undefined
  /** Every file that was read, as spelled, the farm's root taken off. */
  readonly reads: readonly string[]
  readonly words: string
  readonly time: number
}

/** In a lean farm first. What fails there, or reads past it, is tried in a full one, and only that answer counts. */
async function make(job: Job): Promise<Made> {
  const lean = await makeIn(job, job.shop.farm(job.request.overlay, 'lean'))
  if (lean.object !== undefined && lean.bypassed.length === 0) return keep(job, lean)
  const full = await makeIn(job, job.shop.farm(job.request.overlay, 'full'))
  if (full.object === undefined) return full
  if (full.bypassed.length > 0) {
    throw new InputError(
      'build/overlay-bypassed',
      `${job.request.unit.unit} reads ${full.bypassed.join(', ')} through a link that leads out of the tree, so that its patched text cannot be shown to the compiler`,
      'give the tree by the folder that really holds these files',
    )
  }
  return keep(job, full)
}

interface MadeIn extends Made {
  readonly bypassed: readonly string[]
}

function keep(job: Job, made: MadeIn): Made {
  if (made.object === undefined) return made
  const { shop, key, request } = job
  const texts = shop.texts(request.overlay)
  const { folder } = request.unit
  // Only GNU as tells what it read; another's answer is kept where it cannot have read anything.
  const certain =
    job.product !== 'object' ||
    job.compiler.assembler === 'gnu' ||
    !made.reads.some(name => texts.embeds(name.startsWith('/') ? name : `${folder}/${name}`))
  if (certain) {
    shop.addList(key, made.reads)
    shop.store.put('objects', contentKey(shop, key, { reads: made.reads, request }), made.object)
  }
  return made
}

async function makeIn(job: Job, farm: Farm): Promise<MadeIn> {
  const { shop, request, parts, compiler, product } = job
  const { unit } = request
  const out = shop.output()
  const object = `${out}.o`
  const gnu = compiler.assembler === 'gnu' && product === 'object'
  const command = [
    ...parts.launcher,
    parts.compiler,
    ...mapPaths(options(job), path => (farm.mirrors(path) ? farm.at(path) : path)),
    ...prefixMaps(parts.options, farm.root),
    ...(gnu ? [`-Wa,--MD,${out}.as`] : []),
    ...['-MD', '-MF', `${out}.cc`, '-MT', 'x', '-o', object],
  ]
  const { signal } = shop.tree.run
  const result = await run(command, { folder: farm.at(unit.folder), signal })
  const steps = product === 'object' ? unit.objcopy : []
  const failed = result.exit !== 0 ? result : await objcopySteps({ ...unit, objcopy: steps }, object, signal)
  if (failed !== undefined) {
    return { object: undefined, words: ownWords(failed, farm), time: result.time, bypassed: [], reads: [] }
  }
  const place = farm.at(unit.folder)
  // The assembler also names its input, which is gone, and the source as debug information spells it.
  const assembled = namesIn(`${out}.as`).filter(name => existsSync(name.startsWith('/') ? name : `${place}/${name}`))
  const spelled = [...new Set([...namesIn(`${out}.cc`), ...assembled])]
  return {
    object: PRODUCTS[product].keep(new Uint8Array(readFileSync(object))),
    words: ownWords(result, farm),
    time: result.time,
    bypassed: bypassed(
      farm,
      shop.layout,
      spelled.map(name => (name.startsWith('/') ? name : `${place}/${name}`)),
    ),
    reads: spelled.map(name => (name.startsWith(`${farm.root}/`) ? name.slice(farm.root.length) : name)),
  }
}

function namesIn(dependencyFile: string): string[] {
  return readDependencyFile(readText(dependencyFile) ?? '')
}

/** Runs the tree's own objcopy steps on a fresh object; the one that failed is returned. */
async function objcopySteps(
  unit: Unit,
  object: string,
  signal: AbortSignal | undefined,
): Promise<RunResult | undefined> {
  for (const step of unit.objcopy) {
    const result = await run([...step, object], { folder: unit.folder, signal })
    if (result.exit !== 0) return result
  }
  return undefined
}

/** What a program said, with paths as the user knows them. */
function ownWords(result: RunResult, farm: Farm): string {
  return `${result.errors}${result.output}`.replaceAll(farm.root, '').trimEnd()
}

const SHOWN = 5

export function compileFailed(failures: readonly CompileFailure[]): InputError {
  // What is made from a patched text that does not compile tells nothing new, and not at the patch's own lines.
  const broken = new Set(failures.flatMap(({ request: { label, unit } }) => (label === 'patched' ? [unit.unit] : [])))
  const failed = failures.filter(({ request: { label, unit } }) => label === 'patched' || !broken.has(unit.unit))
  const labels = [...new Set(failed.map(({ request }) => request.label))].join(', ')
  const units = new Set(failed.map(({ request }) => request.unit.unit))
  // Several texts of one unit may fail with the same words.
  const texts = [...new Set(failed.map(({ request, words }) => `${request.unit.unit}:\n${words}`))]
  const rest = texts.length > SHOWN ? [`and ${texts.length - SHOWN} more`] : []
  const what = units.size === 1 ? `${[...units][0]} does` : `${units.size} units do`
  return new InputError(
    'build/compile-failed',
    [`${what} not compile with the ${labels} texts`, ...texts.slice(0, SHOWN), ...rest].join('\n'),
    'the words are the compiler’s own; the tree itself was not touched',
  )
}
