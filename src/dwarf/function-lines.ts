/**
 * The source lines of running code, by a function's name and an offset in it, from an image with debug information
 * (xen-syms of a debug build, a program compiled with -g): for backtraces in a log.
 */

import type { Side } from '../base/side.ts'
import { type ElfObject, readElf, symbolValue } from '../elf/index.ts'
import { type LineSequence, readLineSequences, rowAt } from './line-rows.ts'

export interface RunningPlace {
  /** As the compiler spelled it. */
  readonly file: string
  readonly line: number
}

/** `name` is a function's, or `common/domain.c#name` for one that is local to its file. */
export type RunningLines = (name: string, offset: number) => RunningPlace | undefined

/** Lines of an object's code, by the names of its function symbols (`name`, or `common/domain.c#name`). */
export function objectLines<S extends Side>(object: ElfObject<S>): RunningLines {
  const sequences = readLineSequences(object)
  return (name, offset) => {
    const called = object.symbols.filter(({ kind, name: symbol }) => kind === 'function' && isCalled(symbol, name))
    const [place, ...others] = called.map(symbol => symbol.place)
    if (place?.in !== 'section' || others.length > 0) return undefined
    const at = place.offset + offset
    const found = sequences.find(({ section, from, end }) => section === place.section && at >= from && at < end)
    const row = found && rowAt(found, at)
    return row === undefined ? undefined : { file: row.file, line: row.line }
  }
}

const isCalled = (symbol: string, name: string) => symbol === name || symbol.endsWith(`#${name}`)

export function runningLines(image: Uint8Array): RunningLines {
  const object = readElf<'original'>(image)
  const addresses = new Map<string, bigint | 'several'>()
  const add = (name: string, address: bigint) =>
    addresses.set(name, addresses.has(name) && addresses.get(name) !== address ? 'several' : address)
  let file = ''
  for (const symbol of object.symbols) {
    if (symbol.kind === 'file') file = symbol.name
    if (symbol.kind !== 'function' || symbol.place.in !== 'section') continue
    const address = symbolValue(object, symbol)
    add(symbol.name, address)
    if (symbol.binding === 'local') add(`${file}#${symbol.name}`, address)
  }
  let sequences: readonly LineSequence[] | undefined
  return (name, offset) => {
    const start = addresses.get(name)
    if (start === undefined || start === 'several') return undefined
    sequences ??= readLineSequences(object)
    const address = start + BigInt(offset)
    for (const sequence of sequences) {
      const at = Number(address - sequence.base)
      const row = at >= sequence.from && at < sequence.end ? rowAt(sequence, at) : undefined
      if (row !== undefined) return { file: row.file, line: row.line }
    }
    return undefined
  }
}
