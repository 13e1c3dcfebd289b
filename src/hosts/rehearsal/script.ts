/**
 * Reads a rehearsal's script: one operation a line. docs/rehearsal.md has the grammar.
 * All mistakes of a script are found before anything boots, and told together, each with its line.
 */

import { InputError } from '../../base/errors.ts'
import { errnoName, errnoResult } from '../abi/errno.ts'
import type { ActionName } from '../abi/xen-abi.ts'
import { HYPERCALLS } from '../abi/xen-abi.ts'
import type { RehearsalPayload } from './model.ts'
import { ArgumentMistake, type HypercallArguments, parseArguments, parseNumber } from './script-arguments.ts'
import type { Token } from './tokens.ts'
import { tokenize } from './tokens.ts'

export type Operation =
  | { readonly kind: 'upload'; readonly name: string; readonly payload: RehearsalPayload }
  | {
      readonly kind: 'act'
      readonly action: ActionName
      readonly name: string
      readonly nodeps: boolean
      readonly timeoutNs: number | undefined
    }
  | { readonly kind: 'list' }
  | { readonly kind: 'get'; readonly name: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'hypercall'; readonly number: bigint; readonly arguments: HypercallArguments }
  | { readonly kind: 'debug-keys'; readonly keys: string }
  | { readonly kind: 'nap'; readonly milliseconds: number }
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'check'; readonly check: Check }

/** Looks at what the operation before it brought; `state` asks the hypervisor. */
export type Check =
  | { readonly kind: 'result'; readonly result: number }
  | { readonly kind: 'text'; readonly where: 'output' | 'console'; readonly there: boolean; readonly text: string }
  | { readonly kind: 'as-first' }
  | { readonly kind: 'state'; readonly name: string; readonly state: 'CHECKED' | 'APPLIED' | 'ABSENT' }

export type Expectation =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure' }
  | { readonly kind: 'errno'; readonly result: number }

export interface ScriptStep {
  readonly line: number
  /** The line as written, without a comment line's worth of space around it. */
  readonly text: string
  /** Equal for lines that ask for the same, whatever they expect and however they are commented. */
  readonly words: string
  /** The operation's first word. */
  readonly word: string
  readonly expectation: Expectation
  readonly operation: Operation
}

/** Reads a whole script; throws one InputError that names every wrong line. */
export function parseScript(text: string, payloads: readonly RehearsalPayload[]): ScriptStep[] {
  const steps: ScriptStep[] = []
  const mistakes: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    try {
      const step = parseLine(line, index + 1, payloads)
      if (step !== undefined) steps.push(step)
    } catch (error) {
      if (!(error instanceof ArgumentMistake)) throw error
      mistakes.push(`line ${index + 1}: ${error.message}: ${line.trim()}`)
    }
  }
  if (mistakes.length > 0) {
    throw new InputError('rehearse/bad-script', mistakes.join('\n'), 'docs/rehearsal.md has the grammar')
  }
  return steps
}

function parseLine(text: string, line: number, payloads: readonly RehearsalPayload[]): ScriptStep | undefined {
  const tokens = tokenize(text)
  if ('wrong' in tokens) throw new ArgumentMistake(tokens.wrong)
  if (tokens.length === 0) return undefined
  const { expectation, rest } = parseExpectation(tokens)
  const [first, ...args] = rest
  if (first === undefined) throw new ArgumentMistake('an operation must follow the !')
  const parse = OPERATIONS.get(first.word)
  if (parse === undefined || first.quoted !== undefined) {
    throw new ArgumentMistake(`${first.word || 'a text'} is no operation: ${[...OPERATIONS.keys()].join(', ')}`)
  }
  const words = JSON.stringify(rest.map(({ word, quoted }) => [word, quoted]))
  return { line, text: text.trim(), words, word: first.word, expectation, operation: parse(args, payloads) }
}

