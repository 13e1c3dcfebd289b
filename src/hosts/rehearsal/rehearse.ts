/**
 * Boots the real hypervisor in QEMU with our own tiny dom0, carries a script of live patching operations
 * out, and tells what came of each.
 *
 * The script's mistakes, a missing QEMU and a hypervisor that does not boot are input errors. What the
 * hypervisor says to a payload, a crash included, is the result.
 */

import { payloadDigest } from '../../loaders/trailer.ts'
import { defaultScript } from './default-script.ts'
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
import type { RehearsalSession, XenVersion } from './session.ts'
import { startRehearsal } from './session.ts'

export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const { payloads, script, timeoutMs } = options
  const steps = parseScript(script ?? defaultScript(payloads), payloads)
  const begun = performance.now()
  const limits = { boot: timeoutMs, request: timeoutMs, deadline: begun + timeoutMs }
  let session: RehearsalSession
  try {
    session = await startRehearsal(options, limits)
  } catch (error) {
    if (!(error instanceof MachineLost)) throw error
    return stillborn(options, steps, error.downfall)
  }
  try {
    return await rehearseOn(session, options, steps)
  } finally {
    await session.close()
  }
}

async function rehearseOn(
  session: RehearsalSession,
  options: RehearseOptions,
  steps: readonly ScriptStep[],
): Promise<RehearsalResult> {
  const version = await session.version()
  const begun = performance.now()
  // The default script is one chain: what follows a failure says nothing. A script of one's own may go on.
  const { operations, downfall } = await runScript(session, steps, options.script === undefined)
  const script = performance.now() - begun
  return {
    schema: REHEARSAL_SCHEMA,
    outcome: judge(operations, downfall),
    hypervisor: factsOf(options.hypervisor, version),
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

function factsOf(file: string, { number, buildId, texts }: XenVersion): HypervisorFacts {
  const extra = texts.find(text => text.name === 'extra-version')?.value ?? ''
  return { file, version: number + extra, buildId }
}

/** The result when time was over before the hypervisor had booted. */
function stillborn(options: RehearseOptions, steps: readonly ScriptStep[], downfall: Downfall): RehearsalResult {
  return {
    schema: REHEARSAL_SCHEMA,
    outcome: 'timeout',
    hypervisor: { file: options.hypervisor, version: '', buildId: '' },
    ...namesOf(options.payloads),
    operations: [],
    notRun: steps.length,
    downfall,
    console: downfall.lines,
    timings: { boot: rounded(options.timeoutMs), script: 0, total: rounded(options.timeoutMs) },
  }
}

function namesOf(payloads: RehearseOptions['payloads']): Pick<RehearsalResult, 'payloads' | 'digests'> {
  return { payloads: payloads.map(({ name }) => name), digests: payloads.map(({ bytes }) => payloadDigest(bytes)) }
}

const rounded = (milliseconds: number) => Math.round(milliseconds * 100) / 100
