/**
 * Whether a linked program has code or data that leads to a function, other than in the functions that are known to call
 * it: an object that is none of the tree's units, or a library that finds it by its name.
 *
 * Worse mistake: to miss one. Any bytes that could be its address, or a distance to it, count.
 */
import type { LinkedProgram } from './linked-program.ts'

/** Words for the first place that leads there and is not known; undefined where there is none. */
export function ledToFromElsewhere(
  program: LinkedProgram,
  callee: string,
  known: readonly string[],
): string | undefined {
  const [place, ...others] = program.find(callee)
  if (place === undefined || others.length > 0) return `the program has not exactly one ${callee}`
  const { mayLeadTo } = program.machine.code ?? {}
  if (mayLeadTo === undefined) return `how code of ${program.machine.name} leads to a place is not known`
  const ranges = [callee, ...known].flatMap(name => [...program.find(name), ...program.partsOf(name)])
  const isKnown = (at: number) => ranges.some(({ address, size }) => at >= address && at < address + size)
  for (const { name, address, bytes, isCode } of program.loaded()) {
    const found = isCode
      ? mayLeadTo(place.address, { address, bytes, isFixed: program.isFixed })
      : wordsOf(place.address, { bytes, isFixed: program.isFixed })
    const elsewhere = found.map(at => address + at).find(at => !isCode || !isKnown(at))
    if (elsewhere !== undefined)
      return `the program leads there from 0x${elsewhere.toString(16)} (${name}), which is in none of its known callers`
  }
  return undefined
}

/** Offsets of what may be the address, in the relocations of a program that moves too. */
function wordsOf(
  target: number,
  { bytes, isFixed }: { readonly bytes: Uint8Array; readonly isFixed: boolean },
): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: number[] = []
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (view.getUint32(at, true) !== target % 2 ** 32) continue
    const isWhole = at + 8 <= bytes.length && view.getUint32(at + 4, true) === Math.floor(target / 2 ** 32)
    if (isWhole || isFixed) found.push(at)
  }
  return found
}
