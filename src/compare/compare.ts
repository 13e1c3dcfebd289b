/**
 * A verdict for every function and data object of a unit.
 *
 * A function is its code, its out-of-line parts (`f.cold`) and the special-section entries that belong to it, with the
 * replacement and fixup code that those reach: a change in any of them is a change of the function. Other tools
 * compare the code alone, and a fix that touches only an alternative is lost.
 *
 * Worse mistake: "same" for a changed function. So every difference counts unless something proves it away.
 */
import type { Side } from '../base/side.ts'
import type { Correlation } from '../correlate/model.ts'
import type { SectionClass } from '../loaders/sections.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, partOf, writtenByName } from '../pieces/names.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { ContentComparison, comparesByContent, type ReferencePair } from './content.ts'
import type { Difference, Judged, LineOracle, Outcome, UnitVerdicts, Verdict } from './model.ts'

export type { Difference, Judged, LineOracle, LineSite, Outcome, UnitVerdicts, Verdict } from './model.ts'

/**
 * Compares the two objects of one unit. With `lines`, a function that differs exactly where a line number is embedded,
 * and holds there what it must, is `line-only`; without, it is changed. `moved` has the names of
 * functions that go from one unit to another.
 */
export function compareUnit(correlation: Correlation, lines?: LineOracle, moved?: ReadonlySet<string>): UnitVerdicts {
  const content = new ContentComparison(correlation, lines, moved)
  const originalParts = partsByFunction(correlation.original)
  const parts = partsByFunction(correlation.patched)
  const context: Context = { content, correlation, originalParts, parts }
  const isWhole = <S extends Side>(map: PieceMap<S>, own: ReadonlyMap<Piece<S>['id'], readonly Piece<S>[]>) => {
    const owned = new Set([...own.values()].flat())
    return map.pieces.filter(piece => piece.kind === 'function' && !owned.has(piece))
  }
  const functions = judge(
    context,
    isWhole(correlation.original, originalParts),
    isWhole(correlation.patched, parts),
    compareFunctions,
  )
  const isData = (piece: Piece<Side>) => piece.kind === 'data' && !isCompilerMade(piece.name)
  const data = judge(
    context,
    correlation.original.pieces.filter(isData),
    correlation.patched.pieces.filter(isData),
    compareData,
  )
  return { correlation, functions, data, unnamed: unnamedDifferences(context), parts }
}

/**
 * Whether two versions of a function, with their parts and entries, are the same but for references of which `isAllowed` says
 * that it counts for nothing where they lead. Line numbers count.
 */
export function isSameBut(
  correlation: Correlation,
  { original, patched }: Judged,
  isAllowed: (pair: ReferencePair) => boolean,
): boolean {
  if (original === undefined || patched === undefined) return false
  const context: Context = {
    content: new ContentComparison(correlation, undefined, undefined, isAllowed),
    correlation,
    originalParts: partsByFunction(correlation.original),
    parts: partsByFunction(correlation.patched),
  }
  return compareFunctions(context, original, patched).because === undefined
}

interface Context {
  readonly content: ContentComparison
  readonly correlation: Correlation
  readonly originalParts: ReadonlyMap<Piece<'original'>['id'], readonly Piece<'original'>[]>
  readonly parts: ReadonlyMap<Piece<'patched'>['id'], readonly Piece<'patched'>[]>
}

type Compare = (context: Context, original: Piece<'original'>, patched: Piece<'patched'>) => Outcome

const SAME: Outcome = { because: undefined, lines: 0 }
const differs = (because: Difference): Outcome => ({ because, lines: 0 })