/** Takes `!`, `! EINVAL` or `! 22` off the front. */
function parseExpectation(tokens: readonly Token[]): { expectation: Expectation; rest: readonly Token[] } {
  const [mark, ...behind] = tokens
  if (mark === undefined || mark.quoted !== undefined || !mark.word.startsWith('!')) {
    return { expectation: { kind: 'success' }, rest: tokens }
  }
  const rest = mark.word === '!' ? behind : [{ word: mark.word.slice(1), quoted: undefined }, ...behind]
  const result = rest[0]?.quoted === undefined ? errnoResult(rest[0]?.word ?? '') : undefined
  if (result === undefined) return { expectation: { kind: 'failure' }, rest }
  return { expectation: { kind: 'errno', result }, rest: rest.slice(1) }
}

type ParseOperation = (args: readonly Token[], payloads: readonly RehearsalPayload[]) => Operation

/** One row for each word that can begin a line; the order is the order of the help. */
const OPERATIONS: ReadonlyMap<string, ParseOperation> = new Map<string, ParseOperation>([
  ['upload', parseUpload],
  ...(['apply', 'revert', 'replace', 'unload'] as const).map((action): [string, ParseOperation] => [
    action,
    args => parseAction(action, args),
  ]),
  ['list', args => nothingMore(args, { kind: 'list' })],
  ['get', args => ({ kind: 'get', name: only(args, 'a name') })],
  ['version', args => nothingMore(args, { kind: 'version' })],
  ['hypercall', parseHypercall],
  ['debug-keys', args => ({ kind: 'debug-keys', keys: only(args, 'keys') })],
  ['nap', args => ({ kind: 'nap', milliseconds: parseMilliseconds(only(args, 'a time')) })],
  ['echo', args => ({ kind: 'echo', text: joined(args) })],
  ['expect-result', args => check({ kind: 'result', result: parseResult(only(args, 'a result')) })],
  ['expect-output', args => check(textCheck('output', true, args))],
  ['expect-no-output', args => check(textCheck('output', false, args))],
  ['expect-console', args => check(textCheck('console', true, args))],
  ['expect-no-console', args => check(textCheck('console', false, args))],
  ['expect-as-first', args => nothingMore(args, check({ kind: 'as-first' }))],
  ['expect-state', args => check(stateCheck(args))],
])

function parseUpload(args: readonly Token[], payloads: readonly RehearsalPayload[]): Operation {
  const [name, file, ...more] = args.map(textOf)
  if (name === undefined || more.length > 0) throw new ArgumentMistake('upload takes a name and a payload')
  return { kind: 'upload', name, payload: findPayload(file ?? name, payloads) }
}

/** By its whole name, or by the last part of it if only one has that. */
function findPayload(file: string, payloads: readonly RehearsalPayload[]): RehearsalPayload {
  const exact = payloads.find(payload => payload.name === file)
  if (exact !== undefined) return exact
  const wanted = withoutEnding(lastPart(file))
  const alike = payloads.filter(payload => withoutEnding(lastPart(payload.name)) === wanted)
  const [found, another] = alike
  if (found !== undefined && another === undefined) return found
  const given = payloads.map(payload => payload.name).join(', ') || 'none'
  throw new ArgumentMistake(
    found === undefined
      ? `there is no payload ${file} (given: ${given})`
      : `${file} could be several payloads (given: ${given})`,
  )
}

const lastPart = (path: string) => path.slice(path.lastIndexOf('/') + 1)
const withoutEnding = (name: string) => name.replace(/\.livepatch$/, '')

function parseAction(action: ActionName, args: readonly Token[]): Operation {
  const [name, ...options] = args.map(textOf)
  if (name === undefined) throw new ArgumentMistake(`${action} takes a payload's name`)
  let nodeps = false
  let timeoutNs: number | undefined
  for (let at = 0; at < options.length; at++) {
    const [option, value] = cutOption(options[at] ?? '')
    if (option === 'nodeps' || option === 'no-deps') {
      nodeps = true
    } else if (option === 'timeout') {
      if (value === undefined) at += 1
      timeoutNs = parseTimeout(value ?? options[at] ?? '')
    } else {
      throw new ArgumentMistake(`${action} knows no option ${options[at]}: nodeps, timeout=TIME`)
    }
  }
  return { kind: 'act', action, name, nodeps, timeoutNs }
}

