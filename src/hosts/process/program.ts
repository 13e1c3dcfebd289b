/**
 * The program that a process runs, from its file: build-id, symbols in the payload's spelling, and the code as the
 * compiler left it. Its place in memory is told by the mapping of its code.
 */
import { InputError } from '../../base/errors.ts'
import { buildIdOf, type ElfOutline, readOutline } from '../../elf/index.ts'
import { codeIn, isCode, isFixed } from '../../program/program-code.ts'
import { ProgramNames, type ProgramSymbol } from '../../program/program-names.ts'
import { type OpenedParts, openParts, withParts } from '../../system/file-parts.ts'
import { MACHINE } from './machine.ts'
import type { Mapping, ProcessMemory } from './proc.ts'

type Elf = ElfOutline<'original'>

export class Program {
  readonly path: string
  /** Hexadecimal digits; null where the program has none. */
  readonly buildId: string | null
  readonly #file: OpenedParts
  readonly #elf: Elf
  readonly #bias: number
  /** The unstripped program that was given. */
  readonly #given: OpenedParts | undefined
  #names: ProgramNames | undefined

  /** Opens the running program; `symbolsFile` has the names where the program was stripped. */
  constructor(memory: Pick<ProcessMemory, 'programFile' | 'mappings'>, symbolsFile?: string) {
    const { path, name } = memory.programFile()
    this.path = name
    this.#file = open(path)
    try {
      this.#elf = readOutline<'original'>(this.#file)
      const { machine } = this.#elf.header
      if (machine !== MACHINE.number) {
        throw new InputError(
          'process/machine',
          `${name} is for machine ${machine}; this host knows ${MACHINE.name} only`,
        )
      }
      this.buildId = idOf(this.#elf)
      this.#bias = biasOf(this.#elf, memory.mappings(), name)
      this.#given = symbolsFile === undefined ? undefined : openSymbols(symbolsFile, this.buildId)
    } catch (error) {
      this.#file.close()
      throw error
    }
  }

  close(): void {
    this.#file.close()
    this.#given?.close()
  }

  get hasSymbols(): boolean {
    return this.#theNames().exist
  }

  hasSection(wanted: string): boolean {
    return this.#elf.sections.some(({ name }) => name === wanted)
  }

  /** Whether it lies where its file says, so that its addresses need no dynamic linker. */
  get isFixed(): boolean {
    return isFixed(this.#elf)
  }

  /** All symbols of that name: `file.c#name` for one that is local to its file. */
  find(name: string): readonly ProgramSymbol[] {
    return this.#theNames().find(name)
  }

  /** The out-of-line parts of the function of that name. */
  partsOf(name: string): readonly ProgramSymbol[] {
    return this.#theNames().partsOf(name)
  }

  /** The plain names of all functions at an address. */
  functionsAt(address: number): readonly string[] {
    return this.#theNames().functionsAt(address)
  }

  /** Bytes of the program's code as its file has them; undefined unless one section holds all of them. */
  codeAt(address: number, length: number): Uint8Array | undefined {
    return codeIn({ elf: this.#elf, file: this.#file, bias: this.#bias }, address, length)
  }

  #theNames(): ProgramNames {
    this.#names ??= this.#readNames()
    return this.#names
  }

  #readNames(): ProgramNames {
    if (this.#given !== undefined) return new ProgramNames(readOutline(this.#given), this.#bias)
    const own = new ProgramNames(this.#elf, this.#bias)
    return own.exist ? own : (installedNames(this.buildId, this.#bias) ?? own)
  }
}

function idOf(elf: Elf): string | null {
  const id = buildIdOf(elf)
  return id === undefined ? null : Buffer.from(id).toString('hex')
}

function open(path: string): OpenedParts {
  try {
    return openParts(path)
  } catch (error) {
    throw new InputError(
      'process/cannot-read',
      `${path} cannot be read: ${error instanceof Error ? error.message : error}`,
    )
  }
}

/** The file that has the names; it must be of the very build that runs. */
function openSymbols(path: string, running: string | null): OpenedParts {
  const file = open(path)
  try {
    const id = idOf(readOutline(file))
    if (id === running) return file
    throw new InputError(
      'process/other-symbols',
      `${path} has build-id ${id ?? 'none'}, the running program ${running ?? 'none'}`,
      'give the unstripped file of the very build that runs',
    )
  } catch (error) {
    file.close()
    throw error
  }
}

/** Where distributions put the symbols of stripped programs. */
function installedNames(id: string | null, bias: number): ProgramNames | undefined {
  if (id === null) return undefined
  try {
    const path = `/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`
    return withParts(path, parts => new ProgramNames(readOutline(parts), bias))
  } catch {
    return undefined
  }
}

/** How far the program lies from the addresses in its file. */
function biasOf(elf: Elf, mappings: readonly Mapping[], name: string): number {
  const code = elf.sections.find(section => isCode(section) && section.size > 0)
  const mapping = mappings.find(({ path, access, offset, start, end }) => {
    if (code === undefined || path !== name || !access.includes('x')) return false
    return code.fileOffset >= offset && code.fileOffset < offset + (end - start)
  })
  if (code === undefined || mapping === undefined) {
    throw new InputError('process/no-code', `the code of ${name} is not mapped in the process as its file has it`)
  }
  return mapping.start + (code.fileOffset - mapping.offset) - Number(code.address)
}
