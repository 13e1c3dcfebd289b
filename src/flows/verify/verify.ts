/**
 * A finished payload, whoever built it, held against everything that is known: the rules of the loader that will get it,
 * the code that runs (where a tree is given), and a key.
 *
 * In:  bytes, and what to ask; folders and files only where a tree is asked.
 * Out: the report of the loader's rules, with a check more for each further question.
 */
import { InputError } from '../../base/errors.ts'
import { type HypervisorSymbols, readHypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { xenVersionOf } from '../../loaders/xen/version.ts'
import type { BaseOptions, Tree, Unit } from '../../trees/model.ts'
import type { RunOptions } from '../../trees/whole-run.ts'
import {
  KNOWN_VERSIONS,
  knownVersion,
  LINUX_VERSIONS,
  loadedStack,
  type VerifiedPayload,
  type VerifyReport,
  verifyAndLoad,
  withCode,
  XEN_VERSIONS,
  type XenVersion,
} from '../../verify/index.ts'
import type { EntrySizes } from '../hotpatch/entry-sizes.ts'
import type { compareReplaced } from './compare-tree.ts'

export { LINUX_VERSIONS, XEN_VERSIONS }

/** A payload's bytes and the name that reports call it by. */
export interface NamedPayload {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface VerifyQuestion {
  readonly payload: NamedPayload
  /** The bytes of xen-syms, or of the image that boots. */
  readonly symbols: Uint8Array
  /** Payloads that are applied already, the lowest first. */
  readonly on?: readonly NamedPayload[]
  /** No processor of the host has CET-IBT, or Xen does not use it. */
  readonly withoutIbt?: boolean
  /** Whose rules; the version that the symbols are of unless given. */
  readonly xenVersion?: XenVersion
  /** The built tree of what is running, and how its objects are read for a first look at their bytes. */
  readonly tree?: TreeQuestion
  /** A certificate or public key in PEM. */
  readonly keys?: readonly string[]
  /** Whether it must have no other signature besides. */
  readonly onlyKnown?: boolean
}

export interface TreeQuestion {
  readonly options: BaseOptions & RunOptions
  /** `FILE` or `FILE@ADDRESS`: a copy of the running system's code. */
  readonly memory?: string
  readonly peek: (unit: Unit) => Uint8Array | undefined
}

/** The code behind a tree is loaded only where one is given: most runs take less time than a tree takes to open. */
export async function verifyFile(question: VerifyQuestion): Promise<VerifyReport> {
  const given = question.tree
  if (given === undefined) return verifyWith(question, undefined)
  const [{ openBase, wholeRun }, { entrySizesBy }] = await Promise.all([
    import('../../trees/index.ts'),
    import('../hotpatch/entry-sizes.ts'),
  ])
  return wholeRun(given.options, async run => {
    const tree = { ...(await openBase(given.options, run)), run }
    // What is asked of any unit that is linked holds for all of them: it is the image's.
    const sizes = await entrySizesBy(
      tree,
      tree.units.filter(({ role }) => role === 'linked'),
    )
    return verifyWith(question, { question: given, tree, sizes })
  })
}

async function verifyWith(question: VerifyQuestion, opened: OpenedTree | undefined): Promise<VerifyReport> {
  const { payload, on = [], keys } = question
  const entrySizes = opened?.sizes.known.probed
  const symbols = readHypervisorSymbols(question.symbols, entrySizes)
  const version = question.xenVersion ?? versionOf(symbols, opened?.tree.facts.version)
  const { tableUse, loaderFacts } = opened?.tree.facts ?? {}
  const known = { symbols, version, tableUse, facts: loaderFacts, withoutIbt: question.withoutIbt, entrySizes }
  const below = loadedStack(on, known)
  const { report, replaced } = verifyAndLoad({ ...known, payload: payload.bytes, on: below }, payload.name)
  const compared = opened === undefined ? report : await withTree(report, replaced, { ...opened, symbols, below })
  return keys === undefined ? compared : signed(compared, payload.bytes, { keys, only: question.onlyKnown })
}

/** The version that the image says it is; its source where the image does not. */
function versionOf(symbols: HypervisorSymbols, bySource: string | undefined): XenVersion {
  const byImage = xenVersionOf(symbols)
  const said = byImage ?? bySource
  const version = knownVersion(said)
  if (version !== undefined) return version
  const of = byImage === undefined ? 'the tree is' : 'the symbols are those of'
  throw new InputError(
    'verify/unknown-version',
    said === undefined
      ? `the symbols do not say which version of Xen they are of (xen.efi never does); the loader’s rules are known of ${KNOWN_VERSIONS}`
      : `${of} Xen ${said}, whose loader’s rules are not known; those of ${KNOWN_VERSIONS} are`,
    'say with --xen-version whose rules to ask',
  )
}

/** Loaded only where a key is given, as the tree's part below: most runs check a payload in less time than that takes. */
async function signed(
  report: VerifyReport,
  payload: Uint8Array,
  { keys, only }: { readonly keys: readonly string[]; readonly only: boolean | undefined },
): Promise<VerifyReport> {
  const [{ readKnownKey }, { checkSignature }, { withSignature }] = await Promise.all([
    import('../../sign/certificates.ts'),
    import('../../sign/check.ts'),
    import('../../sign/verdict.ts'),
  ])
  return withSignature(report, checkSignature(payload, { keys: keys.map(readKnownKey), only }))
}

interface OpenedTree {
  readonly tree: Tree
  readonly question: TreeQuestion
  readonly sizes: EntrySizes
}

interface OpenedQuestion extends OpenedTree {
  readonly symbols: HypervisorSymbols
  readonly below: readonly VerifiedPayload[]
}

async function withTree(
  report: VerifyReport,
  replaced: Parameters<typeof compareReplaced>[0],
  { tree, sizes, question: { memory, peek }, symbols, below }: OpenedQuestion,
): Promise<VerifyReport> {
  if (symbols.format === 'efi') {
    const leftOut = ['this xen.efi tells a build-id only: to compare code, give xen-syms']
    return withCode(report, { findings: [], leftOut })
  }
  const [{ readMemory }, { compareReplaced }] = await Promise.all([
    import('../hotpatch/running.ts'),
    import('./compare-tree.ts'),
  ])
  const copy = memory === undefined ? undefined : readMemory(memory, symbols)
  const { probed: entrySizes } = sizes.known
  const answer = await compareReplaced(replaced, { tree, entrySizes, symbols, below, memory: copy, peek })
  if (answer.findings.length === 0) return withCode(report, answer)
  return withCode(report, { ...answer, leftOut: [...answer.leftOut, ...sizes.notices.map(({ text }) => text)] })
}
