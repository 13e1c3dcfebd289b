/**
 * Reads a rehearsal's script: one operation a line. docs/rehearsal.md has the grammar.
 * All mistakes of a script are found before anything boots, and told together, each with its line.
 */

import { InputError } from '../../base/errors.ts'
import { errnoName, errnoResult } from '../abi/errno.ts'
import type { RehearsalPayload } from './model.ts'
import { ArgumentMistake, parseNumber } from './script-arguments.ts'
import type { Token } from './tokens.ts'
import { tokenize } from './tokens.ts'

/** What every system's scripts know. */
export type CommonOperation =
  | { readonly kind: 'nap'; readonly milliseconds: number }
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'check'; readonly check: Check }

const COMMON: ReadonlySet<string> = new Set<CommonOperation['kind']>(['nap', 'echo', 'check'])

export const isCommon = (operation: CommonOperation | { readonly kind: string }): operation is CommonOperation =>
  COMMON.has(operation.kind)

/** Looks at what the operation before it brought; `state` asks the system. */
export type Check =
  | { readonly kind: 'result'; readonly result: number }
  | { readonly kind: 'text'; readonly where: 'output' | 'console'; readonly there: boolean; readonly text: string }
  | { readonly kind: 'as-first' }
  | { readonly kind: 'state'; readonly name: string; readonly state: string }

export type Expectation =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure' }
  | { readonly kind: 'errno'; readonly result: number }

/** What a system's scripts know beside that. */
export interface ScriptWords<Own> {
  /** One row for each word that can begin a line; the order is the order of the help. */
  readonly operations: ReadonlyMap<string, ParseOperation<Own>>
  /** What `expect-state` takes. */
  readonly states: readonly string[]
}

export interface ScriptStep<Own> {
  readonly line: number
  /** The line as written, without a comment line's worth of space around it. */
  readonly text: string
  /** Equal for lines that ask for the same, whatever they expect and however they are commented. */
  readonly words: string
  /** The operation's first word. */
  readonly word: string
  readonly expectation: Expectation
  readonly operation: CommonOperation | Own
}

/** Reads a whole script; throws one InputError that names every wrong line. */
export function parseScript<Own>(
  text: string,
  payloads: readonly RehearsalPayload[],
  words: ScriptWords<Own>,
): ScriptStep<Own>[] {
  const known = new Map<string, ParseOperation<CommonOperation | Own>>([...words.operations, ...common(words.states)])
  const steps: ScriptStep<Own>[] = []
  const mistakes: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    try {
      const step = parseLine({ text: line, line: index + 1 }, payloads, known)
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

function parseLine<Own>(
  { text, line }: { readonly text: string; readonly line: number },
  payloads: readonly RehearsalPayload[],
  known: ReadonlyMap<string, ParseOperation<CommonOperation | Own>>,
): ScriptStep<Own> | undefined {
  const tokens = tokenize(text)
  if ('wrong' in tokens) throw new ArgumentMistake(tokens.wrong)
  if (tokens.length === 0) return undefined
  const { expectation, rest } = parseExpectation(tokens)
  const [first, ...args] = rest
  if (first === undefined) throw new ArgumentMistake('an operation must follow the !')
  const parse = known.get(first.word)
  if (parse === undefined || first.quoted !== undefined) {
    throw new ArgumentMistake(`${first.word || 'a text'} is no operation: ${[...known.keys()].join(', ')}`)
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

export type ParseOperation<Parsed> = (args: readonly Token[], payloads: readonly RehearsalPayload[]) => Parsed

function common(states: readonly string[]): readonly [string, ParseOperation<CommonOperation>][] {
  return [
    ['nap', args => ({ kind: 'nap', milliseconds: parseMilliseconds(only(args, 'a time')) })],
    ['echo', args => ({ kind: 'echo', text: joined(args) })],
    ['expect-result', args => check({ kind: 'result', result: parseResult(only(args, 'a result')) })],
    ['expect-output', args => check(textCheck('output', true, args))],
    ['expect-no-output', args => check(textCheck('output', false, args))],
    ['expect-console', args => check(textCheck('console', true, args))],
    ['expect-no-console', args => check(textCheck('console', false, args))],
    ['expect-as-first', args => nothingMore(args, check({ kind: 'as-first' }))],
    ['expect-state', args => check(stateCheck(args, states))],
  ]
}

/** By its whole name, or by the last part of it if only one has that. */
export function findPayload(file: string, payloads: readonly RehearsalPayload[]): RehearsalPayload {
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
/** Of payloads for Xen, and of modules. */
export const withoutEnding = (name: string) => name.replace(/\.(?:livepatch|ko)$/, '')

export function parseMilliseconds(text: string): number {
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

const check = (what: Check): CommonOperation => ({ kind: 'check', check: what })

function textCheck(where: 'output' | 'console', there: boolean, args: readonly Token[]): Check {
  const text = joined(args)
  if (text === '') throw new ArgumentMistake('the text to look for is missing')
  return { kind: 'text', where, there, text }
}

function stateCheck(args: readonly Token[], states: readonly string[]): Check {
  const [name, state, ...more] = args.map(textOf)
  const wanted = state?.toLowerCase() ?? ''
  if (name === undefined || more.length > 0 || !states.includes(wanted)) {
    throw new ArgumentMistake(`expect-state takes a name and one of ${states.join(', ')}`)
  }
  return { kind: 'state', name, state: wanted }
}

export const textOf = ({ word, quoted }: Token) => (quoted === undefined ? word : word + quoted)
const joined = (args: readonly Token[]) => args.map(textOf).join(' ')

export function only(args: readonly Token[], what: string): string {
  const [first, ...more] = args
  if (first === undefined || more.length > 0) throw new ArgumentMistake(`it takes ${what} and nothing else`)
  return textOf(first)
}

export function nothingMore<Parsed>(args: readonly Token[], operation: Parsed): Parsed {
  if (args.length > 0) throw new ArgumentMistake('it takes nothing')
  return operation
}

/** A text as a script's word. */
export const quoted = (text: string) => (/^[\w./+-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`)

/** An expectation in words. */
export function describeExpectation(expectation: Expectation): string {
  if (expectation.kind !== 'errno') return expectation.kind
  return errnoName(expectation.result) ?? String(expectation.result)
}
