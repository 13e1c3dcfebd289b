/**
 * A program's file as a build is given it: what load will find in the process, as far as the file tells. Its own names
 * and code are known; what libraries have is not, because which of them the process has, only it says.
 *
 * Worse mistake: to say that something is not there that is. A name that may be another spelling of it, or may have been
 * taken out of the table, answers "not known".
 */
import {
  buildIdOf,
  type ElfOutline,
  type FileParts,
  type KeptRelocation,
  readKeptRelocations,
  readOutline,
  searchSymbols,
} from '../elf/index.ts'
import { ET_DYN } from '../elf/spec/constants.ts'
import { processName } from '../loaders/process/process.ts'
import type { Machine } from '../machines/machine.ts'
import { machineOf } from '../machines/machines.ts'
import { codeIn, isCode, isFixed, isLoaded } from './program-code.ts'
import { ProgramNames, type ProgramSymbol } from './program-names.ts'
import type { ProgramCode } from './replaced-code.ts'

/** A name that an object gives to one of its pieces. */
export interface ObjectName {
  readonly name: string
  readonly local: boolean
}

export class LinkedProgram implements ProgramCode {
  readonly #file: FileParts
  readonly #elf: ElfOutline<'original'>
  readonly #names: ProgramNames
  #files: readonly string[] | undefined

  constructor(file: FileParts) {
    this.#file = file
    this.#elf = readOutline(file)
    this.#names = new ProgramNames(this.#elf, 0)
  }

  get buildId(): Uint8Array | undefined {
    return buildIdOf(this.#elf)
  }

  get machine(): Machine {
    return machineOf(this.#elf.header.machine)
  }

  get isFixed(): boolean {
    return isFixed(this.#elf)
  }

  /** Whether it has a table of symbols; without one, nothing is known of its names. */
  get hasSymbols(): boolean {
    return this.#names.exist
  }

  /** Whether a dynamic linker may find in a library what the program has not. */
  get isDynamic(): boolean {
    return this.#elf.sections.some(({ name }) => name === '.interp')
  }

  /** Whether it is surely a shared library: nothing starts at it, and it asks for no dynamic linker. */
  get isLibrary(): boolean {
    const { type, entry } = this.#elf.header
    return type === ET_DYN && entry === 0n && !this.isDynamic
  }

  codeAt(address: number, length: number): Uint8Array | undefined {
    return codeIn({ elf: this.#elf, file: this.#file, bias: 0 }, address, length)
  }

  functionsAt(address: number): readonly string[] {
    return this.#names.functionsAt(address)
  }

  find(name: string): readonly ProgramSymbol[] {
    return this.#names.find(name)
  }

  /** The out-of-line parts of a function. */
  partsOf(name: string): readonly ProgramSymbol[] {
    return this.#names.partsOf(name)
  }

  /** What the file has of what is loaded, section by section. */
  *loaded(): Iterable<{
    readonly name: string
    readonly address: number
    readonly bytes: Uint8Array
    readonly isCode: boolean
  }> {
    for (const section of this.#elf.sections) {
      if (!isLoaded(section)) continue
      const { name, address, fileOffset, size } = section
      yield { name, address: Number(address), bytes: this.#file.read(fileOffset, size), isCode: isCode(section) }
    }
  }

  /** Where a name leads, be it that a linker's script makes it a number. */
  addressesOf(name: string): readonly bigint[] {
    const numbers = (searchSymbols(this.#elf)?.find(name, 'whole') ?? []).flatMap(({ symbol: { place } }) =>
      place.in === 'absolute' ? BigInt(place.value) : [],
    )
    return [...this.find(name).map(({ address }) => BigInt(address)), ...numbers]
  }

  /**
   * What its linker left of the relocations of the section that is loaded at the address, and of all others; undefined where
   * it left none of that one.
   */
  keptRelocations(address: number): Iterable<KeptRelocation & { readonly name: string }> | undefined {
    const { sections } = this.#elf
    const kept = readKeptRelocations(this.#elf)
    const own = sections.find(each => {
      const start = Number(each.address)
      return isLoaded(each) && address >= start && address < start + each.size
    })
    if (kept === undefined || own === undefined || !kept.has(own.id)) return undefined
    return [...kept].flatMap(([id, rows]) => rows.map(row => ({ ...row, name: sections[id]?.name ?? '' })))
  }

  /** How many objects of that file's name it was linked from, as far as its table of symbols says. */
  countOfFile(name: string): number {
    this.#files ??= searchSymbols(this.#elf)?.files() ?? []
    return this.#files.filter(file => file === name).length
  }

  hasSection(wanted: string): boolean {
    return this.#elf.sections.some(({ name }) => name === wanted)
  }

  /** Whether a library is to have it. */
  isImported(name: string): boolean {
    return this.#names.isUndefined(name)
  }

  /** Whether nothing of the program can be what an object of the file `fileSymbol` calls so. */
  lacks(fileSymbol: string, names: readonly ObjectName[]): boolean {
    if (!this.hasSymbols || names.length === 0) return false
    return names.every(({ name, local }) => {
      if (this.find(processName(fileSymbol, name, local)).length > 0) return false
      if (local && !this.#names.haveLocals) return false
      return !this.#names.mayHave(name, local ? fileSymbol : undefined)
    })
  }
}
