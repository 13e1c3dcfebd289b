/**
 * The program that a process runs, from its file: build-id, symbols in the payload's spelling, and the code as the
 * compiler left it. Its place in memory is told by the mapping of its code.
 */
import { readFileSync } from 'node:fs'
import { InputError } from '../../base/errors.ts'
import { buildIdOf, type ElfObject, type ElfSection, type ElfSymbol, readElf, symbolValue } from '../../elf/index.ts'
import { EM_X86_64, SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { processName } from '../../target/process.ts'
import type { Mapping, ProcessMemory } from './proc.ts'

export interface ProgramSymbol {
  readonly name: string
  readonly address: number
  readonly size: number
  readonly kind: ElfSymbol<'original'>['kind']
}

type Elf = ElfObject<'original'>

export class Program {
  readonly path: string
  /** Hexadecimal digits; null where the program has none. */
  readonly buildId: string | null
  readonly #elf: Elf
  readonly #bias: number
  readonly #symbols: ReadonlyMap<string, readonly ProgramSymbol[]>

  private constructor(path: string, elf: Elf, named: Elf, bias: number) {
    this.path = path
    this.#elf = elf
    this.#bias = bias
    this.buildId = idOf(elf)
    this.#symbols = symbolsOf(named, bias)
  }

  /** Reads the running program; `symbolsFile` has the names where the program was stripped. */
  static of(memory: ProcessMemory, symbolsFile?: string): Program {
    const { path, name } = memory.programFile()
    const elf = readElf<'original'>(new Uint8Array(readFileSync(path)))
    if (elf.header.machine !== EM_X86_64) {
      throw new InputError(
        'process/machine',
        `${name} is for machine ${elf.header.machine}; this host knows x86-64 only`,
      )
    }
    const named = symbolsFile === undefined ? (debugFile(elf) ?? elf) : readElf<'original'>(read(symbolsFile))
    if (symbolsFile !== undefined && idOf(named) !== idOf(elf)) {
      throw new InputError(
        'process/other-symbols',
        `${symbolsFile} has build-id ${idOf(named) ?? 'none'}, the running program ${idOf(elf) ?? 'none'}`,
        'give the unstripped file of the very build that runs',
      )
    }
    return new Program(name, elf, named, biasOf(elf, memory.mappings(), name))
  }

  get hasSymbols(): boolean {
    return this.#symbols.size > 0
  }

  /** All symbols of that name: `file.c#name` for one that is local to its file. */
  find(name: string): readonly ProgramSymbol[] {
    return this.#symbols.get(name) ?? []
  }

  /** Symbols whose names start so. */
  startingWith(prefix: string): readonly ProgramSymbol[] {
    return [...this.#symbols].flatMap(([name, symbols]) => (name.startsWith(prefix) ? symbols : []))
  }

  /** Bytes of the program's code as its file has them; undefined unless one section holds all of them. */
  codeAt(address: number, length: number): Uint8Array | undefined {
    const section = this.#elf.sections.find(section => {
      const start = Number(section.address) + this.#bias
      return isCode(section) && address >= start && address + length <= start + section.size
    })
    const at = section === undefined ? 0 : address - Number(section.address) - this.#bias
    return section?.bytes.subarray(at, at + length)
  }
}

const isCode = ({ flags, type }: ElfSection<'original'>) =>
  hasFlag(flags, SHF_ALLOC) && hasFlag(flags, SHF_EXECINSTR) && type !== SHT_NOBITS

function idOf(elf: Elf): string | null {
  const id = buildIdOf(elf)
  return id === undefined ? null : Buffer.from(id).toString('hex')
}

function read(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path))
  } catch (error) {
    throw new InputError(
      'process/cannot-read',
      `${path} cannot be read: ${error instanceof Error ? error.message : error}`,
    )
  }
}

/** Where distributions put the symbols of stripped programs. */
function debugFile(elf: Elf): Elf | undefined {
  const id = idOf(elf)
  if (elf.symbols.length > 0 || id === null) return undefined
  try {
    return readElf(new Uint8Array(readFileSync(`/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`)))
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

function symbolsOf(elf: Elf, bias: number): ReadonlyMap<string, readonly ProgramSymbol[]> {
  const found = new Map<string, ProgramSymbol[]>()
  let file = ''
  for (const symbol of elf.symbols) {
    const { name, kind, binding, place, size } = symbol
    if (kind === 'file') file = name
    if (name === '' || kind === 'file' || kind === 'section' || kind === 'tls' || place.in !== 'section') continue
    const spelled = processName(file, name, binding === 'local')
    const entry = { name: spelled, address: Number(symbolValue(elf, symbol)) + bias, size, kind }
    const others = found.get(spelled)
    if (others === undefined) found.set(spelled, [entry])
    else if (!others.some(other => other.address === entry.address)) others.push(entry)
  }
  return found
}
