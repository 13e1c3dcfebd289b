/**
 * The names that a program's file has, in the payload's spelling: `file.c#name` for one that is local to its file. Large
 * programs have millions, of which a payload asks for a few: each is searched for when somebody asks.
 */
import { type ElfOutline, type ElfSymbol, type FoundSymbol, type SymbolSearch, searchSymbols } from '../elf/index.ts'
import { processName } from '../loaders/process/process.ts'
import { partOf, sourceName } from '../pieces/names.ts'
import { spelled } from '../pieces/old-code.ts'

export interface ProgramSymbol {
  readonly name: string
  readonly address: number
  readonly size: number
  readonly kind: ElfSymbol<'original'>['kind']
}

export class ProgramNames {
  readonly #search: SymbolSearch<'original'> | undefined
  /** Where each section lies in the process. */
  readonly #starts: readonly number[]
  readonly #bias: number
  readonly #undefined = new Map<string, boolean>()
  readonly #possible = new Map<string, boolean>()
  #haveLocals: boolean | undefined
  readonly #known = new Map<string, readonly ProgramSymbol[]>()

  /** `bias` is how far the program lies from the addresses in its file. */
  constructor(elf: ElfOutline<'original'>, bias: number) {
    this.#search = searchSymbols(elf)
    this.#bias = bias
    this.#starts = elf.sections.map(({ address }) => Number(address) + bias)
  }

  /** Whether the file has a table of symbols at all. */
  get exist(): boolean {
    return this.#search !== undefined
  }

  /** All symbols of that name. */
  find(spelledName: string): readonly ProgramSymbol[] {
    const known = this.#known.get(spelledName) ?? this.#searched(spelledName)
    this.#known.set(spelledName, known)
    return known
  }

  /**
   * The out-of-line parts of a function (`f.cold`). They are local to its file, also where the function is not, and no
   * table says which file that is; a file that has a function of that name to itself has its parts too.
   */
  partsOf(spelledName: string): readonly ProgramSymbol[] {
    const { file, name } = spelled(spelledName)
    const isOurs = (found: string) => {
      if (file !== '') return found === file
      return found === '' || this.find(processName(found, name, true)).length === 0
    }
    const parts = new Map<number, ProgramSymbol>()
    for (const each of this.#search?.find(`${name}.cold`, 'start') ?? []) {
      const symbol = partOf(each.symbol.name) === name ? this.#symbolOf(each) : undefined
      if (symbol !== undefined && isOurs(spelled(symbol.name).file)) parts.set(symbol.address, symbol)
    }
    return [...parts.values()]
  }

  /** Whether the name stands in the table as one that something else defines; a version may stand behind it. */
  isUndefined(name: string): boolean {
    return known(this.#undefined, name, () =>
      this.#alike(name).some(({ symbol }) => symbol.place.in === 'nowhere' && /^(?:$|@)/.test(rest(symbol, name))),
    )
  }

  /** Whether the table has local functions or variables at all: strip and linkers can leave out all of them. */
  get haveLocals(): boolean {
    this.#haveLocals ??= this.#search?.hasLocals() === true
    return this.#haveLocals
  }

  /**
   * Whether something may be what the source calls so, be it under a name that compilers (`f.constprop.0`) and linkers
   * (`f@@V2`) make of it. `file` is the one that it is local to; symbols that are local to others are not meant then.
   */
  mayHave(name: string, file: string | undefined): boolean {
    const base = sourceName(name)
    return known(this.#possible, `${file ?? ''}#${base}`, () =>
      this.#alike(base).some(({ symbol, file: owner }) => {
        if (symbol.kind === 'file' || symbol.kind === 'section' || !/^(?:$|[.@])/.test(rest(symbol, base))) return false
        const isAnothers = symbol.binding === 'local' && symbol.visibility === 'default' && ![file, ''].includes(owner)
        return file === undefined || !isAnothers
      }),
    )
  }

  #alike(name: string): readonly FoundSymbol<'original'>[] {
    return this.#search?.find(name, 'start') ?? []
  }

  /** The plain names of all functions at an address of the process, without versions (`f@@V2`). */
  functionsAt(address: number): readonly string[] {
    const found = this.#search?.functionsAt(address - this.#bias) ?? []
    return [...new Set(found.map(({ symbol }) => symbol.name.replace(/@.*$/, '')))]
  }

  /** One address counts once, whatever symbols are there. */
  #searched(spelledName: string): readonly ProgramSymbol[] {
    const found = new Map<string, ProgramSymbol>()
    for (const { file, name } of readings(spelledName)) {
      for (const each of this.#search?.find(name, 'whole') ?? []) {
        const symbol = this.#symbolOf(each, file)
        if (symbol === undefined) continue
        const key = `${symbol.address} ${symbol.name}`
        if (!found.has(key)) found.set(key, symbol)
      }
    }
    return [...found.values()]
  }

  /** Undefined for one that belongs to another file, or has no place that can be meant. */
  #symbolOf({ symbol, file }: FoundSymbol<'original'>, wanted?: string): ProgramSymbol | undefined {
    const { name, kind, binding, visibility, place, size } = symbol
    if (kind === 'file' || kind === 'section' || kind === 'tls' || place.in !== 'section') return undefined
    // A hidden name that a linker made local is still the program's own, behind whatever file's names it stands.
    const isLocal = binding === 'local' && visibility === 'default'
    const owner = isLocal ? file : ''
    if (wanted !== undefined && owner !== wanted) return undefined
    const address = (this.#starts[place.section] ?? 0) + place.offset
    return { name: processName(owner, name, isLocal), address, size, kind }
  }
}

/** Each is searched for once. */
function known(answers: Map<string, boolean>, key: string, search: () => boolean): boolean {
  const answer = answers.get(key) ?? search()
  answers.set(key, answer)
  return answer
}

/** What a symbol's name has behind `name`. */
const rest = (symbol: Pick<ElfSymbol<'original'>, 'name'>, name: string): string => symbol.name.slice(name.length)

/** What a spelling can mean: names of files and of symbols may hold the sign that joins them. */
function readings(text: string): readonly { readonly file: string; readonly name: string }[] {
  const found = [{ file: '', name: text }]
  for (let at = text.indexOf('#'); at !== -1; at = text.indexOf('#', at + 1)) {
    found.push({ file: text.slice(0, at), name: text.slice(at + 1) })
  }
  return found
}

/**
 * The section whose first or last place linkers define under that name, in each program of its own, where something that they link
 * refers to it (GNU ld, "Input Section Example"): a program may have the section and not the name, and no library's will do.
 */
export const boundedSection = (name: string): string | undefined => /^__(?:start|stop)_([A-Za-z_]\w*)$/.exec(name)?.[1]
