/**
 * Whether a linked program has code or data that leads to a function, other than in the functions that are known to call
 * it: an object that is none of the tree's units, or a library that finds it by its name.
 *
 * Worse mistake: to miss one. Any bytes that could be its address, or in code lead there, count. Of distances that is no
 * way: any number is one, counted from somewhere. But an object can only name what another one defines by a relocation
 * against its symbol (gABI, "Relocation"). Assemblers count from a section's start only to what they have themselves and
 * what is local there: the unit's own object, which is known, and no global function. So the relocations of the program's
 * link say where all of them are; and where it has none, nothing is known.
 */
import type { KeptRelocation } from '../elf/index.ts'
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
  if (mayLeadTo === undefined)
    return `of programs for ${program.machine.name} it is not known what may lead to a function: only its own unit's callers are, where it is static`
  if (program.codeAt(place.address, 1) === undefined)
    return 'the given file has no code, so who leads there in the program is not known'
  const ranges = [callee, ...known].flatMap(name => [...program.find(name), ...program.partsOf(name)])
  const isKnown = (at: number) => ranges.some(({ address, size }) => at >= address && at < address + size)
  for (const { name, address, bytes, isCode } of program.loaded()) {
    const code = { address, bytes, isFixed: program.isFixed }
    const found = isCode ? mayLeadTo(place.address, code) : wordsOf(place.address, code)
    const elsewhere = found.map(at => address + at).find(at => !isCode || !isKnown(at))
    if (elsewhere !== undefined) return leadsFrom(elsewhere, name)
  }
  return byRelocation(program, place, isKnown)
}

const leadsFrom = (at: number, name: string): string =>
  `the program leads there from 0x${at.toString(16)} (${name}), which is in none of its known callers`

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

/** Sections of which only an unwinder counts distances, which calls nothing: LSB, "Exception Frames"; "The SFrame Format". */
const UNWINDING = /^\.(?:eh_frame|eh_frame_hdr|sframe|gcc_except_table)(?:\.|$)/

interface Place {
  readonly address: number
  readonly size: number
}

function byRelocation(program: LinkedProgram, callee: Place, isKnown: (at: number) => boolean): string | undefined {
  const kept = program.keptRelocations(callee.address)
  if (kept === undefined)
    return 'the program’s file has no relocations of its link, so whether a number in it is a distance to it is not known (link what runs with -Wl,--emit-relocs)'
  const sections = [...program.loaded()]
  const start = Math.min(...sections.map(({ address }) => address))
  const end = Math.max(...sections.map(({ address, bytes }) => address + bytes.length))
  const isIn = (at: number, from: number, to: number) => at >= from && at < to
  const leads = ({ symbol: { kind, value, isAbsolute } }: KeptRelocation) => {
    if (kind === 'section' || kind === 'file') return false
    if (isIn(value, callee.address, callee.address + Math.max(1, callee.size))) return true
    // A name that the link made a number may be a distance, from its headers too.
    return isAbsolute && value !== 0 && isIn(callee.address - value, start - (start % PAGE), end)
  }
  for (const row of kept)
    if (!UNWINDING.test(row.name) && !isKnown(row.address) && leads(row)) return leadsFrom(row.address, row.name)
  return undefined
}

/** Headers lie before the first section, in its page. */
const PAGE = 4096
