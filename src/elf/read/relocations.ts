/**
 * Relocation tables (gABI, "Relocation"), those with addends; also the compact ones of LLVM.
 *
 * Debug information has twenty times as many relocations as everything that is loaded, and hardly anybody asks for
 * them. So all tables are checked at once, but those of sections that are not loaded become objects on first use.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { contentSize } from '../compressed.ts'
import { symbolId } from '../ids.ts'
import type { ElfRelocation, ElfSection } from '../model.ts'
import {
  RELA_SIZE,
  SHF_ALLOC,
  SHT_ANDROID_REL,
  SHT_ANDROID_RELA,
  SHT_ANDROID_RELR,
  SHT_CREL,
  SHT_REL,
  SHT_RELA,
  SHT_RELR,
} from '../spec/constants.ts'
import { hasFlag } from '../spec/flags.ts'
import type { Bases } from './bases.ts'
import { readCompact } from './crel.ts'
import { errorAt, type FileBytes, signed, type Table, TWO_32, wordAt } from './cursor.ts'

type Relocations<S extends Side> = readonly ElfRelocation<S>[]

interface Context<S extends Side> {
  readonly sections: readonly ElfSection<S>[]
  /** 0 where there is none. */
  readonly symbolTable: number
  readonly symbolCount: number
  readonly linked: boolean
  readonly bases: Bases
}

/**
 * Kinds of relocation tables that only other tools' readers know. Left out, their object would seem to refer to nothing,
 * and whatever it calls could change unseen. A linked file has them for its own loader, which is not ours.
 */
const UNREAD: ReadonlyMap<number, string> = new Map([
  [SHT_RELR, 'SHT_RELR'],
  [SHT_ANDROID_REL, 'SHT_ANDROID_REL'],
  [SHT_ANDROID_RELA, 'SHT_ANDROID_RELA'],
  [SHT_ANDROID_RELR, 'SHT_ANDROID_RELR'],
])

const RELA_WORDS = RELA_SIZE / 4

export function readRelocations<S extends Side>(file: FileBytes, context: Context<S>): readonly Relocations<S>[] {
  const none: ElfRelocation<S>[] = []
  const all = context.sections.map(() => none)
  const notLoaded = new Map<ElfSection<S>, Reader<S>[]>()
  let total = 0
  for (const section of context.sections) {
    if (!context.linked && UNREAD.has(section.type)) throw unread(section)
    // A linked file has its compact ones for its own loader, too.
    const isCompact = section.type === SHT_CREL && !context.linked
    if (section.type !== SHT_RELA && section.type !== SHT_REL && !isCompact) continue
    total += section.size
    if (total > file.length) throw overlapping(section, total, file.length)
    const target = targetOf(section, context)
    if (target === undefined || section.size === 0) continue
    const read = isCompact ? compactReader(section, target, context) : tableReader(file, section, target, context)
    if (!hasFlag(target.flags, SHF_ALLOC)) append(notLoaded, target, read)
    else if (all[target.id] === none) all[target.id] = read()
    else for (const relocation of read()) all[target.id]?.push(relocation)
  }
  for (const [target, readers] of notLoaded) {
    readOnFirstUse(all, target.id, () => readers.flatMap(read => read()))
  }
  return all
}

/** Reads a table that was checked. */
type Reader<S extends Side> = () => ElfRelocation<S>[]

function tableReader<S extends Side>(
  file: FileBytes,
  section: ElfSection<S>,
  target: ElfSection<S>,
  context: Context<S>,
): Reader<S> {
  const table = file.table(section.fileOffset, section.size, section.name)
  checkTable(table, target, context)
  return () => readTable(table, target, context)
}

/** To check its rows is to read them. */
function compactReader<S extends Side>(
  section: ElfSection<S>,
  target: ElfSection<S>,
  { symbolCount }: Context<S>,
): Reader<S> {
  const rows = readCompact(section, { size: contentSize(target), symbolCount })
  return () => rows
}