/** In the order of the patched object, then what is gone in the order of the original. */
function judge(
  context: Context,
  originals: readonly Piece<'original'>[],
  patcheds: readonly Piece<'patched'>[],
  compare: Compare,
): readonly Judged[] {
  const { original: before, toOriginal, toPatched } = context.correlation
  const present = patcheds.map((patched): Judged => {
    const original = before.pieces[toOriginal.get(patched.id) ?? -1]
    if (original === undefined) return { name: patched.name, original, patched, verdict: { kind: 'new' } }
    return { name: original.name, original, patched, verdict: verdictOf(compare(context, original, patched)) }
  })
  const gone = originals
    .filter(original => !toPatched.has(original.id))
    .map((original): Judged => ({ name: original.name, original, patched: undefined, verdict: { kind: 'gone' } }))
  return [...present, ...gone]
}

function verdictOf({ because, lines }: Outcome): Verdict {
  if (because !== undefined) return { kind: 'changed', because }
  return lines === 0 ? { kind: 'same' } : { kind: 'line-only', sites: lines }
}

function compareFunctions(context: Context, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const { correlation, content, originalParts, parts } = context
  return worst(
    () => compareSections(context, original, patched),
    () => content.compare(original, patched),
    () => compareEntries(context, original, patched),
    () => compareParts(context, originalParts.get(original.id) ?? [], parts.get(patched.id) ?? []),
    () => compareSymbols(correlation, original, patched),
  )
}

/** The first difference that is more than a line number; a line number when that is all there is; else the sum. */
function worst(...steps: readonly (() => Outcome)[]): Outcome {
  let line: Difference | undefined
  let lines = 0
  for (const step of steps) {
    const found = step()
    lines += found.lines
    if (found.because !== undefined && !isLine(found.because)) return found
    line ??= found.because
  }
  return { because: line, lines }
}

function isLine(difference: Difference): boolean {
  if (difference.what === 'line') return true
  if (difference.what === 'entry') return isLine(difference.difference)
  return difference.what === 'part' && typeof difference.difference === 'object' && isLine(difference.difference)
}

/** A function that moves between kinds of section (say, becomes `__init`) is not the same function to the system. */
function compareSections(context: Context, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const { original: originals, patched: patcheds } = context.correlation
  const before = originals.object.sections[original.section]
  const after = patcheds.object.sections[patched.section]
  if (before === undefined || after === undefined)
    return differs({ what: 'section', original: 'none', patched: 'none' })
  const [kind, kindAfter] = [sectionClassOf(originals, original), sectionClassOf(patcheds, patched)]
  const isSameKind = before.name === after.name || (NAMES_DO_NOT_COUNT.has(kind) && kind === kindAfter)
  if (isSameKind && before.flags === after.flags && before.type === after.type) return SAME
  return differs({ what: 'section', original: before.name, patched: after.name })
}

/** A compiler names these by what is in them, and the linker puts them together whatever they are called. */
const NAMES_DO_NOT_COUNT: ReadonlySet<SectionClass> = new Set<SectionClass>([
  'code',
  'init-code',
  'data',
  'read-only',
  'tls',
])
/** Sets that the linker gathers and something walks: the first one there comes first. */
const ORDER_COUNTS: ReadonlySet<SectionClass> = new Set<SectionClass>(['unknown', 'init-data'])

/** `__initdata` and `__initconst`, of Xen and of Linux: each variable is found by its name (xen.lds.S, vmlinux.lds.h). */
const NO_SET: ReadonlySet<string> = new Set(['.init.data', '.init.rodata'])

function comparePlaces({ correlation }: Context, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const section = sectionName(correlation.original, original)
  const isSet = ORDER_COUNTS.has(sectionClassOf(correlation.original, original)) && !NO_SET.has(section)
  if (original.offset === patched.offset || !isSet) return SAME
  return differs({ what: 'place', section, original: original.offset, patched: patched.offset })
}

function sectionName<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string {
  return map.object.sections[piece.section]?.name ?? ''
}

