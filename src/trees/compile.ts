/**
 * Compiles units with replaced texts, in a private place, each text once.
 *
 * Results are kept by content: the command, the compiler, and the digest of every file that the compiler read. Which
 * files those are is only known from an earlier compile of the same command, so the store holds, for each command, the
 * lists of names that were read before; a result counts when the digests under one of these lists lead to it.
 */
import { duringAsync, InputError } from '../base/errors.ts'
import { recordsFolder, searchedFolders, takeApart, withoutDebug } from './command.ts'
import { interrupted } from './interrupted.ts'
import { type Job, type Made, make, options } from './make.ts'
import type { CompiledUnit, CompileRequest, Tree, Unit } from './model.ts'
import { PRODUCTS, type Product } from './products.ts'
import { keyOf } from './store.ts'
import { Workshop } from './workshop.ts'

/** Compiles every request; failures of all of them are told together. Never writes to the tree. */
export async function compileUnits(tree: Tree, requests: readonly CompileRequest[]): Promise<CompiledUnit[]> {
  // What is made from a patched text that does not compile is not worth the wait.
  const broken = new Map(requests.map(({ unit }) => [unit, new AbortController()]))
  const results = await tryAll(tree, requests, { product: 'object', broken })
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
export function tryCompile(
  tree: Tree,
  requests: readonly CompileRequest[],
  product: Product,
): Promise<CompileResult[]> {
  return tryAll(tree, requests, { product })
}

interface Wanted {
  readonly product: Product
  /** Given where a unit's other texts are of no use once its patched one has failed; then its signal is given. */
  readonly broken?: ReadonlyMap<Unit, AbortController>
}

async function tryAll(
  tree: Tree,
  requests: readonly CompileRequest[],
  { product, broken }: Wanted,
): Promise<CompileResult[]> {
  if (requests.length === 0) return []
  const { run } = tree
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
      const result = await unlessBroken(broken?.get(request.unit), run.signal, signal =>
        run.pool.use({ signal }, async () => (shop.stopped ? undefined : compileOne(shop, request, product, signal))),
      )
      if (result !== undefined) results[at] = result
      run.progress.tick(++done, requests.length)
    }
  }
  try {
    const workers = Array.from({ length: Math.min(run.pool.size, requests.length) }, worker)
    const ended = await Promise.allSettled(workers.map(each => each.catch(error => shop.stop(error))))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
    if (run.signal?.aborted === true) throw interrupted()
    shop.checkTree()
    return results.filter(result => result !== undefined)
  } finally {
    await shop.close()
  }
}

/** Nothing, where another text of the unit fails before this one is done. */
async function unlessBroken(
  broken: AbortController | undefined,
  outer: AbortSignal | undefined,
  compile: (signal: AbortSignal | undefined) => Promise<CompileResult | undefined>,
): Promise<CompileResult | undefined> {
  if (broken === undefined) return compile(outer)
  if (broken.signal.aborted) return undefined
  try {
    const result = await compile(outer === undefined ? broken.signal : AbortSignal.any([outer, broken.signal]))
    if (result?.failed?.request.label === 'patched') broken.abort()
    return result
  } catch (error) {
    if (broken.signal.aborted && outer?.aborted !== true) return undefined
    throw error
  }
}

async function compileOne(
  shop: Workshop,
  request: CompileRequest,
  product: Product,
  signal: AbortSignal | undefined,
): Promise<CompileResult> {
  const { unit, label } = request
  const whole = takeApart(unit.command)
  const isSpared = product === 'object' && unit.sparesDebug === true && shop.tree.wantsDebug !== true
  const parts = isSpared ? { ...whole, options: withoutDebug(whole.options) } : whole
  const compiler = await shop.compiler(parts.compiler, unit.folder)
  const key = jobKey(shop, request, { product, parts, compiler })
  const job: Job = { shop, request, product, parts, compiler, key, signal }
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
    keep(job, made)
    if (made.object === undefined) return { failed: { request, words: made.words } }
    return {
      done: { unit, label, object: made.object, reads: made.reads, command, cached: false, compileTime: made.time },
    }
  })
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
    'compile 3',
    productKey(job.product),
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

function productKey(product: Product): string {
  const { version } = PRODUCTS[product]
  return version === undefined ? product : `${product} ${version}`
}

/** An earlier result for exactly these texts. */
function lookUp({
  shop,
  key,
  request,
  product,
}: Job): { readonly object: Uint8Array; readonly reads: readonly string[] } | undefined {
  for (const reads of shop.readLists(key)) {
    const readable = product === 'object' ? PRODUCTS.object.keep : undefined
    const object = shop.store.get('objects', contentKey(shop, key, { reads, request }), readable)
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
  const searched = searchedFolders([...request.unit.command, ...(request.extraFlags ?? [])])
  return keyOf([
    key,
    shop.namesAround(searched, reads, folder),
    ...reads.flatMap(name => [name, texts.digest(name.startsWith('/') ? name : `${folder}/${name}`)]),
  ])
}

function keep(job: Job, { object, reads }: Made): void {
  if (object === undefined) return
  const { shop, key, request } = job
  const texts = shop.texts(request.overlay)
  const { folder } = request.unit
  // Only GNU as tells what it read; another's answer is kept where it cannot have read anything.
  const certain =
    job.product !== 'object' ||
    job.compiler.assembler === 'gnu' ||
    !reads.some(name => texts.embeds(name.startsWith('/') ? name : `${folder}/${name}`))
  if (!certain) return
  shop.addList(key, reads)
  shop.store.put('objects', contentKey(shop, key, { reads, request }), object)
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