function unread<S extends Side>({ id, name, type }: ElfSection<S>): InputError {
  return new InputError(
    'elf/unread-relocations',
    `section ${id} ${name} holds relocations in the form ${UNREAD.get(type)}, which is not read`,
    'link and compile without it (no -Wl,-z,pack-relative-relocs for ld -r), so that the object has SHT_RELA',
  )
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** The section that `section` relocates; undefined for a linked file's dynamic relocations, which are not ours. */
function targetOf<S extends Side>(section: ElfSection<S>, context: Context<S>): ElfSection<S> | undefined {
  const { sections, symbolTable, linked } = context
  const { id, name, type, size, link, info } = section
  if (type === SHT_REL) {
    throw new InputError(
      'elf/rel-without-addend',
      `section ${id} ${name} is SHT_REL; on this machine relocations carry addends (SHT_RELA)`,
    )
  }
  if (linked && (link !== symbolTable || link === 0 || info === 0)) return undefined
  if (link !== symbolTable || link === 0) {
    const found = symbolTable === 0 ? 'there is none' : `that is section ${symbolTable}`
    const fact = `sh_link of section ${id} ${name} is ${link}, not the symbol table: ${found}`
    throw new InputError('elf/bad-section-index', fact)
  }
  const target = sections[info]
  if (target === undefined || info === 0) {
    const fact = `sh_info of section ${id} ${name} is ${info}, but there are ${sections.length} sections`
    throw new InputError('elf/bad-section-index', fact)
  }
  if (type === SHT_RELA && size % RELA_SIZE !== 0) {
    const fact = `section ${id} ${name} has ${size} bytes, not a multiple of ${RELA_SIZE}`
    throw new InputError('elf/bad-table-size', fact)
  }
  return target
}

function overlapping<S extends Side>({ id, name }: ElfSection<S>, total: number, fileSize: number): InputError {
  return new InputError(
    'elf/overlapping-tables',
    `the relocation tables up to section ${id} ${name} have ${total} bytes together, but the file has ${fileSize}`,
  )
}

/** Checks every row, so that reading them cannot fail, whenever it happens. */
function checkTable<S extends Side>(table: Table, target: ElfSection<S>, context: Context<S>): void {
  const { symbolCount, linked } = context
  const { words, first, end } = table
  const limit = linked ? -1 : contentSize(target)
  for (let at = first; at < end; at += RELA_WORDS) {
    // All rows of a sound object pass here, without a call.
    if ((words[at + 3] ?? 0) < symbolCount && (words[at] ?? 0) <= limit && words[at + 1] === 0) continue
    checkRow(at, table, target, context)
  }
}

function checkRow<S extends Side>(at: number, table: Table, target: ElfSection<S>, context: Context<S>): void {
  const { symbolCount, linked, bases } = context
  const symbol = wordAt(table, at + 3)
  if (symbol >= symbolCount) {
    throw errorAt(table, at, 'elf/bad-symbol-index', `symbol ${symbol}, but .symtab has ${symbolCount} entries`)
  }
  const offset = bases.offset(table, at, target.id)
  const size = contentSize(target)
  if (linked || offset <= size) return
  const fact = `a relocation at offset ${offset} of section ${target.id} ${target.name}, which has ${size} bytes`
  throw errorAt(table, at, 'elf/bad-relocation-offset', fact)
}

function readTable<S extends Side>(
  table: Table,
  target: ElfSection<S>,
  { linked, bases }: Context<S>,
): ElfRelocation<S>[] {
  const { words, first, end } = table
  const relocations = new Array<ElfRelocation<S>>((end - first) / RELA_WORDS)
  let index = 0
  for (let at = first; at < end; at += RELA_WORDS) {
    relocations[index++] = {
      offset: linked ? bases.offset(table, at, target.id) : (words[at] ?? 0) + (words[at + 1] ?? 0) * TWO_32,
      type: words[at + 2] ?? 0,
      symbol: symbolId(words[at + 3] ?? 0),
      addend: signed(words[at + 4] ?? 0, words[at + 5] ?? 0),
    }
  }
  return relocations
}

/** Makes `list[index]` compute itself once; to the reader it is a value like the others. */
function readOnFirstUse<T>(list: T[], index: number, read: () => T): void {
  const property = { configurable: true, enumerable: true }
  Object.defineProperty(list, index, {
    ...property,
    get() {
      const value = read()
      Object.defineProperty(list, index, { ...property, writable: true, value })
      return value
    },
  })
}
