/**
 * Carries a script out on a booted system, and says of each operation what came of it and whether
 * that was expected. A system that goes down ends the script.
 */

import { unreachable } from '../../base/errors.ts'
import { describeResult, errnoName } from '../abi/errno.ts'
import { MachineLost } from './machine.ts'
import type { Downfall, OperationResult } from './model.ts'
import type { Check, CommonOperation, Expectation, ScriptStep } from './script.ts'
import { describeExpectation, isCommon } from './script.ts'
import { type Outcome, plain, type RehearsedSystem, type SystemSession } from './system.ts'

export interface ScriptRun {
  readonly operations: readonly OperationResult[]
  readonly downfall: Downfall | null
}

/** What checks look back at. */
interface Memory {
  last: OperationResult | undefined
  /** What the same words as the last operation's brought first; undefined where they were the first. */
  earlier: OperationResult | undefined
  /** The first result of each operation, by its words. */
  readonly first: Map<string, OperationResult>
}

interface Stage<Session extends SystemSession, Own extends { readonly kind: string }> {
  readonly system: RehearsedSystem<Session, Own>
  readonly session: Session
}

/** Runs step after step; after an unexpected result it goes on, unless it is to stop there. */
export async function runScript<Session extends SystemSession, Own extends { readonly kind: string }>(
  stage: Stage<Session, Own>,
  steps: readonly ScriptStep<Own>[],
  stopAtFailure: boolean,
): Promise<ScriptRun> {
  const operations: OperationResult[] = []
  const memory: Memory = { last: undefined, earlier: undefined, first: new Map() }
  for (const step of steps) {
    const { result, downfall } = await runStep(stage, step, memory)
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

async function runStep<Session extends SystemSession, Own extends { readonly kind: string }>(
  stage: Stage<Session, Own>,
  step: ScriptStep<Own>,
  memory: Memory,
): Promise<{ result: OperationResult; downfall: Downfall | null }> {
  const begun = performance.now()
  const { session } = stage
  session.takeLines()
  let outcome: Outcome
  let downfall: Downfall | null = null
  try {
    outcome = await carryOut(stage, step.operation, memory)
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

async function carryOut<Session extends SystemSession, Own extends { readonly kind: string }>(
  { system, session }: Stage<Session, Own>,
  operation: CommonOperation | Own,
  memory: Memory,
): Promise<Outcome> {
  if (!isCommon(operation)) return system.carryOut(session, operation)
  switch (operation.kind) {
    case 'nap':
      await session.nap(operation.milliseconds)
      return plain(0)
    case 'echo':
      return { result: 0, output: [operation.text] }
    case 'check':
      if (operation.check.kind !== 'state') return lookBack(operation.check, memory)
      return stateIs(await system.stateOf(session, operation.check.name), operation.check)
    default:
      return unreachable(operation)
  }
}

function stateIs(state: string, { name, state: wanted }: Extract<Check, { kind: 'state' }>): Outcome {
  return verdict(state.toLowerCase() === wanted, `${name} is ${state}`)
}

function lookBack(check: Exclude<Check, { kind: 'state' }>, { last, earlier }: Memory): Outcome {
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