function compareEntries(context: Context, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const maps = context.correlation
  if (!maps.original.entriesOf.has(original.id) && !maps.patched.entriesOf.has(patched.id)) return SAME
  const before = entriesBySection(context.correlation.original, original)
  const after = entriesBySection(context.correlation.patched, patched)
  const steps: (() => Outcome)[] = []
  for (const section of new Set([...before.keys(), ...after.keys()])) {
    const olds = before.get(section) ?? []
    const news = after.get(section) ?? []
    if (olds.length !== news.length) {
      return differs({ what: 'entry-count', section, original: olds.length, patched: news.length })
    }
    for (const [index, old] of olds.entries()) {
      const successor = news[index]
      if (successor === undefined) continue
      steps.push(() =>
        inside(context.content.compare(old, successor), difference => ({ what: 'entry', section, index, difference })),
      )
    }
  }
  return worst(...steps)
}

/** An outcome seen from the thing that the compared one belongs to. */
function inside({ because, lines }: Outcome, wrap: (difference: Difference) => Difference): Outcome {
  return { because: because === undefined ? undefined : wrap(because), lines }
}

function entriesBySection<S extends Side>(map: PieceMap<S>, owner: Piece<S>): ReadonlyMap<string, readonly Piece<S>[]> {
  const groups = new Map<string, Piece<S>[]>()
  for (const id of map.entriesOf.get(owner.id) ?? []) {
    const entry = map.pieces[id]
    const section = entry === undefined ? undefined : map.object.sections[entry.section]?.name
    if (entry === undefined || section === undefined) continue
    const group = groups.get(section)
    if (group === undefined) groups.set(section, [entry])
    else group.push(entry)
  }
  return groups
}

function compareParts(
  context: Context,
  originals: readonly Piece<'original'>[],
  patcheds: readonly Piece<'patched'>[],
): Outcome {
  if (originals.length === 0 && patcheds.length === 0) return SAME
  const { toOriginal, toPatched, original: before } = context.correlation
  const gone = originals.find(original => !toPatched.has(original.id))
  const steps = patcheds.map(patched => (): Outcome => {
    const original = before.pieces[toOriginal.get(patched.id) ?? -1]
    if (original === undefined) return differs({ what: 'part', name: patched.name, difference: 'new' })
    const found = worst(
      () => context.content.compare(original, patched),
      () => compareEntries(context, original, patched),
    )
    return inside(found, difference => ({ what: 'part', name: patched.name, difference }))
  })
  return worst(...steps, () =>
    gone === undefined ? SAME : differs({ what: 'part', name: gone.name, difference: 'gone' }),
  )
}

/** A function that gained or lost a name (an alias), or became global or static, is reached differently. */
function compareSymbols(correlation: Correlation, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const before = globalNames(correlation.original, original)
  const after = globalNames(correlation.patched, patched)
  if (before === after) return SAME
  return differs({
    what: 'reaches',
    offset: 0,
    original: `global names: ${before || 'none'}`,
    patched: `global names: ${after || 'none'}`,
  })
}

function globalNames<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string {
  const symbols = piece.symbols.map(id => map.object.symbols[id]).filter(symbol => symbol !== undefined)
  const [only] = symbols
  if (only !== undefined && symbols.length === 1) return only.binding === 'local' ? '' : only.name
  return symbols
    .filter(symbol => symbol.binding !== 'local')
    .map(symbol => symbol.name)
    .sort()
    .join(', ')
}

function compareData(context: Context, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const found = worst(
    () => compareSections(context, original, patched),
    () => context.content.compare(original, patched),
    () => comparePlaces(context, original, patched),
    () => compareWritten(context.correlation, original, patched),
  )
  if (found.because !== undefined) return found
  const { correlation } = context
  const before = correlation.original.object.sections[original.section]
  const after = correlation.patched.object.sections[patched.section]
  if (before === undefined || after === undefined || after.alignment <= before.alignment) return found
  // Where several variables share a section, its alignment says nothing about one of them, unless that went to where pages are.
  const isAlone = (correlation.patched.bySection[patched.section]?.length ?? 0) === 1
  const isOnPage = before.name !== after.name && after.alignment >= PAGE && patched.offset % after.alignment === 0
  if (!isAlone && !isOnPage) return found
  return differs({ what: 'alignment', original: before.alignment, patched: after.alignment })
}

