/**
 * Would this hypervisor take this payload? Every rule of the real loader, from a fresh look at the payload's bytes.
 *
 * Rules are rows (`table.ts`) that look at facts (`loading.ts`) and answer with what is wrong. Each rule is asked, also
 * after one has failed, so that everything wrong is seen at once; which failure Xen would report is told by its place in
 * the loader's order: step, then position in the loop of that step, then the order of checks in the loop's body.
 */
import { InputError } from '../base/errors.ts'
import { BUILD_ID } from '../loaders/payload-sections.ts'
import { payloadDigest } from '../loaders/trailer.ts'
import { type Finding, NotReached } from './finding.ts'
import type {
  ReplacedFunction,
  Stage,
  Verdict,
  VerifiedPayload,
  VerifyCheck,
  VerifyInput,
  VerifyReport,
} from './model.ts'
import type { Rule } from './rule.ts'
import { NO_TREE } from './running-code.ts'
import { buildIdIn } from './xen/checks/notes.ts'
import { overwrittenBy } from './xen/checks/running.ts'
import { newSymbols } from './xen/checks/symbols.ts'
import { misreadTables } from './xen/entry-sizes.ts'
import { Loading } from './xen/loading.ts'
import { STEPS } from './xen/steps.ts'
import { rulesFor } from './xen/table.ts'

/** Everything wrong with a payload, and what Xen would do about it. Pure; throws nothing. */
export function verifyPayload(input: VerifyInput): VerifyReport {
  return judge(new Loading(input), input.entrySizes)
}

export interface VerifiedLoad {
  readonly report: VerifyReport
  /** What payloads on top of it see; undefined unless it was accepted with everything known. */
  readonly loaded: VerifiedPayload | undefined
  /** What it replaces, as far as that can be told. */
  readonly replaced: readonly ReplacedFunction[]
}

/** Likewise, and what a payload above it needs to know. `name` is for messages. */
export function verifyAndLoad(input: VerifyInput, name: string): VerifiedLoad {
  const loading = new Loading(input)
  const report = judge(loading, input.entrySizes)
  const loaded = report.accepted ? loadedPayload(loading, name) : undefined
  return { report, loaded, replaced: replacedBy(loading) }
}

/** What is the same for all payloads on one hypervisor. */
type Known = Pick<VerifyInput, 'symbols' | 'version' | 'tableUse' | 'facts' | 'withoutIbt' | 'entrySizes'>

/** A stack, lowest first: each is verified on those below it. After one that is not accepted the others see the stack without it. */
export function verifyStack(
  payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  known: Known,
): readonly VerifiedLoad[] {
  const on: VerifiedPayload[] = []
  return payloads.map(({ name, bytes }) => {
    const result = verifyAndLoad({ ...known, payload: bytes, on: [...on] }, name)
    if (result.loaded !== undefined) on.push(result.loaded)
    return result
  })
}

/** What the loader has of a stack; throws where one of them would not be taken. */
export function loadedStack(
  payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  known: Known,
): readonly VerifiedPayload[] {
  return verifyStack(payloads, known).map(({ report, loaded }, index) => {
    if (loaded !== undefined) return loaded
    const name = payloads[index]?.name ?? ''
    const why = report.decidedBy ?? 'without the hypervisor\u2019s names nothing is known of it'
    throw new InputError(
      'verify/below',
      `${name}, which --on says is applied already, would not be taken itself [${why}]`,
      `\`hotsplice verify ${name}\` with what lies below it says why`,
    )
  })
}

interface Asked {
  readonly rule: Rule
  readonly check: VerifyCheck
  /** The smallest position at which it failed. */
  readonly item: number
  /** It could not look at what it is about. */
  readonly broken: boolean
  /** It needs something that was not given. */
  readonly lacking: boolean
}

function judge(loading: Loading, entrySizes: VerifyInput['entrySizes']): VerifyReport {
  const answers = rulesFor(loading.kind).map(rule => ask(rule, loading))
  const asked = [...answers, ...unexplained(answers), ...misread(answers, loading, entrySizes)]
  const first = asked.filter(({ check }) => check.status === 'failed').sort(byLoaderOrder)[0]
  return {
    schema: 1,
    version: loading.version,
    sha256: payloadDigest(loading.raw.bytes),
    accepted: first === undefined,
    complete: !asked.some(({ lacking }) => lacking),
    errno: first?.check.errno ?? null,
    stage: first?.check.stage ?? null,
    decidedBy: first?.check.code ?? null,
    checks: [...asked.map(({ check }) => check), NO_TREE],
  }
}

/**
 * A payload is accepted only if everything in it was understood: a rule that could not look at what it is about because
 * that is broken, while no rule said what is broken, is a failure of its own.
 */
