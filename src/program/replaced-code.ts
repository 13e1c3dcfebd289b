/**
 * Whether what a payload is about to replace is what it was made for: the function's code as the payload describes it, its
 * out-of-line parts, what both lead to, and no other function at its place. A program that was built from another text
 * would lose what it had more; one of which the linker made two equal functions into one would get the change of one in
 * both; one that takes another definition of a name than the tree does would get code for that one.
 *
 * Asked of the program's file by a build that was given it, and by the host once more of the process that runs.
 */
import { digestOf, type LinkedCode, type OriginalCode, type ReachedName } from '../loaders/original-code.ts'
import type { Machine } from '../machines/machine.ts'
import type { ProgramSymbol } from './program-names.ts'

/** A linked program, in a process or in its file. */
export interface ProgramCode {
  readonly machine: Pick<Machine, 'relocationType'>
  /** Whether it lies where its file says. */
  readonly isFixed: boolean
  /** Undefined where the file has no code there. */
  codeAt(address: number, length: number): Uint8Array | undefined
  /** The plain names of all functions there. */
  functionsAt(address: number): readonly string[]
  find(name: string): readonly ProgramSymbol[]
}

/** A function of the program, by the names and the size that its replacement says. */
export interface OldFunction {
  readonly name: string
  readonly old: number
  readonly oldSize: number
}

/** What stands in the way, in words; else what was not compared. */
export interface Compared {
  readonly fault: string | undefined
  readonly notes: readonly string[]
  /** Whether the fault is that the linker made one function of several. */
  readonly isFolded?: true
}

/** Where the function of that name lies, or why none of the program's is it. */
export type Found =
  | { readonly address: number }
  | { readonly missing: 'absent' | 'several' | 'other-size'; readonly fault: string }

/** The program's one function of that name and size. */
export function findFunction(name: string, size: number, program: Pick<ProgramCode, 'find'>): Found {
  const [symbol, ...more] = program.find(name)
  if (symbol === undefined) return { missing: 'absent', fault: `the program has no function ${name}` }
  if (more.length > 0) return { missing: 'several', fault: severalFault(name, more.length + 1) }
  if (size === 0) return { missing: 'other-size', fault: `${name} is said to have no bytes` }
  if (symbol.size === 0 || symbol.size === size) return { address: symbol.address }
  return {
    missing: 'other-size',
    fault: `${name} has ${symbol.size} bytes in the program, but the payload expects ${size}`,
  }
}

export const severalFault = (name: string, count: number): string => `the program has ${count} symbols called ${name}`

/** What nothing is said of passes, as does the code of one that is replaced already: it is another payload's. */
export function compareCode(
  { name, old, oldSize }: OldFunction,
  original: OriginalCode | undefined,
  program: ProgramCode,
  isReplaced: boolean,
): Compared {
  if (original === undefined) {
    return passed([`the payload does not say what the code of ${name} was: it was not compared`])
  }
  const shared = sharedPlace(name, original, program.functionsAt(old))
  if (shared !== undefined) return { fault: shared, notes: [], isFolded: true }
  if (isReplaced) return passed([])
  const reached = follow(name, { ...original, size: oldSize }, old, program)
  if (typeof reached === 'string') return { fault: reached, notes: [] }
  const notes: string[] = []
  for (const part of original.parts ?? []) {
    const address = reached.get(part.name) ?? program.find(part.name)[0]?.address
    const followed = address === undefined ? undefined : follow(name, part, address, program)
    if (typeof followed === 'string') return { fault: followed, notes: [] }
    if (followed === undefined) notes.push(`where the program has ${part.name} is not known: it was not compared`)
  }
  const untold = original.reaches === undefined || original.parts === undefined
  if (untold) notes.push(`the payload does not say what the code of ${name} led to: that was not compared`)
  return passed(notes)
}

/**
 * The same of a function that stays, and whose callers have a copy of it that was made for this code. Several of its name
 * are told apart by their code: one of them is to be it.
 */
export function compareLeft(original: OriginalCode, program: ProgramCode): Compared {
  const { name, size: oldSize } = original
  const places = [...new Set(program.find(name).map(({ address }) => address))]
  const found = findFunction(name, oldSize, program)
  if ('fault' in found && found.missing !== 'several') return { fault: found.fault, notes: [] }
  const compared = places.map(old => compareCode({ name, old, oldSize }, original, program, false))
  return compared.find(({ fault }) => fault === undefined) ?? compared[0] ?? passed([])
}

const passed = (notes: readonly string[]): Compared => ({ fault: undefined, notes })

function sharedPlace(name: string, { names }: OriginalCode, there: readonly string[]): string | undefined {
  const known = new Set(names.map(plain))
  const others = there.filter(each => !known.has(each))
  if (others.length === 0) return undefined
  return `${name} lies where the program has ${others.join(' and ')} too, which the payload does not concern: the linker made one of them`
}

/** Where the fields of the code at `address` lead that say so themselves; in words what is not as described. */
function follow(
  owner: string,
  { name, size, linked, digest, reaches = [] }: LinkedCode,
  address: number,
  program: ProgramCode,
): ReadonlyMap<string, number> | string {
  const led = new Map<string, number>()
  const code = program.codeAt(address, size)
  if (code === undefined) return led
  if (digestOf(code, linked) !== digest) {
    return `the program's code of ${name} is not that of the payload's tree: it was built from another text, by another compiler or with other options`
  }
  for (const reach of reaches) {
    const place = placeReached(code, address, reach, program)
    if (place === undefined) continue
    const [offset, , wanted] = reach
    led.set(wanted, place)
    const meant = program.find(wanted)
    // What the program has not comes from a library, through a table; so does what is chosen when it starts.
    const other = meant.length > 0 ? [] : program.functionsAt(place).filter(each => !isTableEntry(each, wanted))
    if (meant.length === 0 && other.length === 0) continue
    if (meant.some(({ kind, address: there }) => kind === 'indirect-function' || there === place)) continue
    const where = other.length > 0 ? `to ${other.join(' and ')}` : `to ${hex(place)}`
    return `the program's code of ${owner} leads, at ${hex(offset)} of ${name}, ${where} and not to ${wanted}: the program takes another definition, or numbers its variables otherwise, than the payload's tree`
  }
  return led
}

/** The start of what a field leads to; undefined where only the dynamic linker fills it. */
function placeReached(
  code: Uint8Array,
  address: number,
  [offset, type, , delta]: ReachedName,
  { machine, isFixed }: ProgramCode,
): number | undefined {
  const known = machine.relocationType(type)
  const bytes = known?.field.bytes ?? 0
  if (known === undefined || bytes < 4 || offset + bytes > code.length) return undefined
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const value = bytes === 8 ? Number(view.getBigInt64(offset, true)) : view.getInt32(offset, true)
  if (known.pcRelative) return address + offset + value - delta
  return isFixed ? value - delta : undefined
}

/** What stands in a linker's table for a library's function: its own name, or that with a word behind it (mold's `f$plt`). */
const isTableEntry = (name: string, wanted: string): boolean => name === plain(wanted) || name.startsWith(`${wanted}$`)

const hex = (value: number): string => `0x${value.toString(16)}`

/** Without the file: a linker may make a hidden name local to some file. */
const plain = (name: string): string => name.slice(name.indexOf('#') + 1)
