/**
 * Holds a payload that was just assembled against the loader's rules, from a fresh parse. Part of the pipeline: a
 * payload that the running system would not take, or would take and die of, does not leave the tool.
 */
import type { Payload } from '../../assemble/model.ts'
import { InternalError } from '../../base/errors.ts'
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { ProbedSizes } from '../../loaders/entry-size.ts'
import type { Target } from '../../loaders/loader.ts'
import {
  enteredCode,
  entrySizesOfRules,
  type VerifyReport,
  verifyModule,
  verifyPayload,
  type XenVersion,
} from '../../verify/index.ts'
import type { Running, RunningOptions } from './running.ts'
import type { Stopwatch } from './stopwatch.ts'

const TITLES: Readonly<Record<VerifyReport['target'], string>> = { xen: 'Xen', linux: 'Linux' }

/** What a loader would do where it does not answer with an error. */
const DOINGS: ReadonlyMap<string, string> = new Map([
  ['crash', 'crash'],
  ['wrong', 'take it, and it would do something else than it should'],
])

/** What a payload that was just assembled is held against. */
export interface CheckContext {
  readonly target: Target
  readonly running: Pick<Running, 'symbols' | 'kernel' | 'version' | 'tableUse' | 'loaderFacts' | 'below'>
  readonly options: RunningOptions
  /** Of entries in special sections, where the tree's compiler was asked. */
  readonly entrySizes: ProbedSizes | undefined
  readonly watch: Stopwatch
}

export interface CheckedPayload {
  /** Undefined where the loader would not take it, or there is none. */
  readonly payload: Payload | undefined
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly Reason[]
}

/** Rules about what lies below the payload, which a given build-id says is not what the symbols know. */
const GIVEN: readonly (readonly [keyof RunningOptions, string])[] = [
  ['depends', 'stack'],
  ['xenDepends', 'xen-depends-match'],
]

/**
 * Every rule of a loader that has rules; of any other the one that holds for all. A payload that no rules could be asked
 * about is none.
 */
export function checkAssembled(payload: Payload | undefined, loading: CheckContext): CheckedPayload {
  const { target } = loading
  if (payload === undefined) return { payload, refusals: [], warnings: [] }
  const { rules } = target.loader
  return rules === undefined ? checkOldCode(payload, loading) : CHECKS[rules](payload, loading)
}

const CHECKS = { xen: checkForXen, linux: checkForLinux }

function checkForXen(payload: Payload, loading: CheckContext): CheckedPayload {
  const { running, watch } = loading
  const { version } = running
  if (version === undefined) throw new InternalError('a payload was assembled for a loader whose version is not known')
  const unread = otherSizes(payload, version, loading)
  if (unread.length > 0) return { payload: undefined, refusals: unread, warnings: [] }
  const { refusals, warnings } = watch.timeSync('verify', () => checkPayload(payload.bytes, version, loading))
  return { payload: refusals.length > 0 ? undefined : payload, refusals, warnings }
}

function checkForLinux(payload: Payload, { running: { kernel }, options, watch }: CheckContext): CheckedPayload {
  if (kernel === undefined) throw new InternalError('a module was assembled for a kernel that is not known')
  const { withoutIbt } = options
  const report = watch.timeSync('verify', () =>
    verifyModule({ payload: payload.bytes, kernel: kernel.plain, withoutIbt }),
  )
  const { refusals, warnings } = answered(report, new Set())
  // What is said of the code beside what is replaced, was said with the unit's name.
  const told = warnings.filter(({ code }) => code !== 'stack-check')
  return { payload: refusals.length > 0 ? undefined : payload, refusals, warnings: told }
}

/** Nothing leads into what is replaced, whatever the stages before thought of. */
function checkOldCode(payload: Payload, { watch }: CheckContext): CheckedPayload {
  const entered = watch.timeSync('verify', () => enteredCode(payload.bytes))
  const refusals = entered.map(({ name, text }) => ({
    code: 'inner-address',
    unit: '',
    symbol: name,
    text: `in the finished payload ${text}`,
    hint: 'leave the function as it is, and change what it calls. That nothing said so before is a mistake of ours: please report it',
  }))
  return { payload: refusals.length > 0 ? undefined : payload, refusals, warnings: [] }
}

/** Special sections that the rules would read with another stride than the loader of this tree. */
function otherSizes(
  { sections }: Payload,
  version: XenVersion,
  { target, entrySizes }: CheckContext,
): readonly Refusal[] {
  const read = entrySizesOfRules(target.machine.number)
  return sections.flatMap(({ name }): readonly Refusal[] => {
    const [real, assumed] = [entrySizes?.get(name), read.get(name)]
    if (real === undefined || real === assumed) return []
    return [
      {
        code: 'loader-unknown',
        unit: '',
        symbol: name,
        text: `entries of ${name} have ${real} bytes in this tree, and ${assumed ?? 'an unknown number'} by the rules of Xen ${version} that payloads are held against: what the loader does with them is not known`,
        hint: 'leave functions that have such entries as they are, and report the version: its structures are not known here',
      },
    ]
  })
}

function checkPayload(
  payload: Uint8Array,
  version: XenVersion,
  { running: { symbols, tableUse, loaderFacts, below }, options }: CheckContext,
): Pick<CheckedPayload, 'refusals' | 'warnings'> {
  const { withoutIbt } = options
  const report = verifyPayload({ payload, symbols, version, tableUse, facts: loaderFacts, withoutIbt, on: below })
  const excused = new Set(GIVEN.filter(([option]) => options[option] !== undefined).map(([, code]) => code))
  return answered(report, excused)
}

/** Of rules that a payload breaks because of what the patch says, and not of how it was made. */
const WAYS_OUT: ReadonlyMap<string, string> = new Map([
  [
    'sealed-target',
    'add a function that does nothing but call it, and take the address of that; where no processor of the host tracks indirect branches (or ibt=off), say so with --without-ibt',
  ],
])

function answered(report: VerifyReport, excused: ReadonlySet<string>): Pick<CheckedPayload, 'refusals' | 'warnings'> {
  const failed = report.checks.filter(({ status, code }) => status === 'failed' && !excused.has(code))
  const who = `${TITLES[report.target]} ${report.version}`
  return {
    refusals: failed.map(({ code, text, errno, place }) => ({
      code: 'loader-rule',
      unit: '',
      symbol: place ?? '',
      text: `${who} would ${DOINGS.get(errno ?? '') ?? `answer ${errno ?? 'with an error'}`} [${code}]: ${text}`,
      hint:
        WAYS_OUT.get(code) ??
        `docs/findings has a section on ${code}; hotsplice verify shows every rule. If the patch is not at fault, this is a mistake of ours: please report it`,
    })),
    warnings: report.checks.flatMap(({ code, warning }) => (warning === undefined ? [] : [{ code, text: warning }])),
  }
}