function cutOption(word: string): [string, string | undefined] {
  const [option = '', ...value] = word.replace(/^--/, '').split('=')
  return [option, value.length === 0 ? undefined : value.join('=')]
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1000, ms: 1e6, s: 1e9 }
const LONGEST_TIMEOUT = 2 ** 32 - 1

/** `30` and `30ms` are the same; the interface counts in 32 bits of nanoseconds. */
function parseTimeout(text: string): number {
  const [, count = '', unit = 'ms'] = /^([0-9]+)(ns|us|ms|s)?$/.exec(text) ?? []
  const nanoseconds = count === '' ? Number.NaN : Number(count) * (UNITS[unit] ?? 1)
  if (nanoseconds > 0 && nanoseconds <= LONGEST_TIMEOUT) return nanoseconds
  throw new ArgumentMistake(`${text || 'nothing'} is no timeout: 1ns to 4294ms`)
}

function parseHypercall(args: readonly Token[]): Operation {
  const [which, ...rest] = args
  if (which === undefined) throw new ArgumentMistake('hypercall takes a number or name, and arguments')
  const named = HYPERCALLS[which.word]
  const number = named === undefined ? parseNumber(which.word) : BigInt(named)
  if (number === undefined) throw new ArgumentMistake(`${which.word} is no hypercall's number or name`)
  return { kind: 'hypercall', number, arguments: parseArguments(rest) }
}

function parseMilliseconds(text: string): number {
  const [, count] = /^([0-9]{1,6})(?:ms)?$/.exec(text) ?? []
  if (count === undefined) throw new ArgumentMistake(`${text} is no time: milliseconds, at most 999999`)
  return Number(count)
}

function parseResult(text: string): number {
  const named = /^-?[0-9]/.test(text) ? undefined : errnoResult(text)
  const value = named ?? Number(parseNumber(text))
  if (Number.isNaN(value)) throw new ArgumentMistake(`${text} is no result: a number or an errno's name`)
  return value
}

const check = (what: Check): Operation => ({ kind: 'check', check: what })

function textCheck(where: 'output' | 'console', there: boolean, args: readonly Token[]): Check {
  const text = joined(args)
  if (text === '') throw new ArgumentMistake('the text to look for is missing')
  return { kind: 'text', where, there, text }
}

function stateCheck(args: readonly Token[]): Check {
  const [name, state, ...more] = args.map(textOf)
  const wanted = state?.toUpperCase()
  const known = wanted === 'CHECKED' || wanted === 'APPLIED' || wanted === 'ABSENT'
  if (name === undefined || more.length > 0 || !known) {
    throw new ArgumentMistake('expect-state takes a name and one of checked, applied, absent')
  }
  return { kind: 'state', name, state: wanted }
}

const textOf = ({ word, quoted }: Token) => (quoted === undefined ? word : word + quoted)
const joined = (args: readonly Token[]) => args.map(textOf).join(' ')

function only(args: readonly Token[], what: string): string {
  const [first, ...more] = args
  if (first === undefined || more.length > 0) throw new ArgumentMistake(`it takes ${what} and nothing else`)
  return textOf(first)
}

function nothingMore(args: readonly Token[], operation: Operation): Operation {
  if (args.length > 0) throw new ArgumentMistake('it takes nothing')
  return operation
}

/** An expectation in words. */
export function describeExpectation(expectation: Expectation): string {
  if (expectation.kind !== 'errno') return expectation.kind
  return errnoName(expectation.result) ?? String(expectation.result)
}
