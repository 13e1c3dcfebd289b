/** What scripts for Xen know. */
import type { ActionName } from '../../abi/xen-abi.ts'
import { HYPERCALLS } from '../../abi/xen-abi.ts'
import type { RehearsalPayload } from '../model.ts'
import { findPayload, nothingMore, only, type ParseOperation, type ScriptWords, textOf } from '../script.ts'
import { ArgumentMistake, type HypercallArguments, parseArguments, parseNumber } from '../script-arguments.ts'
import type { Token } from '../tokens.ts'

export type XenOperation =
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

export const XEN_WORDS: ScriptWords<XenOperation> = {
  operations: new Map<string, ParseOperation<XenOperation>>([
    ['upload', parseUpload],
    ...(['apply', 'revert', 'replace', 'unload'] as const).map((action): [string, ParseOperation<XenOperation>] => [
      action,
      args => parseAction(action, args),
    ]),
    ['list', args => nothingMore(args, { kind: 'list' })],
    ['get', args => ({ kind: 'get', name: only(args, 'a name') })],
    ['version', args => nothingMore(args, { kind: 'version' })],
    ['hypercall', parseHypercall],
    ['debug-keys', args => ({ kind: 'debug-keys', keys: only(args, 'keys') })],
  ]),
  states: ['checked', 'applied', 'absent'],
}

function parseUpload(args: readonly Token[], payloads: readonly RehearsalPayload[]): XenOperation {
  const [name, file, ...more] = args.map(textOf)
  if (name === undefined || more.length > 0) throw new ArgumentMistake('upload takes a name and a payload')
  return { kind: 'upload', name, payload: findPayload(file ?? name, payloads) }
}

function parseAction(action: ActionName, args: readonly Token[]): XenOperation {
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

function parseHypercall(args: readonly Token[]): XenOperation {
  const [which, ...rest] = args
  if (which === undefined) throw new ArgumentMistake('hypercall takes a number or name, and arguments')
  const named = HYPERCALLS[which.word]
  const number = named === undefined ? parseNumber(which.word) : BigInt(named)
  if (number === undefined) throw new ArgumentMistake(`${which.word} is no hypercall's number or name`)
  return { kind: 'hypercall', number, arguments: parseArguments(rest) }
}
