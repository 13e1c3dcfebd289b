/**
 * The names that a program's file has, in the payload's spelling: `file.c#name` for one that is local to its file. Large
 * programs have millions, so a name is spelled only when somebody asks for it.
 */
import { InputError } from '../../base/errors.ts'
import { type ElfOutline, type ElfSymbol, outlineSymbols, symbolValue } from '../../elf/index.ts'
import { processName } from '../../target/process.ts'

export interface ProgramSymbol {
  readonly name: string
  readonly address: number
  readonly size: number
  readonly kind: ElfSymbol<'original'>['kind']
}

/** As the table has it: the name is known already, and nearly every name is one symbol's. */
interface Entry extends Omit<ProgramSymbol, 'name'> {
  /** The file that a local symbol belongs to; empty for the others. */
  readonly file: string
}

/** More than any program has; so many would not fit into memory. */
const MOST_SYMBOLS = 2 ** 23

export class ProgramNames {
  /** Whether the file has a table of symbols at all. */
  readonly exist: boolean
  readonly #entries = new Map<string, Entry | Map<string, Entry>>()

  /** `bias` is how far the program lies from the addresses in its file. */
  constructor(elf: ElfOutline<'original'>, bias: number) {
    let file = ''
    let kept = 0
    this.exist = outlineSymbols(elf, symbol => {
      const { name, kind, binding, place, size } = symbol
      if (kind === 'file') file = name
      if (name === '' || kind === 'file' || kind === 'section' || kind === 'tls' || place.in !== 'section') return
      const address = Number(symbolValue(elf, symbol)) + bias
      this.#add(name, { file: binding === 'local' ? file : '', address, size, kind })
      if (++kept > MOST_SYMBOLS) {
        throw new InputError('process/cannot-read', `the program has more than ${MOST_SYMBOLS} symbols with names`)
      }
    })
  }

  get some(): boolean {
    return this.#entries.size > 0
  }

  /** All symbols of that name. */
  find(spelled: string): readonly ProgramSymbol[] {
    return readings(spelled).flatMap(({ file, name }) => this.#under(name, file))
  }

  /** Symbols whose names start so. */
  startingWith(prefix: string): readonly ProgramSymbol[] {
    const wanted = readings(prefix)
    const found: ProgramSymbol[] = []
    for (const whole of this.#entries.keys()) {
      for (const { file, name } of wanted) if (whole.startsWith(name)) found.push(...this.#under(whole, file))
    }
    return found
  }

  #add(name: string, entry: Entry): void {
    const others = this.#entries.get(name)
    const key = keyOf(entry)
    if (others === undefined) this.#entries.set(name, entry)
    else if (others instanceof Map) others.set(key, others.get(key) ?? entry)
    else if (keyOf(others) !== key) this.#entries.set(name, new Map([others, entry].map(each => [keyOf(each), each])))
  }

  #under(name: string, file: string): readonly ProgramSymbol[] {
    const found = this.#entries.get(name)
    if (found === undefined) return []
    return (found instanceof Map ? [...found.values()] : [found])
      .filter(entry => entry.file === file)
      .map(({ address, size, kind }) => ({ name: processName(file, name, file !== ''), address, size, kind }))
  }
}

const keyOf = ({ file, address }: Entry): string => `${address} ${file}`

/** What a spelling can mean: names of files and of symbols may hold the sign that joins them. */
function readings(spelled: string): readonly { readonly file: string; readonly name: string }[] {
  const found = [{ file: '', name: spelled }]
  for (let at = spelled.indexOf('#'); at !== -1; at = spelled.indexOf('#', at + 1)) {
    found.push({ file: spelled.slice(0, at), name: spelled.slice(at + 1) })
  }
  return found
}
