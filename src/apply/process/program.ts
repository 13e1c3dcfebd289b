/**
 * The program that a process runs, from its file: build-id, symbols in the payload's spelling, and the code as the
 * compiler left it. Its place in memory is told by the mapping of its code.
 */
import { InputError } from '../../base/errors.ts'
import {
  buildIdOf,
  type ElfOutline,
  type ElfSection,
  type ElfSymbol,
  outlineSymbols,
  readOutline,
  symbolValue,
} from '../../elf/index.ts'
import { EM_X86_64, SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { processName } from '../../target/process.ts'
import { type OpenedParts, openParts, withParts } from './file-parts.ts'
import type { Mapping, ProcessMemory } from './proc.ts'

export interface ProgramSymbol {
  readonly name: string
  readonly address: number
  readonly size: number
  readonly kind: ElfSymbol<'original'>['kind']
}

type Elf = ElfOutline<'original'>

/** More than any program has; so many would not fit into memory. */
const MOST_SYMBOLS = 2 ** 23

export class Program {
  readonly path: string
  /** Hexadecimal digits; null where the program has none. */
  readonly buildId: string | null
  readonly #file: OpenedParts
  readonly #elf: Elf
  readonly #bias: number
  readonly #symbols: ReadonlyMap<string, Named>

  private constructor(path: string, file: OpenedParts, place: Pick<ProgramPlace, 'elf' | 'bias' | 'symbols'>) {
    this.path = path
    this.#file = file
    this.#elf = place.elf
    this.#bias = place.bias
    this.buildId = idOf(place.elf)
    this.#symbols = place.symbols
  }

  /** Opens the running program; `symbolsFile` has the names where the program was stripped. */
  static of(memory: ProcessMemory, symbolsFile?: string): Program {
    const { path, name } = memory.programFile()
    const file = open(path)
    try {
      return new Program(name, file, placeOf(file, memory, symbolsFile))
    } catch (error) {
      file.close()
      throw error
    }
  }

  close(): void {
    this.#file.close()
  }

  get hasSymbols(): boolean {
    return this.#symbols.size > 0
  }

  /** All symbols of that name: `file.c#name` for one that is local to its file. */
  find(name: string): readonly ProgramSymbol[] {
    const found = this.#symbols.get(name)
    return found === undefined ? [] : listOf(found)
  }

  /** Symbols whose names start so. */
  startingWith(prefix: string): readonly ProgramSymbol[] {
    const found: ProgramSymbol[] = []
    for (const [name, symbols] of this.#symbols) if (name.startsWith(prefix)) found.push(...listOf(symbols))
    return found
  }

  /** Bytes of the program's code as its file has them; undefined unless one section holds all of them. */
  codeAt(address: number, length: number): Uint8Array | undefined {
    const section = this.#elf.sections.find(section => {
      const start = Number(section.address) + this.#bias
      return isCode(section) && address >= start && address + length <= start + section.size
    })
    if (section === undefined) return undefined
    return this.#file.read(section.fileOffset + address - Number(section.address) - this.#bias, length)
  }
}

interface ProgramPlace {
  readonly elf: Elf
  /** How far the program lies from the addresses in its file. */
  readonly bias: number
  readonly symbols: ReadonlyMap<string, Named>
}

function placeOf(file: OpenedParts, memory: ProcessMemory, symbolsFile: string | undefined): ProgramPlace {
  const { name } = memory.programFile()
  const elf = readOutline<'original'>(file)
  if (elf.header.machine !== EM_X86_64) {
    throw new InputError('process/machine', `${name} is for machine ${elf.header.machine}; this host knows x86-64 only`)
  }
  const bias = biasOf(elf, memory.mappings(), name)
  if (symbolsFile === undefined) return { elf, bias, symbols: symbolsOf(elf, bias) ?? installedSymbols(elf, bias) }
  const given = open(symbolsFile)
  try {
    const named = readOutline<'original'>(given)
    if (idOf(named) !== idOf(elf)) {
      throw new InputError(
        'process/other-symbols',
        `${symbolsFile} has build-id ${idOf(named) ?? 'none'}, the running program ${idOf(elf) ?? 'none'}`,
        'give the unstripped file of the very build that runs',
      )
    }
    return { elf, bias, symbols: symbolsOf(named, bias) ?? new Map() }
  } finally {
    given.close()
  }
}

/** Nearly every name is one symbol's, and there may be millions; several are kept by their addresses. */
type Named = ProgramSymbol | Map<number, ProgramSymbol>

const listOf = (found: Named): readonly ProgramSymbol[] => (found instanceof Map ? [...found.values()] : [found])

/** The build-id of a program's file. */
export function programId(path: string): Uint8Array | undefined {
  const file = open(path)
  try {
    return buildIdOf(readOutline<'original'>(file))
  } finally {
    file.close()
  }
}

const isCode = ({ flags, type }: ElfSection<'original'>) =>
  hasFlag(flags, SHF_ALLOC) && hasFlag(flags, SHF_EXECINSTR) && type !== SHT_NOBITS

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

/** Where distributions put the symbols of stripped programs. */
function installedSymbols(elf: Elf, bias: number): ProgramPlace['symbols'] {
  const id = idOf(elf)
  if (id === null) return new Map()
  try {
    return withParts(`/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`, parts => {
      return symbolsOf(readOutline(parts), bias) ?? new Map()
    })
  } catch {
    return new Map()
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

/** Undefined where the file has no table of symbols. */
function symbolsOf(elf: Elf, bias: number): ProgramPlace['symbols'] | undefined {
  const found = new Map<string, Named>()
  let file = ''
  let kept = 0
  const exists = outlineSymbols(elf, symbol => {
    const { name, kind, binding, place, size } = symbol
    if (kind === 'file') file = name
    if (name === '' || kind === 'file' || kind === 'section' || kind === 'tls' || place.in !== 'section') return
    const spelled = processName(file, name, binding === 'local')
    const entry = { name: spelled, address: Number(symbolValue(elf, symbol)) + bias, size, kind }
    const others = found.get(spelled)
    if (others === undefined) found.set(spelled, entry)
    else if (others instanceof Map) others.set(entry.address, others.get(entry.address) ?? entry)
    else if (others.address !== entry.address) {
      found.set(spelled, new Map([others, entry].map(each => [each.address, each])))
    }
    if (++kept > MOST_SYMBOLS) {
      throw new InputError('process/cannot-read', `the program has more than ${MOST_SYMBOLS} symbols with names`)
    }
  })
  return exists ? found : undefined
}
