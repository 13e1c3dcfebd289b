/** A case as a script for the rehearsal, and what each of its steps showed. */
import type { OperationResult, RehearsalResult } from '../../src/hosts/rehearsal/index.ts'
import type { Look, Seen, XenCase } from './case.ts'

type Moment = 'original' | 'patched' | 'reverted'

interface Step {
  readonly operation: string
  readonly expected?: { readonly moment: Moment; readonly seen: Seen }
}

/** Every look before, with and after the payload; the probe's hook at the same three moments. */
export function steps(one: XenCase): Step[] {
  const looksAt = (moment: Moment) => [
    ...(one.looks ?? []).map(look => ({ operation: look.operation, expected: { moment, seen: seenAt(look, moment) } })),
    ...probeAt(one, moment),
  ]
  const says = (moment: Moment, line: RegExp | undefined) =>
    line === undefined ? {} : { expected: { moment, seen: { line } } }
  return [
    { operation: 'upload fix' },
    ...(one.probe ? [{ operation: 'upload probe' }] : []),
    ...looksAt('original'),
    { operation: 'apply fix', ...says('patched', one.onApply) },
    ...looksAt('patched'),
    { operation: 'revert fix', ...says('reverted', one.onRevert) },
    ...looksAt('reverted'),
    ...(one.probe ? [{ operation: 'unload probe' }] : []),
    { operation: 'unload fix' },
    { operation: 'list', expected: { moment: 'reverted', seen: { result: 0 } } },
  ]
}

function seenAt({ original, patched, reverted = original }: Look, moment: Moment): Seen {
  return { original, patched, reverted }[moment]
}

function probeAt({ probe }: XenCase, moment: Moment): Step[] {
  if (!probe) return []
  const line = moment === 'patched' ? probe.patched : probe.original
  return [{ operation: 'apply probe nodeps', expected: { moment, seen: { line } } }, { operation: 'revert probe' }]
}

/** Operations that are to fail say so, so that the rehearsal's own verdict holds too. */
export function scriptOf(list: readonly Step[]): string {
  return list
    .map(({ operation, expected }) => {
      const result = expected?.seen.result ?? 0
      return result < 0 ? `! ${result} ${operation}` : operation
    })
    .join('\n')
}

/** Every step that did not show what it should, in words; empty is good. */
export function disappointments(list: readonly Step[], { operations }: RehearsalResult): string[] {
  return list.flatMap((step, index) => {
    const shown = operations[index]
    if (!shown) return [`${step.operation}: not reached`]
    const { result } = shown
    const wanted = step.expected?.seen ?? {}
    const when = step.expected ? ` (${step.expected.moment})` : ''
    const failed = wanted.result === undefined ? !shown.expected : wanted.result !== result
    const text = everything(shown)
    return [
      ...(failed ? [`${step.operation}${when}: result ${result}, not ${wanted.result ?? 'success'}\n${text}`] : []),
      ...(wanted.line && !anyLine(wanted.line).test(text)
        ? [`${step.operation}${when}: no ${wanted.line} in\n${text}`]
        : []),
      ...(wanted.not && anyLine(wanted.not).test(text) ? [`${step.operation}${when}: ${wanted.not} in\n${text}`] : []),
    ]
  })
}

const anyLine = ({ source }: RegExp) => new RegExp(source, 'm')
const everything = ({ output, console }: OperationResult) => [...output, ...console].join('\n')
