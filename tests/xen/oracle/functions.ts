/**
 * Each function of an object as text: its instructions and what they refer to, and whatever the special sections say about
 * it. Two objects' texts can then be compared as strings, whatever offsets, symbol numbers or literal labels they use.
 *
 * References are spelled by what they reach: a string by its characters, read-only data by its content, everything else by
 * name. A static local loses its number (`count.12` is `count`); where several share a name, their order counts.
 */
import type { Instruction, NamedPlace, ObjectFile, ObjectMachine, Relocation, Section } from './binutils.ts'

export interface ObjectText {
  /** By the name before the first dot: `f`, `f.cold` and `f.part.0` are one function. */
  readonly functions: ReadonlyMap<string, string>
  /** Variables and constants, by name without the number of static locals. */
  readonly data: ReadonlyMap<string, string>
}

export function textOf(object: ObjectFile): ObjectText {
  const writer = new Writer(object)
  return { functions: writer.functions(), data: writer.data() }
}

const hex = (value: number) => `0x${value.toString(16)}`
const isReadOnly = ({ name, flags }: Section) => !/[WX]/.test(flags) || name.startsWith('.data.rel.ro')
/** Their contents belong to the functions that their tables name. */
const ATTACHED = /^\.(fixup|altinstr_replacement|altinstructions|ex_table|bug_frames\.\d|discard.*)$/

const PADDING = /^(nop|xchg +%ax,%ax|data16|cs nop|int3)/

