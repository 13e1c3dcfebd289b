/**
 * Functions whose parameters or result changed while somebody stays who calls them as before: code that is not replaced,
 * data that holds their address, units that the patch does not concern and assembly.
 *
 * A function that is only declared in the affected units was not compiled again: its code takes what it always took.
 * One that moved from one of them to another is compared by the words for its types, since each has types of its own.
 */
import type { DebugFunction } from '../dwarf/index.ts'
import type { ComparedUnit } from './changed.ts'
import type { PrototypeChange, ShapeQuestions } from './model.ts'
import type { UnitTypes } from './unit-types.ts'

export function changedPrototypes(
  units: readonly ComparedUnit[],
  { referrersOf }: ShapeQuestions,
): readonly PrototypeChange[] {
  const defined = new Set(units.flatMap(({ shape }) => shape.patched.functions.filter(isDefined).map(nameOf)))
  const found = new Map<string, PrototypeChange>()
  for (const unit of units) {
    const after = new Map(unit.shape.patched.functions.map(each => [each.name, each]))
    for (const before of unit.shape.original.functions) {
      const now = after.get(before.name)
      const isForeign = before.declared && now?.declared === true && !defined.has(before.name)
      const moved = movedChange(units, unit, before)
      if (moved !== undefined) {
        const callers = callersOf(units, unit, before, referrersOf)
        if (callers.length > 0) found.set(keyOf(unit, before), { ...moved, callers })
      }
      if (now === undefined || !(isForeign || (isDefined(before) && isDefined(now)))) continue
      if (unit.comparison.isSamePrototype(before.prototype, now.prototype)) continue
      const callers = isForeign
        ? [`${before.name} itself, which is not compiled again`]
        : callersOf(units, unit, before, referrersOf)
      if (callers.length === 0 || found.has(keyOf(unit, before))) continue
      found.set(keyOf(unit, before), describe(unit, before, now, callers))
    }
  }
  return [...found.values()]
}

const isDefined = ({ declared }: DebugFunction) => !declared
const nameOf = ({ name }: DebugFunction) => name

/** A function that other units can call is one, wherever it is seen. */
function keyOf({ shape }: ComparedUnit, { name, external }: DebugFunction): string {
  return external ? name : `${shape.unit} ${name}`
}

function callersOf(
  units: readonly ComparedUnit[],
  home: ComparedUnit,
  { name, external }: DebugFunction,
  referrersOf: ShapeQuestions['referrersOf'],
): readonly string[] {
  const near = external ? units : [home]
  const inside = near.flatMap(({ shape }) => shape.referredTo(name))
  return [...new Set(inside), ...(external ? referrersOf(name) : [])]
}

/** What became of a function that other units can call and that another unit defines now; undefined where all is as before. */
function movedChange(
  units: readonly ComparedUnit[],
  home: ComparedUnit,
  before: DebugFunction,
): Omit<PrototypeChange, 'callers'> | undefined {
  const find = ({ shape }: ComparedUnit) =>
    shape.patched.functions.find(each => isDefined(each) && each.name === before.name)
  if (!isDefined(before) || !before.external || find(home) !== undefined) return undefined
  const target = units.find(unit => find(unit)?.external === true)
  const now = target && find(target)
  if (target === undefined || now === undefined) return undefined
  const [was, is] = [words(home.comparison.before, before), words(target.comparison.after, now)]
  if (was === is) return undefined
  const { file, line } = now.place ?? {}
  const place = file === undefined || line === undefined ? undefined : { file: target.shape.pathOf(file), line }
  return { name: before.name, unit: target.shape.unit, text: `it was ${was} and is ${is}`, place }
}

function words(types: UnitTypes, { name, prototype }: DebugFunction): string {
  return `${types.words(prototype.returns)} ${name}(${types.parameterWords(prototype)})`
}

function describe(
  { shape, comparison }: ComparedUnit,
  before: DebugFunction,
  now: DebugFunction,
  callers: readonly string[],
): PrototypeChange {
  const place = now.place ?? before.place
  return {
    name: before.name,
    unit: shape.unit,
    text: `it was ${words(comparison.before, before)} and is ${words(comparison.after, now)}`,
    callers,
    place: place === undefined ? undefined : { file: shape.pathOf(place.file), line: place.line },
  }
}
