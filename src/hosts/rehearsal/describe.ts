/** A rehearsal's result as text: what people read. The JSON holds the same and more. */

import { describeResult } from '../abi/errno.ts'
import type { OperationResult, RehearsalResult } from './model.ts'

export function describeRehearsal(result: RehearsalResult): string {
  const lines = [
    `rehearsal on ${result.hypervisor.file}`,
    `  ${result.hypervisor.name} ${result.hypervisor.version || '(did not boot)'}, build-id ${result.hypervisor.buildId || 'unknown'}`,
    `  booted in ${Math.round(result.timings.boot)} ms`,
    ...result.operations.flatMap(describeOperation),
  ]
  if (result.downfall !== null) {
    lines.push('', `${result.hypervisor.name} ${result.downfall.kind}: ${result.downfall.sign}`, 'its last lines:')
    lines.push(...collapsed(result.downfall.lines).map(line => `  | ${line}`))
  }
  if (result.notRun > 0) lines.push(`${counted(result.notRun, 'operation')} not run`)
  lines.push(summary(result))
  return `${lines.join('\n')}\n`
}

function describeOperation(operation: OperationResult): string[] {
  const { text, result, expected, expectation, output, console } = operation
  const came = result === null ? '' : ` → ${describeResult(result)}`
  const wish = expected ? '' : `, expected ${expectation}`
  return [
    `${expected ? ' ok ' : 'BAD '} ${text}${came}${wish}`,
    ...output.map(line => `       ${line}`),
    ...collapsed(console).map(line => `     | ${line}`),
  ]
}

/** Equal lines in a row, as one and a count. */
function collapsed(lines: readonly string[]): string[] {
  const shown: string[] = []
  let start = 0
  while (start < lines.length) {
    let end = start + 1
    while (end < lines.length && lines[end] === lines[start]) end += 1
    shown.push(lines[start] ?? '')
    if (end - start > 1) shown.push(`… ${end - start - 1} more of the same`)
    start = end
  }
  return shown
}

function summary({ outcome, operations, timings }: RehearsalResult): string {
  const unexpected = operations.filter(operation => !operation.expected).length
  const detail = unexpected === 0 ? '' : `, ${unexpected} not as expected`
  return `${outcome}: ${counted(operations.length, 'operation')}${detail}, ${Math.round(timings.script)} ms`
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
