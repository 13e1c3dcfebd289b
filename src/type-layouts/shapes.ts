/**
 * What a patch does to types that live across it. A member more in a structure compiles well, every function that uses
 * it is replaced, and the objects that already exist have the old layout: no comparison of code sees that.
 *
 * For each changed type: what differs, who uses it, and whether objects of it can be there when the patch is applied.
 * Likewise functions whose parameters changed while a caller stays. Refusing a harmless change costs the user a word
 * (`--accept-type`); missing a harmful one corrupts a running system. So in doubt it is refused.
 *
 * In:  debug information of both texts of each affected unit, and what the payload replaces.
 * Out: refusals; notices for what was accepted or found harmless.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import { type Changed, type ComparedUnit, compareUnitTypes } from './changed.ts'
import { livingTypes, type Reasons, textReason, usersOf } from './living.ts'
import type { ShapeQuestions, ShapeUnit, TypeChange } from './model.ts'
import { changedPrototypes } from './prototypes.ts'
import type { TypeKey } from './unit-types.ts'
import {
  acceptedNotice,
  harmlessNotice,
  prototypeRefusal,
  shapeRefusal,
  takenOverNotice,
  unmatchedWarning,
} from './words.ts'

export type * from './model.ts'

/** The units compared, each by itself. */
export class Shapes {
  readonly #units: readonly ComparedUnit[]
  readonly #changed: ReadonlyMap<TypeKey, readonly Found[]>
  /** Asked for only where a type changed, and once. */
  #known: Reasons | undefined

  constructor(units: readonly ShapeUnit[]) {
    this.#units = units.map(compareUnitTypes)
    const changed = new Map<TypeKey, Found[]>()
    for (const unit of this.#units)
      for (const each of unit.changed.values())
        changed.set(each.key, [...(changed.get(each.key) ?? []), { unit, each }])
    this.#changed = changed
  }

  /** Units whose text has to be looked at before `judge` can tell: nothing else says that a changed type lives. */
  doubtfulUnits(): readonly string[] {
    if (this.#changed.size === 0) return []
    const doubtful = [...this.#changed].filter(([key, found]) => !this.#living.has(key) && !isOwnWitness(found))
    return [...new Set(doubtful.flatMap(([, found]) => found.map(({ unit }) => unit.shape.unit)))]
  }

  judge(accepted: readonly string[], questions: ShapeQuestions): ShapeVerdict {
    const changes = this.#typeChanges(questions)
    const prototypes = changedPrototypes(this.#units, questions)
    const isAccepted = (names: ReadonlySet<string>) => accepted.some(name => name === '*' || names.has(plain(name)))
    const living = changes.filter(({ lives }) => lives !== undefined)
    const calls = prototypes.filter(({ name }) => !isAccepted(new Set([name])))
    const known = new Set([...changes.flatMap(({ names }) => [...names]), ...prototypes.map(({ name }) => name), '*'])
    return {
      refusals: [
        ...living.filter(({ names }) => !isAccepted(names)).map(each => shapeRefusal(each, questions.ways)),
        ...calls.map(prototypeRefusal),
      ],
      notices: [
        ...living.filter(({ names }) => isAccepted(names)).map(acceptedNotice),
        ...prototypes.filter(each => !calls.includes(each)).map(({ name, text }) => acceptedPrototype(name, text)),
        ...changes
          .filter(({ lives }) => lives === undefined)
          .map(change => (change.isTakenOver ? takenOverNotice(change) : harmlessNotice(change))),
      ],
      warnings: accepted.filter(name => !known.has(plain(name))).map(unmatchedWarning),
    }
  }

  /** One for each cause; what changed only because of it is told with it. */
  #typeChanges({ textOf }: ShapeQuestions): readonly TypeChange[] {
    if (this.#changed.size === 0) return []
    const causes = [...this.#changed].filter(([, found]) => found.some(({ each }) => each.because.length === 0))
    return causes.map(([key, found]) => {
      const first = found.find(({ each }) => each.because.length === 0) ?? found[0]
      const { functions, data } = usersOf(this.#units, key)
      const others = othersOf(found)
      const witness = others === undefined ? OWN_WITNESS : `these may take it for what it was: ${others.join(', ')}`
      const lives = isOwnWitness(found) ? witness : (this.#living.get(key) ?? textReason(this.#units, key, textOf))
      return {
        name: key,
        names: new Set(found.flatMap(({ each }) => each.names)),
        differences: differencesIn(found),
        isLess: isLess(found),
        moved: this.#movedBy(key),
        units: found.map(({ unit }) => unit.shape.unit),
        lives: others?.length === 0 ? undefined : lives,
        isTakenOver: others?.length === 0,
        functions,
        data,
        place: placeOf(first),
      }
    })
  }

  get #living(): Reasons {
    this.#known ??= livingTypes(this.#units)
    return this.#known
  }

  #movedBy(key: TypeKey): readonly string[] {
    return [...this.#changed]
      .filter(([, found]) => found.some(({ each }) => each.because.includes(key)))
      .map(([holder]) => holder)
  }
}

/** Who keeps the members has the old layout again: then the code that does without them can be built. */
function isLess(found: readonly Found[]): boolean {
  const all = new Set(found.flatMap(({ each }) => each.differences.map(({ what }) => what)))
  const follows = ['gone', 'moved', 'size', 'alignment']
  return all.has('gone') && [...all].every(what => follows.includes(what)) && !found.some(({ each }) => each.isData)
}

/** What makes the change first, what only moved because of it last. */
function differencesIn(found: readonly Found[]): readonly string[] {
  const all = found.flatMap(({ each }) => each.differences)
  const moved = all.filter(({ what }) => what === 'moved')
  return [...new Set([...all.filter(({ what }) => what !== 'moved'), ...moved].map(({ text }) => text))]
}

interface Found {
  readonly unit: ComparedUnit
  readonly each: Changed
}

export interface ShapeVerdict {
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
  readonly warnings: readonly Reason[]
}

const OWN_WITNESS = 'what holds such values cannot be told by its type'

/** Static data lives, and numbers without a type may be kept anywhere; so may the values of an enumeration. */
function isOwnWitness(found: readonly Found[]): boolean {
  return found.some(
    ({ each }) => each.isData || each.key.startsWith('enum {') || each.differences.some(({ what }) => what === 'value'),
  )
}

/** Who else uses a datum of which only the type changed; undefined of other changes, and where it is not known. */
function othersOf(found: readonly Found[]): readonly string[] | undefined {
  if (!found.every(({ each }) => each.isData && each.keepsKinds === true)) return undefined
  const others = found.map(({ unit, each }) => unit.shape.othersUsing?.(each.names[0] ?? ''))
  return others.includes(undefined) ? undefined : [...new Set(others.flatMap(names => names ?? []))]
}

function placeOf(found: Found | undefined): TypeChange['place'] {
  const place = found?.each.place
  return found === undefined || place === undefined
    ? undefined
    : { file: found.unit.shape.pathOf(place.file), line: place.line }
}

/** `domain` for `struct domain`. */
function plain(name: string): string {
  return name.replace(/^(?:struct|union|enum|typedef)\s+/, '')
}

function acceptedPrototype(name: string, text: string): Reason {
  return { code: 'type-accepted', text: `${name} was accepted though its prototype changed: ${text}` }
}
