/**
 * Variables that an object has as constants. A compiler that sees all uses of a static variable and none that writes to it
 * puts it where constants are (gcc and clang, from -O1 on). By the source it goes on with the value that the running system
 * has; by the object it is a constant whose copy comes along with a new one. Which is meant, only the source can say: a
 * constant is one that is declared const. Without optimisation the same patch is one of `changed-data`.
 *
 * In:  verdicts. Only units with a changed constant of their own are compiled once more, with debug information.
 * Out: the units, with those of their changed constants that are variables, or may be; and refusals of those that no verdict
 *      is about.
 */
import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import type { Side } from '../../base/side.ts'
import type { Judged } from '../../compare/model.ts'
import { staticPlaces } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import { SHF_MERGE } from '../../elf/spec/constants.ts'
import type { PieceId, PieceMap } from '../../pieces/model.ts'
import { isCompilerMade, sourceName } from '../../pieces/names.ts'
import { sectionClassOf } from '../../pieces/section-facts.ts'
import type { UnitInput, Unwritten } from '../../select/model.ts'
import { mergedRefusal } from '../../select/refusals.ts'
import { type Affected, debugObjects, type Tree } from '../../trees/index.ts'
import type { CompiledUnits } from './judge.ts'
import { patchedOverlay } from './texts.ts'

interface Question {
  readonly affected: Affected
  readonly compiled: CompiledUnits
}

export async function withUnwritten<Unit extends UnitInput>(
  tree: Tree,
  units: readonly Unit[],
  { affected, compiled }: Question,
): Promise<{ readonly units: readonly Unit[]; readonly refusals: readonly Refusal[] }> {
  const ofC = new Map(affected.affected.flatMap(({ unit }) => (unit.language === 'c' ? [[unit.unit, unit]] : [])))
  const asked = units.flatMap(input => {
    const unit = ofC.get(input.unit)
    const [constants, merged] = unit === undefined ? [[], []] : [ownConstantsIn(input), mergedIn(input)]
    return unit === undefined || constants.length + merged.length === 0 ? [] : [{ unit, constants, merged }]
  })
  if (asked.length === 0) return { units, refusals: [] }
  const overlay = patchedOverlay(compiled, affected)
  const requests = asked.map(({ unit }) => ({ unit, overlay, label: 'patched' as const }))
  const objects = await debugObjects(tree, requests)
  const found = asked.map(({ unit, constants, merged }, at) => {
    const kinds = kindsIn(objects[at])
    const refusals = merged.flatMap(name => {
      const kind = kinds(name)
      return kind === undefined ? [] : [mergedRefusal(unit.unit, name, kind)]
    })
    return { unit: unit.unit, own: unwritten(constants, kinds), refusals }
  })
  const byUnit = new Map(found.map(({ unit, own }) => [unit, own]))
  return {
    units: units.map(input => {
      const own = byUnit.get(input.unit)
      return own === undefined || own.size === 0 ? input : { ...input, unwritten: own }
    }),
    refusals: found.flatMap(({ refusals }) => refusals),
  }
}

/** Names of constants that lie in sections whose elements linkers merge, now or before, and hold something else now. */
function mergedIn({ verdicts: { correlation } }: UnitInput): readonly string[] {
  const [before, after] = [localObjects(correlation.original), localObjects(correlation.patched)]
  return [...after].flatMap(([family, now]) => {
    const old = before.get(family)
    if (old === undefined || ![...old, ...now].some(({ isMerged }) => isMerged)) return []
    return contentOf(old) === contentOf(now) ? [] : now.map(({ name }) => name).filter(isOfSource)
  })
}

interface LocalObject {
  readonly name: string
  readonly isMerged: boolean
  readonly content: () => string
}

/** By name, without the number that gcc and clang give to all but the first that have it. */
function localObjects({ object }: PieceMap<Side>): ReadonlyMap<string, readonly LocalObject[]> {
  const found = new Map<string, LocalObject[]>()
  for (const { name, kind, binding, place, size } of object.symbols) {
    const section = place.in === 'section' ? object.sections[place.section] : undefined
    if (kind !== 'object' || binding !== 'local' || place.in !== 'section' || section === undefined) continue
    const [start, end] = [place.offset, place.offset + Number(size)]
    const content = () => {
      // What has no bytes is zeros; what a linker or loader fills in is like nothing else.
      const bytes = section.bytes.length === 0 ? '00'.repeat(Number(size)) : hex(section.bytes.subarray(start, end))
      const isFilled = (object.relocations[place.section] ?? []).some(({ offset }) => offset >= start && offset < end)
      return isFilled ? `${name} filled in` : bytes
    }
    const family = name.replace(/\.\d+$/, '')
    const own = found.get(family) ?? []
    own.push({ name, isMerged: (section.flags & SHF_MERGE) !== 0, content })
    found.set(family, own)
  }
  return found
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const contentOf = (objects: readonly LocalObject[]) =>
  objects
    .map(({ content }) => content())
    .sort()
    .join()

interface Constant {
  readonly id: PieceId<'patched'>
  readonly name: string
}

/** What C and C++ declare themselves, as constants: names of functions, tables of classes. */
const OF_THE_LANGUAGE =
  /^(?:__func__|__FUNCTION__|__PRETTY_FUNCTION__)$|^_Z(?:T[VTISC]|Z.*E(?:8__func__|12__FUNCTION__|19__PRETTY_FUNCTION__))/

/** Not what compilers made themselves: literals (`.L.str`), tables for a switch. */
const isOfSource = (name: string): boolean =>
  !name.startsWith('.') && !isCompilerMade(name) && !OF_THE_LANGUAGE.test(sourceName(name))

function ownConstantsIn({ verdicts: { data, correlation } }: UnitInput): readonly Constant[] {
  const isReadOnly = ({ original, patched }: Judged) =>
    original !== undefined &&
    patched !== undefined &&
    sectionClassOf(correlation.original, original) === 'read-only' &&
    sectionClassOf(correlation.patched, patched) === 'read-only'
  return data.flatMap(judged => {
    const { verdict, patched } = judged
    if (verdict.kind !== 'changed' || patched?.local !== true || patched.kind !== 'data' || !isReadOnly(judged))
      return []
    return isOfSource(patched.name) ? [{ id: patched.id, name: patched.name }] : []
  })
}

function unwritten(constants: readonly Constant[], kindOf: KindOf): ReadonlyMap<PieceId<'patched'>, Unwritten> {
  return new Map(
    constants.flatMap(({ id, name }) => {
      const kind = kindOf(name)
      return kind === undefined ? [] : [[id, kind] as const]
    }),
  )
}

/** Undefined for what is declared const. Where several have a name, all of them must be. */
type KindOf = (name: string) => Unwritten | undefined

function kindsIn(bytes: Uint8Array | undefined): KindOf {
  if (bytes === undefined) return () => 'unknown'
  try {
    const object = readElf<'patched'>(bytes)
    const places = staticPlaces(object)
    return name => {
      const symbols = object.symbols.filter(symbol => symbol.name === name && symbol.place.in === 'section')
      const own = symbols.map(({ place }) => (place.in === 'section' ? places(place.section, place.offset) : undefined))
      if (own.length === 0 || own.includes(undefined)) return 'unknown'
      return own.every(place => place?.isConst === true) ? undefined : 'variable'
    }
  } catch (error) {
    if (error instanceof InputError) return () => 'unknown'
    throw error
  }
}