/** What differs by machine: what objdump begins its remarks with, and tables of Xen's (bytes of an entry). */
const MACHINES: Readonly<Record<ObjectMachine, { readonly remark: RegExp; readonly alternative: number }>> = {
  'x86-64': { remark: / *#.*$/, alternative: 14 },
  AArch64: { remark: /\s*\/\/.*$/, alternative: 12 },
}
/** Marks of code and data among code, which are names of nothing. */
const MAPPING = /^\$[xd](\.|$)/

class Writer {
  private readonly object: ObjectFile
  private readonly sections: ReadonlyMap<number, Section>
  private readonly placed: ReadonlyMap<number, readonly NamedPlace[]>
  private readonly localNames = new Map<NamedPlace, string>()
  /** Data whose content is being written, so that a table that refers to itself ends. */
  private readonly open = new Set<NamedPlace>()

  constructor(object: ObjectFile) {
    this.object = object
    this.sections = new Map(object.sections.map(section => [section.index, section]))
    this.placed = groupBy(
      object.symbols.filter(symbol => symbol.size > 0 && /FUNC|OBJECT/.test(symbol.type)),
      symbol => symbol.section,
    )
    this.nameStaticLocals()
  }

  functions(): Map<string, string> {
    const texts = new Map<string, string>()
    const add = (symbol: NamedPlace, lines: readonly string[]) => {
      const family = symbol.name.replace(/\..*/, '')
      texts.set(family, `${texts.get(family) ?? ''}${symbol.name}:\n${lines.map(line => `  ${line}\n`).join('')}`)
    }
    const entries = this.specialEntries()
    const all = this.object.symbols.filter(symbol => symbol.type === 'FUNC' && symbol.size > 0)
    for (const symbol of all.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      add(symbol, [...this.code(symbol), ...(entries.get(symbol) ?? [])])
    }
    for (const [name, text] of this.codeWithoutFunction()) texts.set(name, text)
    return texts
  }

  data(): Map<string, string> {
    return new Map(
      this.object.symbols
        .filter(symbol => symbol.type === 'OBJECT' && symbol.section !== -1)
        .map(symbol => [this.nameOf(symbol), this.contentOf(symbol)]),
    )
  }

  private nameStaticLocals(): void {
    const numbered = this.object.symbols.filter(symbol => symbol.type === 'OBJECT' && /\.\d+$/.test(symbol.name))
    const number = (symbol: NamedPlace) => Number(/\d+$/.exec(symbol.name)?.[0])
    for (const [name, group] of groupBy(numbered, symbol => symbol.name.replace(/\.\d+$/, ''))) {
      const ordered = group.toSorted((a, b) => number(a) - number(b))
      for (const [rank, symbol] of ordered.entries()) {
        this.localNames.set(symbol, group.length === 1 ? name : `${name} (${rank + 1} of ${group.length})`)
      }
    }
  }

  private nameOf(symbol: NamedPlace): string {
    return this.localNames.get(symbol) ?? symbol.name
  }

  private section(index: number): Section {
    const section = this.sections.get(index)
    if (!section) throw new Error(`there is no section ${index}`)
    return section
  }

  /** The function or object that holds `offset` of a section. */
  private holder(section: number, offset: number): NamedPlace | undefined {
    return this.placed
      .get(section)
      ?.find(
        symbol =>
          symbol.value <= offset &&
          offset < symbol.value + (symbol.type === 'FUNC' ? this.extent(symbol) : symbol.size),
      )
  }

  /** Assembly may put code of a function behind its end (`.subsection 1`), where its size does not count it. */
  private extent({ section, value, size }: NamedPlace): number {
    const starts = this.object.symbols.filter(
      ({ section: own, value: start, type, local }) =>
        own === section && start >= value + size && (type === 'FUNC' || !local),
    )
    return Math.min(this.section(section).bytes.length, ...starts.map(({ value: start }) => start)) - value
  }

  private code(symbol: NamedPlace): string[] {
    const end = symbol.value + symbol.size
    const inside = this.instructions(symbol.section, symbol.value, end)
    const behind = this.instructions(symbol.section, end, symbol.value + this.extent(symbol))
    return [...inside, ...behind.filter(({ text }) => !PADDING.test(text))].map(
      instruction => `+${hex(instruction.offset - symbol.value)} ${this.instruction(symbol.section, instruction)}`,
    )
  }

  private instructions(section: number, from: number, to: number): Instruction[] {
    const whole = this.section(section).bytes.length
    return (this.object.code.get(section) ?? [])
      .filter(({ offset }) => from <= offset && offset < to)
      .map(instruction => ({ ...instruction, end: Math.min(instruction.end, whole) }))
  }

  private instruction(section: number, { offset, end, text }: Instruction): string {
    const places = (this.object.relocations.get(section) ?? []).filter(r => offset <= r.offset && r.offset < end)
    const bare = text.replace(MACHINES[this.object.machine].remark, '')
    if (places.length === 0) return bare.replace(/\b[0-9a-f]+ <([^>]+)>/, '<$1>')
    // PC-relative operands count from the instruction's end, which is not always four bytes after the field.
    const references = places.map(place => this.reference(place, isRelative(place) ? end - place.offset : 0))
    return [bare.replace(/\b[0-9a-f]+ <[^>]+>/, ''), ...references].join('  ')
  }

  /** What a relocation reaches; `ahead` is how far beyond its field the address counts from. */
  private reference({ type, symbol: index, addend }: Relocation, ahead: number): string {
    const symbol = this.object.symbols[index]
    if (!symbol) throw new Error(`there is no symbol ${index}`)
    return `{${type} ${this.reached(symbol, addend + ahead)}}`
  }

  private reached(symbol: NamedPlace, offset: number): string {
    if (symbol.section === -1) return `${symbol.name}+${hex(offset)}`
    const section = this.section(symbol.section)
    const at = symbol.value + offset
    if (section.flags.includes('S')) return JSON.stringify(zeroEnded(section.bytes, at))
    if (section.flags.includes('M')) return `constant ${section.bytes.toString('hex', at, at + section.entrySize)}`
    const named = /FUNC|OBJECT/.test(symbol.type) ? symbol : this.holder(symbol.section, at)
    if (!named) return this.unnamed(section, at)
    const name = `${this.nameOf(named)}+${hex(at - named.value)}`
    return named.type === 'OBJECT' && named.local && isReadOnly(section) ? `${name} = ${this.contentOf(named)}` : name
  }

  /** A place that no function or object covers: a label, or read-only data without a symbol. */
  private unnamed(section: Section, at: number): string {
    const label = this.object.symbols.find(
      ({ section: own, value, type, name }) =>
        own === section.index && value === at && type === 'NOTYPE' && name !== '' && !MAPPING.test(name),
    )
    if (label && !label.name.startsWith('.L')) return `${label.name}+0x0`
    if (!isReadOnly(section)) return `${section.name}+${hex(at)}`
    return `unnamed ${this.content(section, at, section.bytes.length)}`
  }

  private contentOf(symbol: NamedPlace): string {
    if (this.open.has(symbol)) return 'itself'
    this.open.add(symbol)
    const section = this.section(symbol.section)
    const { value, size } = symbol
    const text = section.type === 'NOBITS' ? `${size} zeros` : this.content(section, value, value + size)
    this.open.delete(symbol)
    return text
  }

  private content(section: Section, from: number, to: number): string {
    const places = (this.object.relocations.get(section.index) ?? []).filter(r => from <= r.offset && r.offset < to)
    const references = places.map(place => ` ${hex(place.offset - from)} ${this.reference(place, 0)}`)
    return `[${section.bytes.toString('hex', from, to)}${references.join('')}]`
  }

  private specialEntries(): Map<NamedPlace, string[]> {
    const found = new Map<NamedPlace, string[]>()
    for (const section of this.object.sections) {
      const size = entrySize(section.name, this.object.machine)
      for (let at = 0; size !== undefined && at < section.bytes.length; at += size) {
        const entry = new Entry(this.object, section, at, size)
        const holdsLine = section.name.startsWith('.bug_frames') && this.object.machine === 'x86-64'
        const target = entry.address(0, holdsLine ? 0xffffff : -1)
        const owner = target && this.holder(target.section, target.offset)
        if (!target || !owner) continue
        const text = `+${hex(target.offset - owner.value)} ${section.name} ${this.entry(entry)}`
        found.set(owner, [...(found.get(owner) ?? []), text])
      }
    }
    return found
  }

  private entry(entry: Entry): string {
    const { section, at, bytes } = entry
    if (section.name === '.altinstructions') {
      const replacement = entry.address(4, -1)
      const length = bytes[11] ?? 0
      return `${bytes.toString('hex', 8)} ${replacement ? this.lines(replacement, replacement.offset + length) : ''}`
    }
    if (section.name.startsWith('.ex_table')) {
      const next = entry.address(4, -1)
      if (!next) throw new Error(`${section.name}+${hex(at)} continues nowhere`)
      return this.section(next.section).name === '.fixup' ? this.lines(next, this.fixupEnd(next)) : this.place(next)
    }
    return this.object.machine === 'AArch64' ? this.wideBugFrame(entry) : this.bugFrame(entry)
  }

  /** Line and places apart; only the frames of assertions have a message, and those that run a function have nothing more. */
  private wideBugFrame(entry: Entry): string {
    const isAssertion = entry.section.name.endsWith('3')
    // Distances count from the frame's start.
    const reached = (isAssertion ? [4, 8] : [4]).map(at => {
      const place = entry.relocation(at)
      return place ? this.reference(place, -at) : ''
    })
    return `line ${entry.bytes.readUInt16LE(12)} ${reached.join(' ')}`
  }

  private place({ section, offset }: Place): string {
    const holder = this.holder(section, offset)
    return holder ? `${holder.name}+${hex(offset - holder.value)}` : `${this.section(section).name}+${hex(offset)}`
  }

  private lines({ section, offset }: Place, to: number): string {
    const text = this.instructions(section, offset, to).map(instruction => this.instruction(section, instruction))
    // A jump to itself (`call .` is how an alternative call is marked) has no symbol to go by.
    const own = this.section(section).name
    return `(${text.join('; ')})`.replaceAll(/<([^+>]+)(?:\+0x([0-9a-f]+))?>/g, (whole, name, distance = '0') =>
      name === own ? `<here+${Number.parseInt(distance, 16) - offset}>` : whole,
    )
  }

  /** Fixup code ends with a jump back. */
  private fixupEnd({ section, offset }: Place): number {
    const rest = this.instructions(section, offset, Number.POSITIVE_INFINITY)
    const last = rest.find(({ text }) => /^jmp\b/.test(text))
    if (!last) throw new Error(`the fixup at ${hex(offset)} never jumps back`)
    return last.end
  }

  private bugFrame(entry: Entry): string {
    const [where, what] = [entry.relocation(0), entry.relocation(4)]
    // Only the frames of assertions have a second half; behind others the next frame begins.
    const message = entry.bytes.length > 8 ? entry.relocation(12) : undefined
    if (!where || !what) throw new Error(`${entry.section.name}+${hex(entry.at)} has no two relocations`)
    const line = ((where.addend >> 24) & 0x7f) * 128 + ((what.addend >> 24) & 0x7f)
    const pointer = this.reference({ ...what, addend: what.addend & 0xffffff }, -4)
    return `line ${line} ${pointer} ${message ? this.reference(message, -12) : ''}`
  }

  /** Hand-written assembly may give no type or size: what no function covers belongs to the label above it. */
  private codeWithoutFunction(): [string, string][] {
    return this.object.sections.flatMap((section): [string, string][] => {
      if (!section.flags.includes('X') || ATTACHED.test(section.name)) return []
      const rest = (this.object.code.get(section.index) ?? []).filter(
        ({ offset, text }) => !PADDING.test(text) && !this.holder(section.index, offset),
      )
      const owners = groupBy(rest, ({ offset }) => this.labelAbove(section, offset))
      return [...owners].map(([name, lines]) => [
        name,
        lines.map(line => `${hex(line.offset)} ${this.instruction(section.index, line)}`).join('\n'),
      ])
    })
  }

  private labelAbove(section: Section, offset: number): string {
    const labels = this.object.symbols.filter(
      ({ section: own, value, type, name }) =>
        own === section.index &&
        value <= offset &&
        type === 'NOTYPE' &&
        name !== '' &&
        !name.startsWith('.L') &&
        !MAPPING.test(name),
    )
    return labels.toSorted((a, b) => a.value - b.value).at(-1)?.name ?? `(${section.name})`
  }
}

interface Place {
  readonly section: number
  readonly offset: number
}

class Entry {
  readonly section: Section
  readonly at: number
  readonly bytes: Buffer
  private readonly object: ObjectFile

  constructor(object: ObjectFile, section: Section, at: number, size: number) {
    this.object = object
    this.section = section
    this.at = at
    this.bytes = section.bytes.subarray(at, at + size)
  }

  relocation(field: number): Relocation | undefined {
    return this.object.relocations.get(this.section.index)?.find(({ offset }) => offset === this.at + field)
  }

  /** What the field's distance leads to, inside this object. Bits above `mask` of the addend mean something else. */
  address(field: number, mask: number): Place | undefined {
    const relocation = this.relocation(field)
    const symbol = relocation && this.object.symbols[relocation.symbol]
    if (!relocation || !symbol || symbol.section === -1) return undefined
    return { section: symbol.section, offset: symbol.value + (relocation.addend & mask) }
  }
}

function entrySize(section: string, machine: ObjectMachine): number | undefined {
  if (section === '.altinstructions') return MACHINES[machine].alternative
  if (machine === 'AArch64' && section.startsWith('.bug_frames')) return 16
  if (section.startsWith('.ex_table') || /^\.bug_frames\.[012]$/.test(section)) return 8
  return section === '.bug_frames.3' ? 16 : undefined
}

function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value])
  return groups
}

const isRelative = ({ type }: Relocation) => /PC32|PLT32|GOTPC/.test(type)

function zeroEnded(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at)
  return bytes.toString('latin1', at, end === -1 ? bytes.length : end)
}
