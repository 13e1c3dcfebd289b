/**
 * One object file as readelf and objdump print it. Nothing here comes from src/elf: the oracle must not share our reader's
 * mistakes. Only section contents are read from the file itself, at the offsets that readelf prints.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Section {
  readonly index: number
  readonly name: string
  readonly type: string
  readonly flags: string
  readonly entrySize: number
  /** Of the section header's `sh_info`: for relocations, the section they apply to. */
  readonly info: number
  /** In the file. */
  readonly start: number
  readonly bytes: Buffer
}

export interface NamedPlace {
  readonly name: string
  readonly type: string
  readonly local: boolean
  /** Of its section; -1 where it has none. */
  readonly section: number
  readonly value: number
  readonly size: number
}

export interface Relocation {
  readonly offset: number
  readonly type: string
  /** Position in the symbol table. */
  readonly symbol: number
  readonly addend: number
}

export interface Instruction {
  readonly offset: number
  readonly end: number
  readonly text: string
}

export type ObjectMachine = 'x86-64' | 'AArch64'

export interface ObjectFile {
  readonly machine: ObjectMachine
  readonly sections: readonly Section[]
  /** In the symbol table's order, its empty first entry included. */
  readonly symbols: readonly NamedPlace[]
  /** By the index of the section they apply to, in order of offset. */
  readonly relocations: ReadonlyMap<number, readonly Relocation[]>
  /** By the index of the section. */
  readonly code: ReadonlyMap<number, readonly Instruction[]>
}

const EM_AARCH64 = 183
const OBJDUMP: Readonly<Record<ObjectMachine, string>> = { 'x86-64': 'objdump', AArch64: 'aarch64-linux-gnu-objdump' }
const run = (tool: string, ...args: string[]) =>
  execFileSync(tool, args, { encoding: 'latin1', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })

export function readObject(file: string): ObjectFile {
  const bytes = readFileSync(file)
  const machine = bytes.readUInt16LE(18) === EM_AARCH64 ? 'AArch64' : 'x86-64'
  const sections = readSections(run('readelf', '-SW', file), bytes)
  const names = new Map(sections.map(section => [section.name, section.index]))
  const executable = sections.filter(section => section.flags.includes('X'))
  if (executable.some(section => names.get(section.name) !== section.index)) {
    throw new Error(`${file} has two sections of code with one name; objdump's text does not tell them apart`)
  }
  return {
    machine,
    sections,
    symbols: readSymbols(run('readelf', '-sW', file)),
    relocations: readRelocations(run('readelf', '-rW', file), sections),
    code: readCode(run(OBJDUMP[machine], '-d', '-w', '-z', '--no-show-raw-insn', file), names),
  }
}

function readSections(text: string, file: Buffer): Section[] {
  const row =
    /^ *\[ *(\d+)\] (\S*) +([A-Z_]+) +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) +([A-Za-z]*) +\d+ +(\d+) +\d+$/
  return text.split('\n').flatMap(line => {
    const [, index, name, type, offset, size, entrySize, flags, info] = row.exec(line) ?? []
    if (index === undefined || type === 'NULL') return []
    const start = Number.parseInt(offset ?? '', 16)
    const length = type === 'NOBITS' ? 0 : Number.parseInt(size ?? '', 16)
    return {
      index: Number(index),
      name: name ?? '',
      type: type ?? '',
      flags: flags ?? '',
      entrySize: Number.parseInt(entrySize ?? '', 16),
      info: Number(info),
      start,
      bytes: file.subarray(start, start + length),
    }
  })
}

function readSymbols(text: string): NamedPlace[] {
  const row = /^ *\d+: ([0-9a-f]+) +(\d+|0x[0-9a-f]+) (\S+) +(\S+) +\S+ +(\S+) ?(.*)$/
  return text.split('\n').flatMap(line => {
    const [, value, size, type, binding, section, name] = row.exec(line) ?? []
    if (value === undefined) return []
    return {
      name: name ?? '',
      type: type ?? '',
      local: binding === 'LOCAL',
      section: /^\d+$/.test(section ?? '') ? Number(section) : -1,
      value: Number.parseInt(value, 16),
      size: Number(size),
    }
  })
}

function readRelocations(text: string, sections: readonly Section[]): Map<number, Relocation[]> {
  const found = new Map<number, Relocation[]>()
  let current: Relocation[] = []
  for (const line of text.split('\n')) {
    const heading = /^Relocation section '.*' at offset 0x([0-9a-f]+) contains/.exec(line)
    if (heading) {
      const start = Number.parseInt(heading[1] ?? '', 16)
      const table = sections.find(section => section.type === 'RELA' && section.start === start)
      current = []
      found.set(table?.info ?? -1, current)
    }
    const row = /^([0-9a-f]{16}) +([0-9a-f]{8})[0-9a-f]{8} (\S+) .*?(?:([+-]) )?([0-9a-f]+)$/.exec(line)
    const [, offset = '', symbol = '', type = '', sign, addend = ''] = row ?? []
    if (!row) continue
    const size = Number.parseInt(addend, 16)
    current.push({
      offset: Number.parseInt(offset, 16),
      type,
      symbol: Number.parseInt(symbol, 16),
      addend: sign === '-' ? -size : size,
    })
  }
  for (const list of found.values()) list.sort((a, b) => a.offset - b.offset)
  return found
}

function readCode(text: string, sections: ReadonlyMap<string, number>): Map<number, Instruction[]> {
  const found = new Map<number, Instruction[]>()
  let current: { offset: number; end: number; text: string }[] = []
  for (const line of text.split('\n')) {
    const heading = /^Disassembly of section (.*):$/.exec(line)
    if (heading) {
      current = []
      found.set(sections.get(heading[1] ?? '') ?? -1, current)
    }
    const [, offset, instruction] = /^ *([0-9a-f]+):\t(.*)$/.exec(line) ?? []
    if (offset === undefined) continue
    const start = Number.parseInt(offset, 16)
    const before = current.at(-1)
    if (before) before.end = start
    current.push({ offset: start, end: Number.POSITIVE_INFINITY, text: (instruction ?? '').trimEnd() })
  }
  return found
}
