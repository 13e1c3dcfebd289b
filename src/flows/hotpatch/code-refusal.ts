/** How it is told that a function is not what runs, and whether a payload below has replaced it. Part of the pipeline. */
import type { Refusal } from '../../base/refusal.ts'
import type { CodeFinding } from '../../verify/index.ts'
import type { Running } from './running.ts'

export function codeRefusal({ unit }: { readonly unit: string }, { name, difference, address }: CodeFinding): Refusal {
  const at = difference === undefined ? '' : `byte 0x${difference.offset.toString(16)}`
  return {
    code: 'not-the-running-code',
    unit,
    symbol: name,
    text: `${name} at 0x${address.toString(16)} is not the code of ${unit}: from ${at} of the function on it differs; ${difference?.text ?? ''}`,
    hint: 'give the tree that the running system was built from, with its compiler and configuration, and its own xen-syms; build-ids may differ, code may not',
  }
}

/** The name of the payload below whose jump lies in the function; undefined where none has replaced it. */
export function replacedBelow(
  { below, symbols }: Pick<Running, 'below' | 'symbols'>,
  { runningName, oldSize }: { readonly runningName: string; readonly oldSize: number },
): string | undefined {
  const start = symbols?.lookup(runningName)
  if (start === undefined) return undefined
  const end = start + BigInt(oldSize)
  return below.find(({ overwritten }) =>
    overwritten.some(({ address, size }) => address < end && start < address + BigInt(size)),
  )?.name
}
