/**
 * Boots the real system in QEMU with a tiny guest of our own, carries a script of live patching operations
 * out, and tells what came of each.
 *
 * The script's mistakes, a missing QEMU and a system that does not boot are input errors. What the
 * system says to a payload, a crash included, is the result.
 */

import { payloadDigest } from '../../loaders/payload-digest.ts'
import { LINUX } from './linux/linux.ts'
import { MachineLost } from './machine.ts'
import type {
  Downfall,
  HypervisorFacts,
  OperationResult,
  RehearsalOutcome,
  RehearsalResult,
  RehearseOptions,
} from './model.ts'
import { REHEARSAL_SCHEMA } from './model.ts'
import { runScript } from './run-script.ts'
import type { ScriptStep } from './script.ts'
import { parseScript } from './script.ts'
import type { RehearsedSystem, SystemSession } from './system.ts'
import { XEN } from './xen/xen.ts'

export function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  return options.system === 'Linux' ? rehearseWith(LINUX, options) : rehearseWith(XEN, options)
}

async function rehearseWith<Session extends SystemSession, Own extends { readonly kind: string }>(
  system: RehearsedSystem<Session, Own>,
  options: RehearseOptions,
): Promise<RehearsalResult> {
  const { payloads, script, timeoutMs } = options
  const steps = parseScript(script ?? system.defaultScript(payloads), payloads, system)
  const begun = performance.now()
  const limits = { boot: timeoutMs, request: timeoutMs, deadline: begun + timeoutMs }
  let session: Session
  try {
    session = await system.start(options, limits)
  } catch (error) {
    if (!(error instanceof MachineLost)) throw error
    return stillborn({ ...options, name: system.name }, steps.length, error.downfall)
  }
  try {
    return await rehearseOn({ system, session }, options, steps)
  } finally {
    await session.close()
  }
}

async function rehearseOn<Session extends SystemSession, Own extends { readonly kind: string }>(
  stage: { readonly system: RehearsedSystem<Session, Own>; readonly session: Session },
  options: RehearseOptions,
  steps: readonly ScriptStep<Own>[],
): Promise<RehearsalResult> {
  const { system, session } = stage
  const facts = await system.facts(session)
  const begun = performance.now()
  // The default script is one chain: what follows a failure says nothing. A script of one's own may go on.
  const { operations, downfall } = await runScript(stage, steps, options.script === undefined)
  const script = performance.now() - begun
  return {
    schema: REHEARSAL_SCHEMA,
    outcome: judge(operations, downfall),
    hypervisor: { name: system.name, file: options.hypervisor, ...facts },
    ...namesOf(options.payloads),
    operations,
    notRun: steps.length - operations.length,
    downfall,
    console: session.console.lines(),
    timings: { boot: rounded(session.bootTime), script: rounded(script), total: rounded(session.bootTime + script) },
  }
}

function judge(operations: readonly OperationResult[], downfall: Downfall | null): RehearsalOutcome {
  if (downfall !== null) return downfall.kind === 'crashed' ? 'crashed' : 'timeout'
  return operations.every(operation => operation.expected) ? 'passed' : 'failed'
}

/** The result when time was over before the hypervisor had booted. */
function stillborn(
  options: RehearseOptions & Pick<HypervisorFacts, 'name'>,
  notRun: number,
  downfall: Downfall,
): RehearsalResult {
  return {
    schema: REHEARSAL_SCHEMA,
    outcome: 'timeout',
    hypervisor: { name: options.name, file: options.hypervisor, version: '', buildId: '' },
    ...namesOf(options.payloads),
    operations: [],
    notRun,
    downfall,
    console: downfall.lines,
    timings: { boot: rounded(options.timeoutMs), script: 0, total: rounded(options.timeoutMs) },
  }
}

function namesOf(payloads: RehearseOptions['payloads']): Pick<RehearsalResult, 'payloads' | 'digests'> {
  return { payloads: payloads.map(({ name }) => name), digests: payloads.map(({ bytes }) => payloadDigest(bytes)) }
}

const rounded = (milliseconds: number) => Math.round(milliseconds * 100) / 100
