/**
 * Carries a script out on a booted hypervisor, and says of each operation what came of it and whether
 * that was expected. A hypervisor that goes down ends the script.
 */

import { unreachable } from '../../base/errors.ts'
import { describeResult, ENOENT, errnoName } from '../abi/errno.ts'
import { hexDump } from './hex-dump.ts'
import { MachineLost } from './machine.ts'
import type { Downfall, OperationResult } from './model.ts'
import type { Check, Expectation, Operation, ScriptStep } from './script.ts'
import { describeExpectation } from './script.ts'
import type { RehearsalSession, XenVersion } from './session.ts'

export interface ScriptRun {
  readonly operations: readonly OperationResult[]
  readonly downfall: Downfall | null
}

/** What an operation brought. A check has no result of its own. */
interface Outcome {
  readonly result: number | null
  readonly output: readonly string[]
  /** Set by checks only. */
  readonly holds?: boolean
}

/** What checks look back at. */
interface Memory {
  last: OperationResult | undefined
  /** What the same words as the last operation's brought first; undefined where they were the first. */
  earlier: OperationResult | undefined
  /** The first result of each operation, by its words. */
  readonly first: Map<string, OperationResult>
}

/** Runs step after step; after an unexpected result it goes on, unless it is to stop there. */
export async function runScript(
  session: RehearsalSession,
  steps: readonly ScriptStep[],
  stopAtFailure: boolean,
): Promise<ScriptRun> {
  const operations: OperationResult[] = []
  const memory: Memory = { last: undefined, earlier: undefined, first: new Map() }
  for (const step of steps) {
    const { result, downfall } = await runStep(session, step, memory)
    operations.push(result)
    if (downfall !== null) return { operations, downfall }
    if (stopAtFailure && !result.expected) break
    if (step.operation.kind === 'check') continue
    memory.last = result
    memory.earlier = memory.first.get(step.words)
    if (memory.earlier === undefined) memory.first.set(step.words, result)
  }
  return { operations, downfall: null }
}

async function runStep(
  session: RehearsalSession,
  step: ScriptStep,
  memory: Memory,
): Promise<{ result: OperationResult; downfall: Downfall | null }> {
  const begun = performance.now()
  session.takeLines()
  let outcome: Outcome
  let downfall: Downfall | null = null
  try {
    outcome = await carryOut(session, step.operation, memory)
  } catch (error) {
    if (!(error instanceof MachineLost)) throw error
    downfall = error.downfall
    outcome = { result: null, output: [`the machine ${downfall.kind}: ${downfall.sign}`] }
  }
  const { line, text, word, expectation } = step
  const result: OperationResult = {
    line,
    text,
    operation: word,
    result: outcome.result,
    errno: outcome.result === null ? null : errnoName(outcome.result),
    expectation: describeExpectation(expectation),
    expected: downfall === null && meets(outcome, expectation),
    output: outcome.output,
    console: session.takeLines(),
    time: Math.round((performance.now() - begun) * 100) / 100,
  }
  return { result, downfall }
}

function meets({ result, holds }: Outcome, expectation: Expectation): boolean {
  const succeeded = holds ?? (result ?? 0) >= 0
  if (expectation.kind === 'success') return succeeded
  if (expectation.kind === 'failure') return !succeeded
  return result === expectation.result
}

async function carryOut(session: RehearsalSession, operation: Operation, memory: Memory): Promise<Outcome> {
  switch (operation.kind) {
    case 'upload':
      return plain(await session.upload(operation.name, operation.payload.bytes))
    case 'act':
      return plain(await session.act(operation))
    case 'list': {
      const { result, payloads } = await session.list()
      return { result, output: payloads.map(row => `${row.name} ${row.state} rc=${row.rc} ${row.metadata}`.trimEnd()) }
    }
    case 'get': {
      const { result, status } = await session.get(operation.name)
      return { result, output: status === undefined ? [] : [`${status.state} rc=${status.rc}`] }
    }
    case 'version':
      return { result: 0, output: versionLines(await session.version()) }
    case 'hypercall': {
      const { args, shown } = operation.arguments
      const answer = await session.hypercall(operation.number, args)
      const dumps = shown.flatMap((target, index) => hexDump(`buffer ${index + 1}`, answer.contents(target)))
      return {
        result: Number(answer.result),
        output: answer.result < 0n ? dumps : [`result ${hex64(answer.result)}`, ...dumps],
      }
    }
    case 'debug-keys':
      return plain(await session.debugKeys(operation.keys))
    case 'nap':
      await session.nap(operation.milliseconds)
      return plain(0)
    case 'echo':
      return { result: 0, output: [operation.text] }
    case 'check':
      return carryOutCheck(session, operation.check, memory)
    default:
      return unreachable(operation)
  }
}

const plain = (result: number): Outcome => ({ result, output: [] })
const hex64 = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}`

function versionLines({ number, buildId, texts }: XenVersion): string[] {
  const told = texts.filter(({ value }) => value !== '')
  return [`version ${number}`, ...told.map(({ name, value }) => `${name} ${value}`.trimEnd()), `build-id ${buildId}`]
}

async function carryOutCheck(session: RehearsalSession, check: Check, { last, earlier }: Memory): Promise<Outcome> {
  if (check.kind === 'state') {
    const { result, status } = await session.get(check.name)
    const state = result === ENOENT ? 'ABSENT' : (status?.state ?? describeResult(result))
    return verdict(state === check.state, `${check.name} is ${state}`)
  }
  if (last === undefined) return verdict(false, 'there was no operation before this check')
  if (check.kind === 'result') {
    return verdict(
      last.result === check.result,
      `the result of line ${last.line} is ${describeResult(last.result ?? 0)}`,
    )
  }
  if (check.kind === 'text') {
    const found = last[check.where].some(line => line.includes(check.text))
    return verdict(
      found === check.there,
      `"${check.text}" is ${found ? '' : 'not '}in the ${check.where} of line ${last.line}`,
    )
  }
  if (earlier === undefined) return verdict(false, `line ${last.line} was not done before`)
  const same = earlier.result === last.result && earlier.output.join('\n') === last.output.join('\n')
  return verdict(same, `line ${last.line} brought ${same ? 'the same as' : 'something else than'} line ${earlier.line}`)
}

const verdict = (holds: boolean, fact: string): Outcome => ({ result: null, output: [fact], holds })
