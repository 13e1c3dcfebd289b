/**
 * Whether a linked file was made of an object: what the object defines is in the file's table of symbols, in its size, and
 * behind its file's name. Code is compared where the object is given whole.
 *
 * Worse mistake: to take a file for made of an object that it was not made of. What differs speaks against it, what is
 * missing (the linker may have left it out) for nothing; names of which there may be many are not asked.
 */
import { type ElfObject, type ElfOutline, type FoundSymbol, searchSymbols } from '../elf/index.ts'
import { ET_REL } from '../elf/spec/constants.ts'
import { digestOf, linkedBytes } from '../loaders/original-code.ts'
import { processName } from '../loaders/process/process.ts'
import { machineOf } from '../machines/machines.ts'
import type { LinkedProgram } from './linked-program.ts'

/** What an object leaves in whatever is linked of it. */
export interface Traces {
  /** As its FILE symbol says; undefined where it has none. */
  readonly file: string | undefined
  readonly traces: readonly Trace[]
}

interface Trace {
  /** In the spelling of payloads. */
  readonly name: string
  readonly plain: string
  readonly size: number
}

/** `linked`: something of it is there, and nothing is there as something else. `other`: something is. */
export type MadeOf = { readonly is: 'linked' | 'absent' } | { readonly is: 'other'; readonly name: string }

/** Undefined for what is no object, or has no table of symbols. */
export function tracesOf(outline: ElfOutline<'original'>): Traces | undefined {
  const symbols = outline.header.type === ET_REL ? searchSymbols(outline) : undefined
  if (symbols === undefined) return undefined
  const [file] = symbols.files()
  const traces = [...symbols.sized()].flatMap(found => (isOwn(found) ? traceOf(found) : []))
  return { file, traces }
}

/** Weak ones are another object's as well; what the compiler numbers or splits off is found by its owner. */
function isOwn({ symbol: { binding, name } }: FoundSymbol<'original'>): boolean {
  return (binding === 'local' || binding === 'global') && name !== '' && !name.includes('.')
}

function traceOf({ symbol, file }: FoundSymbol<'original'>): Trace {
  const { name, size, binding } = symbol
  return { name: processName(file, name, binding === 'local'), plain: name, size }
}

/** The names of a linked file, read once. */
export class LinkedUnits {
  readonly #sizes = new Map<string, Set<number>>()
  readonly #files = new Map<string, number>()

  constructor(outline: ElfOutline<'original'>) {
    const symbols = searchSymbols(outline)
    for (const { symbol, file } of symbols?.sized() ?? []) {
      const { name, size, binding, visibility } = symbol
      // Linkers make hidden names local, behind whatever file's names they then stand.
      const isLocal = binding === 'local' && visibility === 'default'
      const spelled = processName(isLocal ? file : '', name.replace(/@.*$/, ''), isLocal)
      const sizes = this.#sizes.get(spelled)
      if (sizes === undefined) this.#sizes.set(spelled, new Set([size]))
      else sizes.add(size)
    }
    for (const file of symbols?.files() ?? []) this.#files.set(file, (this.#files.get(file) ?? 0) + 1)
  }

  get haveNames(): boolean {
    return this.#sizes.size > 0
  }

  /** How many objects of that file's name it was made of, as far as its linker says. */
  countOf(file: string): number {
    return this.#files.get(file) ?? 0
  }

  madeOf({ file, traces }: Traces): MadeOf {
    if (file !== undefined && this.countOf(file) === 0) return { is: 'absent' }
    const there = traces.flatMap(trace => {
      const sizes = this.#sizes.get(trace.name)
      return sizes === undefined ? [] : [{ ...trace, isSame: sizes.has(trace.size) }]
    })
    const other = there.find(({ isSame }) => !isSame)
    if (other !== undefined) return { is: 'other', name: other.plain }
    return { is: there.length > 0 ? 'linked' : 'absent' }
  }
}

/** The first function of the object whose code the program has otherwise, or has not; undefined where there is none. */
export function differsIn(
  object: ElfObject<'original'>,
  program: LinkedProgram,
): { readonly name: string; readonly how: 'other' | 'unread' | 'absent' } | undefined {
  const machine = machineOf(object.header.machine)
  const file = object.symbols.find(({ kind }) => kind === 'file')?.name ?? ''
  for (const symbol of object.symbols) {
    const { name, kind, place, size, binding } = symbol
    if (kind !== 'function' || place.in !== 'section' || size === 0 || !isOwn({ symbol, file })) continue
    const found = program.find(processName(file, name, binding === 'local'))
    if (found.length === 0) return { name, how: 'absent' }
    const { section, offset } = place
    const inside = (object.relocations[section] ?? []).filter(
      each => each.offset >= offset && each.offset < offset + size,
    )
    const fields = inside.map(each => ({ ...each, offset: each.offset - offset }))
    const linked = linkedBytes(machine, fields, size)
    const bytes = object.sections[section]?.bytes.subarray(offset, offset + size)
    if (linked === undefined || bytes?.length !== size) return { name, how: 'unread' }
    const digest = digestOf(bytes, linked)
    const codes = found.map(({ address }) => program.codeAt(address, size))
    if (codes.includes(undefined)) return { name, how: 'unread' }
    if (!codes.some(code => code !== undefined && digestOf(code, linked) === digest)) return { name, how: 'other' }
  }
  return undefined
}
