/**
 * References of the payload that lead into code which it replaces. Xen's loader resolves whatever a payload names, and
 * whoever follows such a reference goes on in the old body, by the new one's frame: a jump table, a table of labels, a
 * call into the middle, a part that the compiler put elsewhere.
 *
 * It is tempting to look for the tables. This looks at every field instead, whatever it is for, and at the constants of
 * the hypervisor that the payload uses: what is not the function's start is wrong there.
 */
import { FUNCS } from '../../../loaders/payload-sections.ts'
import type { HypervisorSymbol } from '../../../loaders/xen/symbols.ts'
import { partOf } from '../../../pieces/names.ts'
import { isInside, type OldCode, type Place, placesFromSymbols } from '../../../pieces/old-code.ts'
import { type Finding, finding, hex } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import type { FunctionEntry } from '../functions.ts'
import type { LoadContext } from '../load-context.ts'
import type { RawSection } from '../raw.ts'
import { type Relocated, relocationsOf } from './consistency.ts'

const SHN_UNDEF = 0
const SHN_ABS = 0xfff1
const WORD = 8

export const OLD_CODE_RULES: readonly Rule[] = [
  {
    code: 'old-code',
    step: 'run',
    source: 'not looked at by Xen',
    title: 'nothing leads into the old code of what is replaced',
    check: oldCodeProblems,
  },
]

function oldCodeProblems(loading: LoadContext): readonly Finding[] {
  const replaced = new Replaced(loading)
  return [...bySection(loading)].flatMap(([base, relocations]) => sectionProblems(loading, replaced, base, relocations))
}

/** The fields of every section but the table of functions, which names the old ones. */
function bySection(loading: LoadContext): ReadonlyMap<RawSection, readonly Relocated[]> {
  const sections = new Map<RawSection, Relocated[]>()
  for (const relocation of relocationsOf(loading)) {
    if (loading.nameOf(relocation.base) === FUNCS) continue
    const known = sections.get(relocation.base)
    if (known === undefined) sections.set(relocation.base, [relocation])
    else known.push(relocation)
  }
  return sections
}

function sectionProblems(
  loading: LoadContext,
  replaced: Replaced,
  base: RawSection,
  relocations: readonly Relocated[],
): readonly Finding[] {
  const { symbols } = loading.loaded.resolution
  const bytes = loading.content(base) ?? new Uint8Array()
  const fields = relocations.map(({ offset, type, addend }) => {
    return { offset: Number(offset), type, addend: BigInt.asIntN(64, addend) }
  })
  const header = { machine: loading.machine.elfMachine }
  const places = placesFromSymbols(header, { flags: base.flags, bytes }, fields)
  return relocations.flatMap(({ offset, symbol }, index): readonly Finding[] => {
    const resolved = symbols[symbol]
    const place = places.get(Number(offset))
    if (resolved === undefined || place === undefined || !isForeign(resolved.raw.sectionIndex)) return []
    const { value } = resolved
    const reached = { first: value + place.first, last: value + place.last }
    const at = `${loading.placeOf(base)}+${hex(offset)}`
    const text = replaced.problem(reached) ?? replaced.tableProblem(value)
    if (text === undefined) return []
    return [finding('crash', `${at} leads to ${resolved.name || 'a place'} ${hex(reached.first)}, ${text}`, at, index)]
  })
}

/** Whether a symbol lies outside of the payload; addresses that it gives itself among them. */
const isForeign = (sectionIndex: number): boolean => sectionIndex === SHN_UNDEF || sectionIndex === SHN_ABS

/** The old code of the functions that the payload puts its own in the place of. */
class Replaced {
  readonly #loading: LoadContext
  readonly #bodies: readonly OldCode[]
  /** Every name of each, as symbols of the hypervisor. */
  readonly #names: readonly HypervisorSymbol[]
  readonly #tables = new Map<bigint, string | undefined>()

  constructor(loading: LoadContext) {
    this.#loading = loading
    this.#bodies = loading.functions.flatMap(entry => bodyOf(loading, entry))
    this.#names = this.#bodies.flatMap(({ start }) => loading.hypervisor.symbolsAt(start))
  }

  /** What is wrong with a reference to that place, in words that go on a sentence. */
  problem(place: Place): string | undefined {
    const body = this.#bodies.find(each => isInside(place, each)) ?? this.#partAt(place)
    if (body === undefined) return undefined
    const what = body.isPart ? 'an out-of-line part' : 'inside the old code'
    return `which is ${what} of ${body.name}: the payload replaces that function, and whoever goes there runs what is replaced`
  }

  /** Likewise for the first word of a constant that begins there, and leads to such a place. */
  tableProblem(address: bigint): string | undefined {
    const known = this.#tables.get(address)
    if (known !== undefined || this.#tables.has(address)) return known
    const found = this.#lookInto(address)
    this.#tables.set(address, found)
    return found
  }

  #lookInto(address: bigint): string | undefined {
    const { hypervisor, memory } = this.#loading
    if (this.#bodies.length === 0 || hypervisor.memoryAt(address) !== 'read-only') return undefined
    const table = hypervisor.symbolsAt(address).find(({ kind, size }) => kind === 'object' && size >= WORD)
    const bytes = table && hypervisor.bytesAt(address, table.size)
    if (bytes === undefined) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at + WORD <= bytes.length; at += WORD) {
      const target = view.getBigUint64(at, true)
      if (memory.kindAt(target) !== 'code') continue
      const text = this.problem({ first: target, last: target })
      if (text !== undefined) return `a constant whose word at ${hex(at)} is ${hex(target)}, ${text}`
    }
    return undefined
  }

  /** A part that begins at or before the place and holds it, of a function that is replaced; unless it is replaced itself. */
  #partAt(place: Place): OldCode | undefined {
    const { hypervisor } = this.#loading
    const before = hypervisor.symbolBefore(place.first)
    if (before === undefined) return undefined
    for (const part of hypervisor.symbolsAt(before.address)) {
      const owner = this.#names.find(each => isPartOf(part, each, hypervisor))
      if (owner === undefined || this.#bodies.some(({ start }) => start === part.address)) continue
      const found = { name: owner.name, start: part.address, end: part.address + BigInt(part.size), isPart: true }
      if (isInside(place, found)) return found
    }
    return undefined
  }
}

/** As long as the hypervisor says; the payload's word counts where that says nothing. */
function bodyOf({ hypervisor }: LoadContext, { name, old, oldSize, newAddress }: FunctionEntry): readonly OldCode[] {
  if (old.is !== 'found' || newAddress === 0n) return []
  const start = old.address
  const [symbol] = hypervisor.symbolsAt(start)
  const size = BigInt(symbol?.size || oldSize)
  return [{ name: name || symbol?.name || hex(start), start, end: start + size, isPart: false }]
}

/** Parts are local to their file, those of a function that all files know too; another file may have one of that name. */
function isPartOf(
  part: HypervisorSymbol,
  { plainName, local, file }: HypervisorSymbol,
  hypervisor: LoadContext['hypervisor'],
): boolean {
  if (partOf(part.plainName) !== plainName) return false
  if (local) return part.file === file
  return part.file === '' || hypervisor.lookup(`${part.file}#${plainName}`) === undefined
}