function unexplained(answers: readonly Asked[]): readonly Asked[] {
  const blocked = answers.find(answer => answer.broken)
  if (blocked === undefined || answers.some(({ check }) => check.status === 'failed')) return []
  const { rule, check } = blocked
  return [notUnderstood(rule, `${check.text}, so that ${rule.code} could not be checked; no rule says why`, 0)]
}

/** Nor was a table understood whose entries are of another size than the rules read them with. */
function misread(answers: readonly Asked[], loading: Loading, entrySizes: VerifyInput['entrySizes']): readonly Asked[] {
  return misreadTables(loading, entrySizes).flatMap(({ step, text }) => {
    const rule = answers.find(answer => answer.rule.step === step)?.rule
    return rule === undefined ? [] : [notUnderstood(rule, text, BEFORE_ALL)]
  })
}

/** No loop of the loader's begins there. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER

function notUnderstood(rule: Rule, text: string, item: number): Asked {
  const stage = stageOf(rule)
  return {
    rule,
    item,
    broken: false,
    lacking: false,
    check: { code: 'understood', status: 'failed', text, stage, errno: 'EINVAL' },
  }
}

const STEP_ORDER = new Map<string, number>(STEPS.map((step, index) => [step.name, index]))

/** Rules of one step stand in the order of the loop's body already, and sorting keeps it. */
function byLoaderOrder(a: Asked, b: Asked): number {
  return (STEP_ORDER.get(a.rule.step) ?? 0) - (STEP_ORDER.get(b.rule.step) ?? 0) || a.item - b.item
}

function ask(rule: Rule, loading: Loading): Asked {
  const { code, title } = rule
  const stage = stageOf(rule)
  try {
    const findings = [...rule.check(loading)].sort((a, b) => a.item - b.item)
    const failed = findings.filter(found => found.errno !== 'warning')
    const first = failed[0]
    const warning = warningOf(findings)
    const extra = warning === undefined ? {} : { warning }
    if (first === undefined)
      return {
        rule,
        item: 0,
        broken: false,
        lacking: false,
        check: { code, status: 'passed', text: title, stage, ...extra },
      }
    const errno = verdictOf(first)
    const text = first.text + others(failed.length - 1)
    return {
      rule,
      item: first.item,
      broken: false,
      lacking: false,
      check: { code, status: 'failed', text, stage, errno, place: first.place, ...extra },
    }
  } catch (error) {
    if (!(error instanceof NotReached)) throw error
    const broken = error.why === 'broken'
    const lacking = error.why === 'needs'
    return { rule, item: 0, broken, lacking, check: { code, status: 'not-applicable', text: error.message, stage } }
  }
}

function stageOf({ step }: Rule): Stage {
  return STEPS.find(({ name }) => name === step)?.stage ?? 'upload'
}

function verdictOf({ errno }: Finding): Verdict {
  return errno === 'warning' ? 'EINVAL' : errno
}

function warningOf(findings: readonly Finding[]): string | undefined {
  const warnings = findings.filter(found => found.errno === 'warning')
  const first = warnings[0]
  return first === undefined ? undefined : first.text + others(warnings.length - 1)
}

const others = (count: number): string => (count === 0 ? '' : ` (and ${count} more like it)`)

function loadedPayload(loading: Loading, name: string): VerifiedPayload | undefined {
  try {
    return {
      name,
      buildId: buildIdIn(loading, BUILD_ID),
      image: loading.loaded.copied.image,
      newSymbols: firstOfEach(newSymbols(loading).map(({ symbol, name: added }) => [added, symbol.value] as const)),
      overwritten: loading.functions.flatMap(entry => overwrittenBy(loading, entry) ?? []),
    }
  } catch (error) {
    if (error instanceof NotReached) return undefined
    throw error
  }
}

function replacedBy(loading: Loading): readonly ReplacedFunction[] {
  try {
    const all = loading.functions.flatMap(({ name, old, oldSize, newAddress }) => {
      if (old.is !== 'found') return []
      // What is switched off may lie anywhere in a function, all of which has to be what the tree says.
      const around = newAddress === 0n ? loading.hypervisor.symbolBefore(old.address) : undefined
      const holds = around !== undefined && old.address < around.address + BigInt(around.size)
      return [
        holds ? { name, address: around.address, size: around.size } : { name, address: old.address, size: oldSize },
      ]
    })
    return all.filter(({ address }, at) => all.findIndex(other => other.address === address) === at)
  } catch (error) {
    if (error instanceof NotReached) return []
    throw error
  }
}

/** Of equal names the loader finds the first. */
function firstOfEach(entries: readonly (readonly [string, bigint])[]): ReadonlyMap<string, bigint> {
  return new Map([...entries].reverse())
}
