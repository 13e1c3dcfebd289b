/**
 * The text of each function of an object as a disassembler prints it, such that two texts are equal where the functions do
 * the same: without addresses, and with what strings say in the place of where they are. Knows nothing of how the product
 * compares.
 */
import { bytesBySection, run } from '../oracle/binutils.ts'

const X86_64 = 62
const PPC64 = 21
const AARCH64 = 183
const DISASSEMBLERS = new Map([
  [X86_64, 'objdump'],
  [AARCH64, 'llvm-objdump-14'],
  [PPC64, 'llvm-objdump-14'],
])

/** Undefined where nothing here disassembles the machine. */
export const disassemblerFor = (machine: number): string | undefined => DISASSEMBLERS.get(machine)

/** What says that a function is a part of another, and what a compiler numbers anew in each object. */
const PART = /\.(?:cold|unlikely)(?:\.\d+)?$/
const NUMBERED = /\.\d+$|(?<=\.(?:constprop|isra|part))\.\d+|(?<=__(?:UNIQUE_ID|addressable)_\w*?)\d+/g

/** A function's name without numbers, and without what says that it is a part. */
export const plainName = (name: string): string => name.replace(PART, '').replace(NUMBERED, '')

/** What is left of a text without the constants that are loaded: line numbers are among them. */
export const withoutNumbers = (text: string): string =>
  text.replace(/\$0x[0-9a-f]+(?=,%)|#-?\d+\b|(?<=^(?:li|lis|ori|addi) .*, )-?\d+$/gm, 'N')

/** Each function's text; its parts, and others of one plain name, stand in the order of their texts. */
export function functionTexts(file: string, disassembler: string): ReadonlyMap<string, string> {
  const reached = { strings: stringSections(file), toc: tocOf(file) }
  const found = new Map<string, string[]>()
  const { stdout } = run(disassembler, ['-dr', '--no-show-raw-insn', file])
  for (const [, name = '', body = ''] of stdout.matchAll(/^[0-9a-f]+ <(.+)>:\n((?:.+\n)*)/gm)) {
    if (/^[.$]/.test(name)) continue
    const lines = body.split('\n').filter(line => line !== '')
    found.set(plainName(name), [...(found.get(plainName(name)) ?? []), textOf(lines, reached)])
  }
  return new Map([...found].map(([name, texts]) => [name, texts.sort().join('\n--\n')]))
}

interface Reached {
  /** Of sections that hold strings. */
  readonly strings: ReadonlyMap<string, string>
  /** Offset in PowerPC's table of addresses → what stands there. */
  readonly toc: ReadonlyMap<number, string>
}

/** `4a <f.cold.12+0x6a>` */
const PLACE = /\b(?:0x)?[0-9a-f]+ <(.+?)(\+0x[0-9a-f]+)?>/g
const PADDING = /^(?:(?:cs |data16 )*nop[wl]?\b.*|int3|xchg +%ax,%ax)$/

function textOf(lines: readonly string[], reached: Reached): string {
  const out: string[] = []
  for (const line of lines) {
    const [, type, symbol = ''] = /^\s+[0-9a-f]+:\s+(R_\w+|Unknown)\s+(.*)$/.exec(line) ?? []
    // What an instruction seems to reach before it is relocated says nothing.
    if (type !== undefined)
      out.push(`${out.pop()?.replace(/\s*#? *(0x)?[0-9a-f]+ <.*>$/, '')} ${target(type, symbol, reached)}`)
    else
      out.push(
        line
          .replace(/^\s*[0-9a-f]+:\s*/, '')
          .replaceAll('\t', ' ')
          .trimEnd(),
      )
  }
  while (PADDING.test(out.at(-1) ?? '')) out.pop()
  return out
    .map(line => line.replace(PLACE, (_, name: string, offset = '') => `<${plainName(name)}${offset}>`))
    .join('\n')
}

function target(type: string, written: string, { strings, toc }: Reached): string {
  const symbol = /^\.toc(?:\+|$)/.test(written) ? (toc.get(Number(written.slice('.toc+'.length))) ?? written) : written
  const [, name = '', sign, hex = '0'] = /^(.*?)(?:([+-])0x([0-9a-f]+))?$/.exec(symbol) ?? []
  const addend = Number.parseInt(hex, 16) * (sign === '-' ? -1 : 1)
  const text = strings.get(name)
  if (text === undefined) return `${type} ${plainName(name)} ${addend}`
  // On x86, a relative field counts from its own end.
  const at = addend + (/PC32$/.test(type) ? 4 : 0)
  return `${type} ${at < 0 ? symbol : JSON.stringify(text.slice(at, text.indexOf('\0', at)))}`
}

function tocOf(file: string): ReadonlyMap<number, string> {
  const { stdout } = run('readelf', ['-rW', file])
  const [, table = ''] = /^Relocation section '\.rela\.toc'.*\n.*\n((?:[0-9a-f]{16} .*\n)*)/m.exec(stdout) ?? []
  const rows = table.matchAll(/^([0-9a-f]{16}) .* (\S+) \+ ([0-9a-f]+)$/gm)
  return new Map([...rows].map(([, at = '', name, addend]) => [Number.parseInt(at, 16), `${name}+0x${addend}`]))
}

/** Each section of strings, and what stands from each label in one, a character for each byte. */
function stringSections(file: string): ReadonlyMap<string, string> {
  const { stdout } = run('objdump', ['-st', file])
  const sections = new Map(
    [...bytesBySection(stdout)]
      .filter(([name]) => /^\.rodata.*\.str\d*(?:\.\d+)?$/.test(name))
      .map(([name, hex]) => [name, Buffer.from(hex, 'hex').toString('latin1')]),
  )
  const labels = stdout.matchAll(/^([0-9a-f]{16}) .* (\.\S+)\t[0-9a-f]{16} (\.L\S+)$/gm)
  const fromLabels = [...labels].flatMap(([, at = '', section = '', label = '']) => {
    const text = sections.get(section)
    return text === undefined ? [] : [[label, text.slice(Number.parseInt(at, 16))] as const]
  })
  return new Map([...sections, ...fromLabels])
}
