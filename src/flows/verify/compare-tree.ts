/**
 * `verify --tree`: the functions that a finished payload replaces, found again in the objects of the tree of what is
 * running, and held against the running system's code. The payload may be any builder's, so that all there is to go by
 * are names and addresses.
 */
import { during } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { readElf } from '../../elf/index.ts'
import type { ProbedSizes } from '../../loaders/entry-size.ts'
import type { HypervisorSymbol, HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import type { Piece, PieceMap } from '../../pieces/model.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { fileSymbolOf, originalObjects, type Tree, type Unit } from '../../trees/index.ts'
import {
  type CodeFinding,
  type MemoryCopy,
  type ReplacedFunction,
  RunningImage,
  UnitCode,
  type VerifiedPayload,
} from '../../verify/index.ts'

export interface CodeQuestion {
  readonly tree: Tree
  readonly symbols: HypervisorSymbols
  readonly memory?: MemoryCopy | undefined
  /** Of entries in special sections, where the tree's compiler was asked. */
  readonly entrySizes?: ProbedSizes | undefined
  /** What is applied already. */
  readonly below: readonly VerifiedPayload[]
  /** How the tree's objects are read, as fast as can be: for a look at their bytes. */
  readonly peek: (unit: Unit) => Uint8Array | undefined
}

export interface CodeAnswer {
  readonly findings: readonly CodeFinding[]
  readonly leftOut: readonly string[]
}

interface Opened {
  readonly map: PieceMap<'original'>
  readonly fileSymbol: string
  readonly code: UnitCode
  readonly unit: Unit
}

/** Compares each of `functions`; those of payloads below are not the tree's and are left out, in words. */
export async function compareReplaced(
  functions: readonly ReplacedFunction[],
  question: CodeQuestion,
): Promise<CodeAnswer> {
  const { symbols, memory, below } = question
  const overwritten = below.flatMap(payload => payload.overwritten)
  const image = new RunningImage(symbols, memory, overwritten)
  const units = new Units(question, image)
  const findings: CodeFinding[] = []
  const leftOut: string[] = []
  for (const replaced of functions) {
    const [symbol] = symbols.symbolsAt(replaced.address)
    if (symbols.memoryAt(replaced.address) === undefined) {
      leftOut.push(`${nameOf(replaced)} is not the hypervisor's own, and was not compared`)
    } else if (symbol === undefined) {
      findings.push(missing(replaced, 'no symbol of the running system begins there'))
    } else findings.push(await units.compare(replaced, symbol))
  }
  return { findings, leftOut }
}

/** The tree's objects that a question needs, each read once. */
class Units {
  readonly #question: CodeQuestion
  readonly #image: RunningImage
  readonly #opened = new Map<string, Opened>()
  readonly #peeked = new Map<string, Buffer | undefined>()

  constructor(question: CodeQuestion, image: RunningImage) {
    this.#question = question
    this.#image = image
  }

  async compare(replaced: ReplacedFunction, symbol: HypervisorSymbol): Promise<CodeFinding> {
    const candidates = await this.#definitions(symbol)
    const findings = candidates.map(({ opened, piece }) => opened.code.check(piece, replaced.address))
    const same = findings.find(({ difference }) => difference === undefined)
    const finding = same ?? findings[0] ?? missing(replaced, `no object of the tree defines ${symbol.name}`)
    return { ...finding, name: symbol.name }
  }

  /** Pieces of that name, in the objects that are linked as they are first. */
  async #definitions(symbol: HypervisorSymbol): Promise<readonly { opened: Opened; piece: Piece<'original'> }[]> {
    const units = this.#question.tree.units.filter(unit => unit.role !== 'embedded' && this.#mayDefine(unit, symbol))
    const found: { opened: Opened; piece: Piece<'original'> }[] = []
    for (const opened of await this.#open(units)) {
      const piece = definitionIn(opened, symbol)
      if (piece !== undefined) found.push({ opened, piece })
    }
    return found.toSorted(
      (a, b) => Number(a.opened.unit.role === 'archived') - Number(b.opened.unit.role === 'archived'),
    )
  }

  /** By the bytes of its object: hundreds of them are read, and a few taken apart. */
  #mayDefine(unit: Unit, { plainName, file }: HypervisorSymbol): boolean {
    if (!this.#peeked.has(unit.unit)) {
      const bytes = this.#question.peek(unit)
      this.#peeked.set(unit.unit, bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    }
    const bytes = this.#peeked.get(unit.unit)
    if (bytes === undefined) return file === '' || unit.source === file
    // Linkers share the ends of strings, compilers do too: only the end is certain.
    return bytes.includes(`${plainName}\0`, 0, 'latin1') && bytes.includes(`${file}\0`, 0, 'latin1')
  }

  async #open(units: readonly Unit[]): Promise<readonly Opened[]> {
    const fresh = units.filter(({ unit }) => !this.#opened.has(unit))
    const { tree, entrySizes } = this.#question
    const objects = await originalObjects(tree, fresh)
    const cut: CutOptions = { loader: XEN, ...(entrySizes === undefined ? {} : { probed: entrySizes }) }
    for (const unit of fresh) {
      const map = during(`reading ${unit.unit}`, () =>
        pieceMap(readElf<'original'>(objects.get(unit.unit) ?? new Uint8Array()), cut),
      )
      const fileSymbol = fileSymbolOf<Side>(map.object) ?? ''
      this.#opened.set(unit.unit, { map, fileSymbol, unit, code: new UnitCode(map, fileSymbol, this.#image) })
    }
    return units.flatMap(({ unit }) => this.#opened.get(unit) ?? [])
  }
}

function definitionIn({ map, fileSymbol }: Opened, { plainName, local, file }: HypervisorSymbol) {
  if (local && file !== fileSymbol) return undefined
  return map.pieces.find(
    ({ kind, symbols }) =>
      kind === 'function' &&
      symbols.some(id => {
        const symbol = map.object.symbols[id]
        return symbol?.name === plainName && (symbol.binding === 'local') === local
      }),
  )
}

function missing({ address, ...replaced }: ReplacedFunction, text: string): CodeFinding {
  const difference = { offset: 0, address, text }
  return {
    name: nameOf({ address, ...replaced }),
    address,
    difference,
    bytes: 0,
    entries: 0,
    edited: 0,
    led: [],
    unchecked: [],
  }
}

const nameOf = ({ name, address }: ReplacedFunction) => (name === '' ? `0x${address.toString(16)}` : name)
