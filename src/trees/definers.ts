/**
 * What the units that a patch does not concern define and need, of some names: by their objects as the tree's build left
 * them.
 */
import { type ElfSymbol, type FoundSymbol, readOutline, searchSymbols } from '../elf/index.ts'
import { isCopy } from '../program/definitions.ts'
import { withParts } from '../system/file-parts.ts'
import type { Tree, Unit } from './model.ts'

/** A unit with its symbols of these names. */
export interface Definer {
  readonly unit: string
  /** Whether the linker takes it only where nothing else defines what is needed. */
  readonly archived: boolean
  /** The FILE symbol that a local one stands under. */
  readonly found: readonly DefinerSymbol[]
}

export interface DefinerSymbol extends FoundSymbol<'original'> {
  /** As `Definition` has it. */
  readonly isCopy: boolean
}

export interface Definers {
  readonly definers: readonly Definer[]
  /** By unit, the names that it refers to, and something else defines. */
  readonly needed: ReadonlyMap<string, ReadonlySet<string>>
  /** Units without an object: what they define is not known. */
  readonly unread: readonly string[]
}

/** Asks all units but `except`; an object is read as far as its symbols only. */
export function definersOf(tree: Tree, names: ReadonlySet<string>, except: ReadonlySet<string>): Definers {
  const definers: Definer[] = []
  const needed = new Map<string, ReadonlySet<string>>()
  const unread: string[] = []
  if (names.size === 0) return { definers, needed, unread }
  for (const unit of tree.units) {
    if (except.has(unit.unit) || unit.role === 'embedded') continue
    const all = symbolsIn(unit, names)
    if (all === undefined) {
      unread.push(unit.unit)
      continue
    }
    const found = all.filter(({ symbol }) => isDefined(symbol))
    if (found.length > 0) definers.push({ unit: unit.unit, archived: unit.role === 'archived', found })
    const others = all.flatMap(({ symbol }) => (isDefined(symbol) ? [] : symbol.name))
    if (others.length > 0) needed.set(unit.unit, new Set(others))
  }
  return { definers, needed, unread }
}

function symbolsIn({ object }: Unit, names: ReadonlySet<string>): readonly DefinerSymbol[] | undefined {
  if (object === undefined) return undefined
  try {
    return withParts(object, parts => {
      const outline = readOutline<'original'>(parts)
      const symbols = searchSymbols(outline)
      const found = [...names].flatMap(name => symbols?.find(name, 'whole') ?? [])
      return found.map(each => ({ ...each, isCopy: isCopy(outline, each.symbol) }))
    })
  } catch {
    // What cannot be read is no object of this tree's build; that it is missing is said.
    return undefined
  }
}

function isDefined({ place }: ElfSymbol<'original'>): boolean {
  return place.in !== 'nowhere'
}