/** The smallest alignment of what is mapped, or handed out, by itself. */
const PAGE = 4096

/** What the build writes there later, and no byte of the object tells. */
function compareWritten(correlation: Correlation, original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
  const [before, after] = [writtenIn(correlation.original, original), writtenIn(correlation.patched, patched)]
  return before === after ? SAME : differs({ what: 'reaches', offset: 0, original: before, patched: after })
}

function writtenIn<S extends Side>({ object }: PieceMap<S>, { symbols }: Piece<S>): string {
  const names = symbols.flatMap(id => writtenByName(object.symbols[id]?.name ?? '') ?? [])
  return names.sort().join(', ') || 'nothing'
}

/**
 * Differences that belong to no function and no named object: entries without an owner, and unnamed bytes in sections
 * of code, of tables that the system walks (init calls, hooks) and of sections we do not know.
 */
function unnamedDifferences(context: Context): readonly Judged[] {
  const originals = positional(context.correlation.original)
  const patcheds = positional(context.correlation.patched)
  const found: Judged[] = []
  for (const name of new Set([...originals.keys(), ...patcheds.keys()])) {
    const before = originals.get(name) ?? []
    const after = patcheds.get(name) ?? []
    const count = Math.max(before.length, after.length)
    for (let index = 0; index < count; index++) {
      const [original, patched] = [before[index], after[index]]
      const verdict = positionalVerdict(context, original, patched)
      if (verdict.kind === 'same') continue
      found.push({ name: (patched ?? original)?.name ?? name, original, patched, verdict })
    }
  }
  return found
}

function positionalVerdict(
  context: Context,
  before: Piece<'original'> | undefined,
  after: Piece<'patched'> | undefined,
): Verdict {
  if (before === undefined) return { kind: 'new' }
  if (after === undefined) return { kind: 'gone' }
  return verdictOf(context.content.compare(before, after))
}

/** By section name, the unnamed pieces whose position is their only identity. */
function positional<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, readonly Piece<S>[]> {
  const ownerless = new Set(map.ownerless)
  const byName = new Map<string, readonly Piece<S>[]>()
  for (const section of map.object.sections) {
    const pieces = map.bySection[section.id] ?? []
    if (pieces.length === 0) continue
    const kind = map.sections[section.id]?.class ?? 'unknown'
    if (COMPARED_WHEN_REACHED.has(kind) && map.reachesSurely) continue
    const isPositional = (piece: Piece<S>) =>
      piece.kind === 'entry' ? ownerless.has(piece.id) : piece.kind !== 'function' && comparesByContent(map, piece)
    const found = pieces.filter(isPositional)
    if (found.length > 0) byName.set(section.name, [...(byName.get(section.name) ?? []), ...found])
  }
  return byName
}

/** Unnamed pieces of these are compared where something reaches them, or are consumed elsewhere. */
const COMPARED_WHEN_REACHED: ReadonlySet<SectionClass> = new Set<SectionClass>([
  'chunks',
  'read-only',
  'data',
  'hooks',
  'directive',
])

/** The out-of-line parts of each function. A part whose function is not in the object stands for itself. */
function partsByFunction<S extends Side>(map: PieceMap<S>): ReadonlyMap<Piece<S>['id'], readonly Piece<S>[]> {
  const functions = map.pieces.filter(piece => piece.kind === 'function')
  const byName = new Map(functions.map(piece => [piece.name, piece]))
  const parts = new Map<Piece<S>['id'], Piece<S>[]>()
  for (const piece of functions) {
    const parent = byName.get(partOf(piece.name) ?? '')
    if (parent === undefined) continue
    const list = parts.get(parent.id)
    if (list === undefined) parts.set(parent.id, [piece])
    else list.push(piece)
  }
  return parts
}
