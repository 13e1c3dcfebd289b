/**
 * Names of instructions for a page, where a report has only their words: by a disassembler of the machine that the page is
 * made on. What it does not name stays a word. The report itself keeps the words, which are the same wherever it is made.
 *
 * Each version of each function becomes a section of its own, so that the disassembler counts from its start as we do.
 */
import { writeElf } from '../../elf/index.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHT_PROGBITS } from '../../elf/spec/constants.ts'
import { machineOf } from '../../machines/machines.ts'
import type { ListedCode, Listing, RunReport } from '../model.ts'
import { WORD } from '../shown/code-form.ts'

/** What the first of these programs that can says of an object, as GNU objdump does; undefined where none can. */
export type Disassembler = (programs: readonly string[], object: Uint8Array) => string | undefined

/** `.inst 0xd65f03c0`, and behind it what relocations reach. */
const INST = new RegExp(`^\\${WORD} 0x([0-9a-f]{8})(?: {2}# (.*))?$`, 's')
const WORD_SIZE = 4

export function withInstructionNames(report: RunReport, disassemble: Disassembler): RunReport {
  const { details, target } = report
  const machine = target?.machine ?? undefined
  if (details === null || machine === undefined) return report
  const { disassemblers } = machineOf(machine)
  if (disassemblers.length === 0) return report
  const codes = details.listings.flatMap(({ original, patched }) => [original, patched].filter(isInWords))
  if (codes.length === 0) return report
  const text = disassemble(disassemblers, objectOf(machine, codes.map(bytesOf)))
  if (text === undefined) return report
  const named = namesIn(text)
  const byCode = new Map(codes.map((code, at) => [code, named.get(`${SECTION}${at}`)]))
  const withNames = (code: ListedCode | null, symbol: string): ListedCode | null => {
    const names = code === null ? undefined : byCode.get(code)
    return code === null || names === undefined ? code : namedCode(code, names, symbol)
  }
  const listings = details.listings.map(
    (each): Listing => ({
      ...each,
      original: withNames(each.original, each.symbol),
      patched: withNames(each.patched, each.symbol),
    }),
  )
  return { ...report, details: { ...details, listings } }
}

const isInWords = (code: ListedCode | null): code is ListedCode =>
  code !== null &&
  code.instructions.length > 0 &&
  code.instructions.every(([offset, text], at) => offset === at * WORD_SIZE && INST.test(text))

function bytesOf({ instructions }: ListedCode): Uint8Array {
  const bytes = new Uint8Array(instructions.length * WORD_SIZE)
  const view = new DataView(bytes.buffer)
  for (const [offset, text] of instructions) {
    view.setUint32(offset, Number.parseInt(INST.exec(text)?.[1] ?? '0', 16), true)
  }
  return bytes
}

const SECTION = '.text.'

function objectOf(machine: number, codes: readonly Uint8Array[]): Uint8Array {
  const sections = codes.map((bytes, at) => ({
    name: `${SECTION}${at}`,
    type: SHT_PROGBITS,
    flags: SHF_ALLOC | SHF_EXECINSTR,
    alignment: WORD_SIZE,
    bytes,
  }))
  // With a name in its section, an address of one that an instruction names is told from other numbers.
  const symbols = codes.map(({ length }, section) => ({
    name: `f${section}`,
    kind: 'function' as const,
    binding: 'global' as const,
    place: { in: 'section' as const, section, offset: 0 },
    size: length,
  }))
  return writeElf({ header: { machine }, sections, symbols })
}

type Names = ReadonlyMap<number, string>

/** By section, what stands at each offset. */
function namesIn(text: string): ReadonlyMap<string, Names> {
  const sections = new Map<string, Map<number, string>>()
  let own = new Map<number, string>()
  for (const line of text.split('\n')) {
    const section = /^Disassembly of section (\S+):$/.exec(line)?.[1]
    if (section !== undefined) {
      own = new Map()
      sections.set(section, own)
    }
    const [, offset, words] = /^ *([0-9a-f]+):\t(.+)$/.exec(line) ?? []
    // Behind `//` stand other ways to say the same.
    if (offset !== undefined && words !== undefined) {
      own.set(
        Number.parseInt(offset, 16),
        words
          .replace(/\s+\/\/.*$/, '')
          .replace(/\s+/g, ' ')
          .trim(),
      )
    }
  }
  return sections
}

function namedCode(code: ListedCode, names: Names, symbol: string): ListedCode {
  const instructions = code.instructions.map(([offset, text]) => {
    const words = names.get(offset)
    if (words === undefined || words.startsWith('.')) return [offset, text] as const
    return [offset, withPlace(words, INST.exec(text)?.[2], symbol)] as const
  })
  return { ...code, instructions }
}

/** A place that an instruction names by its distance: objdump writes an address, and in `<>` where that is. */
const PLACE = /\b([0-9a-f]+) <[^>]*>$/

/** `reached` is what its relocation reaches, which no distance in its field says yet. */
function withPlace(words: string, reached: string | undefined, symbol: string): string {
  const found = PLACE.exec(words)
  if (found === null) return reached === undefined ? words : `${words}  # ${reached}`
  const before = words.slice(0, found.index)
  return `${before}${reached ?? `${symbol}+0x${found[1]}`}`
}
