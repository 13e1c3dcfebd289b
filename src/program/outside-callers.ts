/**
 * Whether a linked program has code or data that leads to a function, other than in the functions that are known to call
 * it: an object that is none of the tree's units, or a library that finds it by its name.
 *
 * Worse mistake: to miss one. Any bytes that could be its address, or a distance to it, count. A distance in data is counted
 * from a place that the program knows by a name or a section, or from one close before it, as the first of a table's.
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
  if (program.codeAt(place.address, 1) === undefined)
    return 'the given file has no code, so who leads there in the program is not known'
  const places = basesOf(program)
  const ranges = [callee, ...known].flatMap(name => [...program.find(name), ...program.partsOf(name)])
  const isKnown = (at: number) => ranges.some(({ address, size }) => at >= address && at < address + size)
  for (const { name, address, bytes, isCode } of program.loaded()) {
    const found = isCode
      ? [
          ...mayLeadTo(place.address, { address, bytes, isFixed: program.isFixed }),
          ...distancesTo(place.address, bytes, (base, at) => places.tables.has(base) && !isKnown(address + at)),
        ]
      : [
          ...wordsOf(place.address, { bytes, isFixed: program.isFixed }),
          ...(isUnwinding(name) ? [] : distancesTo(place.address, bytes, isBaseIn(places, { address, bytes }))),
        ]
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

/** Sections of which only an unwinder, a debugger or the dynamic linker counts distances, and none of them calls: by their format. */
const UNWINDING: readonly RegExp[] = [
  // Where each function's frames begin (LSB, "Exception Frames"; binutils, "The SFrame Format").
  /^\.(?:eh_frame|eh_frame_hdr|sframe|gcc_except_table)$/,
  // What the dynamic linker reads: hashes, indices, and addresses, which are looked for as such (gABI, "Dynamic Linking").
  /^\.(?:(?:gnu\.)?hash|gnu\.version(?:_[dr])?|dynsym|dynstr|dynamic|interp|relr?a?\..*)$/,
  /^\.note(?:\.|$)/,
]

const isUnwinding = (name: string): boolean => UNWINDING.some(each => each.test(name))

/** What distances may be counted from. */
interface Bases {
  /** Starts of data, by the symbols; a distance is counted from one of its own section. */
  readonly data: ReadonlySet<number>
  /** Starts of sections, and of the program. */
  readonly starts: ReadonlySet<number>
  /** Where the linker's table of addresses is: code of the large model counts from there (System V ABI for x86-64, 3.5.3). */
  readonly tables: ReadonlySet<number>
}

/** Names that linkers give to the program's start, and to tables of theirs. */
const STARTS = ['__executable_start', '__ehdr_start', '__dso_handle', '_GLOBAL_OFFSET_TABLE_', '_DYNAMIC']

function basesOf(program: LinkedProgram): Bases {
  const sections = [...program.loaded()]
  const starts = sections.flatMap(({ name, address }) => (isUnwinding(name) ? [] : address))
  const named = STARTS.flatMap(name => program.addressesOf(name).map(Number))
  const tables = sections.flatMap(({ name, address }) => (name === '.got' || name === '.got.plt' ? address : []))
  const own = program.addressesOf('_GLOBAL_OFFSET_TABLE_').map(Number)
  return {
    data: new Set(program.addresses()),
    starts: new Set([...(program.isFixed ? [] : [0]), ...starts, ...named]),
    tables: new Set([...tables, ...own]),
  }
}

/**
 * How far before a distance the table may begin that it is in, where nothing names it: a compiler's tables of distances have
 * local labels, and some dozen entries.
 */
const NEAR = 512

/** The field itself, its end, and what lies close before it, too; from afar a field counts that lies as compilers put them. */
const isBaseIn =
  ({ data, starts }: Bases, { address, bytes }: { readonly address: number; readonly bytes: Uint8Array }) =>
  (base: number, at: number): boolean => {
    const field = address + at
    const isAligned = field % 4 === 0
    if (base < address || base > address + bytes.length) return isAligned && starts.has(base)
    const back = field - base
    if (back === 0 || back === -4) return true
    return (isAligned && back > 0 && back <= NEAR) || data.has(base) || starts.has(base)
  }

/** Offsets of four bytes, or of the lower ones of eight, that are a distance to the target from a base of that kind. */
function distancesTo(
  target: number,
  bytes: Uint8Array,
  isBase: (base: number, at: number) => boolean,
): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: number[] = []
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const distance = view.getInt32(at, true)
    if (distance !== 0 && isBase(target - distance, at)) found.push(at)
  }
  return found
}
