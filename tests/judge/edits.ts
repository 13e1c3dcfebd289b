/** Edits of a drawn program. Each changes the program that it is given, or returns false where it finds nothing to do. */
import { drawRoutine, ENTRY_LEVEL } from './generate.ts'
import {
  chance,
  constant,
  type Draw,
  fresh,
  headerOf,
  idsIn,
  isTaken,
  type Program,
  pick,
  type Routine,
  routinesOf,
  type Statement,
  sourcesOf,
  textOf,
  type UnitText,
  type Variable,
} from './model.ts'
import { drawStatement } from './statements.ts'

type Edit = (program: Program, draw: Draw) => boolean | undefined

interface Place {
  readonly unit: UnitText
  readonly routine: Routine
}

/** Functions of all units, in the header too where asked. */
function places({ units }: Program, wanted: (place: Place) => boolean = () => true): readonly Place[] {
  return units.flatMap(unit => unit.routines.map(routine => ({ unit, routine }))).filter(wanted)
}

const any = <T>(draw: Draw, from: readonly T[]): T | undefined => (from.length === 0 ? undefined : pick(draw, from))
const spotOf = (program: Program, { unit, routine }: Place) => ({ program, unit, level: routine.level })
const without = <T>(list: readonly T[], one: T): T[] => list.filter(each => each !== one)
const isInSource =
  (program: Program) =>
  ({ unit }: Place) =>
    unit !== headerOf(program)

function insert(draw: Draw, { routine }: Place, statement: Statement): void {
  routine.statements.splice(draw(routine.statements.length + 1), 0, statement)
}

/** One constant for another, in code or in what the code holds: texts, tables, cases. */
const exchange: Edit = (program, draw) => {
  const all = places(program).flatMap(({ routine }) =>
    routine.statements.flatMap(statement =>
      [...statement.text.matchAll(/\b[1-9]\d\b/g)].map(hit => ({ statement, hit })),
    ),
  )
  const found = any(draw, all)
  if (found === undefined) return false
  const { statement, hit } = found
  const value = 11 + ((Number(hit[0]) + draw(60)) % 88)
  statement.text = `${statement.text.slice(0, hit.index)}${value}${statement.text.slice(hit.index + 2)}`
  return value !== Number(hit[0])
}

const branch: Edit = (program, draw) => {
  insert(draw, pick(draw, places(program)), { text: `if ((n & 3) == ${draw(4)}) r += ${constant(draw)};`, locals: [] })
  return true
}

const more: Edit = (program, draw) => {
  const place = pick(draw, places(program))
  insert(draw, place, drawStatement(draw, spotOf(program, place)))
  return true
}

const less: Edit = (program, draw) => {
  const place = any(
    draw,
    places(program, ({ routine }) => routine.statements.length > 1),
  )
  if (place === undefined) return false
  place.routine.statements.splice(draw(place.routine.statements.length), 1)
  return true
}

const swap: Edit = (program, draw) => {
  const place = any(
    draw,
    places(program, ({ routine }) => routine.statements.length > 1),
  )
  if (place === undefined) return false
  const { statements } = place.routine
  const at = draw(statements.length - 1)
  statements.splice(at, 2, ...statements.slice(at, at + 2).reverse())
  return true
}

/** Once more what is there already, with static locals of the same names. */
const again: Edit = (program, draw) => {
  const place = pick(draw, places(program))
  const found = any(
    draw,
    place.routine.statements.filter(({ text }) => !text.includes('&&')),
  )
  if (found === undefined) return false
  const ids = new Map(found.locals.map(({ id }) => [id, fresh(program, 'v')]))
  const copy = {
    text: found.text.replace(/@(\w+)@/g, (whole, id: string) => (ids.has(id) ? `@${ids.get(id)}@` : whole)),
    locals: found.locals.map(local => ({ ...local, id: ids.get(local.id) ?? local.id })),
  }
  insert(draw, place, copy)
  // Beside each other nothing in the text tells the two apart, and a patch says that the second is new.
  const { statements } = place.routine
  const at = statements.indexOf(copy)
  if (statements[at + 1] === found) statements.splice(at, 2, found, copy)
  return true
}

const lines: Edit = (program, draw) => {
  pick(draw, program.units).moved += 1 + draw(9)
  return true
}

const beginning: Edit = (program, draw) => {
  const place = pick(draw, places(program, isInSource(program)))
  const { id } = addRoutine(program, draw, place)
  insert(draw, place, { text: `r += @${id}@(n);`, locals: [] })
  return true
}

function addRoutine(program: Program, draw: Draw, { unit, routine }: Place): Routine {
  const level = Math.max(0, Math.min(routine.level - 1, ENTRY_LEVEL - 1))
  // Below the lowest there is nothing that it could be called from but its own level.
  const added = drawRoutine(
    draw,
    { program, unit, level: routine.level === 0 ? -1 : level },
    pick(draw, ['static', 'global']),
  )
  added.level = level
  unit.routines.unshift(added)
  return added
}

/** A statement becomes a function; what it keeps goes with it. */
const outline: Edit = (program, draw) => {
  const place = any(
    draw,
    places(
      program,
      each => isInSource(program)(each) && each.routine.statements.some(({ text }) => !text.includes('return')),
    ),
  )
  if (place === undefined) return false
  const { unit, routine } = place
  const moved = pick(
    draw,
    routine.statements.filter(({ text }) => !text.includes('return')),
  )
  const id = fresh(program, 'f')
  const attributes = pick(draw, ['', 'noinline'])
  const name = `outlined_${id}`
  unit.routines.unshift({
    id,
    name,
    level: routine.level,
    linkage: 'static',
    takes: 'two',
    attributes,
    statements: [moved],
  })
  routine.statements[routine.statements.indexOf(moved)] = { text: `r = @${id}@(n, r);`, locals: [] }
  return true
}

const deletion: Edit = (program, draw) => {
  const place = any(
    draw,
    places(
      program,
      each => isInSource(program)(each) && each.routine.level < ENTRY_LEVEL && !isTaken(program, each.routine.id),
    ),
  )
  if (place === undefined) return false
  const { id } = place.routine
  for (const unit of program.units) {
    unit.routines = unit.routines.filter(routine => routine.id !== id)
    for (const routine of unit.routines)
      routine.statements = routine.statements.filter(({ text }) => !idsIn(text).includes(id))
  }
  return true
}

const renaming: Edit = (program, draw) => {
  const isFree = ({ routine }: Place) => routine.linkage === 'static' && !isTaken(program, routine.id)
  const place = any(draw, places(program, isFree))
  if (place === undefined) return false
  place.routine.name = `renamed_${fresh(program, 'n')}`
  return true
}

const moving: Edit = (program, draw) => {
  const place = any(
    draw,
    places(
      program,
      ({ unit, routine }) => routine.linkage === 'global' && routine.level < ENTRY_LEVEL && isMovable(unit, routine),
    ),
  )
  if (place === undefined) return false
  const { unit, routine } = place
  const others = sourcesOf(program).filter(
    each => each !== unit && !each.routines.some(({ id, name }) => id === routine.id || name === routine.name),
  )
  const other = any(draw, others)
  if (other === undefined) return false
  unit.routines = without(unit.routines, routine)
  other.routines.push(routine)
  if (chance(draw, 50)) insert(draw, { unit: other, routine }, { text: `r += ${constant(draw)};`, locals: [] })
  return true
}

/** Whether it needs nothing that only its unit has. */
function isMovable(unit: UnitText, routine: Routine): boolean {
  const own = new Set([
    ...unit.variables.filter(({ linkage }) => linkage === 'static').map(({ id }) => id),
    ...unit.routines.filter(({ linkage }) => linkage === 'static').map(({ id }) => id),
  ])
  const isAliased =
    unit.aliases.some(({ of }) => of === routine.id) || unit.entries.some(({ run }) => run === routine.id)
  return !isAliased && !idsIn(textOf(routine)).some(id => own.has(id))
}

const strength: Edit = (program, draw) => {
  const isOffered = ({ routine: { linkage, level } }: Place) =>
    (linkage === 'global' || linkage === 'weak') && level < ENTRY_LEVEL
  const place = any(draw, places(program, isOffered))
  if (place === undefined) return false
  const { unit, routine } = place
  const twins = routinesOf(program).filter(({ id }) => id === routine.id)
  if (twins.length > 1) {
    // One of two that are called the same goes.
    if (unit.aliases.some(({ of }) => of === routine.id) || unit.entries.some(({ run }) => run === routine.id))
      return false
    unit.routines = without(unit.routines, routine)
  } else if (routine.linkage === 'global') routine.linkage = 'weak'
  else if (chance(draw, 50)) routine.linkage = 'global'
  else {
    const other = pick(
      draw,
      sourcesOf(program).filter(each => each !== unit),
    )
    const { id, name, level } = routine
    other.routines.push({ ...drawRoutine(draw, { program, unit: other, level }, 'global'), id, name })
  }
  return true
}

const alias: Edit = (program, draw) => {
  const found = any(
    draw,
    program.units.flatMap(unit => unit.aliases.map(each => ({ unit, each }))),
  )
  if (found === undefined) return false
  const { unit, each } = found
  const others = unit.routines.filter(({ id, level, linkage }) => id !== each.of && level === 0 && linkage === 'global')
  const other = any(draw, others)
  if (other !== undefined && chance(draw, 60)) {
    each.of = other.id
    return true
  }
  // It becomes a function of its own.
  unit.aliases = without(unit.aliases, each)
  unit.routines.push({ ...drawRoutine(draw, { program, unit, level: 0 }, 'global'), id: each.id, name: each.name })
  return true
}

const set: Edit = (program, draw) => {
  const found = any(
    draw,
    program.units.flatMap(unit => unit.entries.map(entry => ({ unit, entry }))),
  )
  if (found === undefined || chance(draw, 40)) {
    const unit = pick(draw, sourcesOf(program))
    unit.entries.push({ name: `entry_${fresh(program, 'e')}`, factor: Number(constant(draw)), run: '' })
  } else if (chance(draw, 50)) found.unit.entries = without(found.unit.entries, found.entry)
  else found.entry.factor = Number(constant(draw))
  return true
}

const linkage: Edit = (program, draw) => {
  const names = (name: string) =>
    sourcesOf(program).filter(unit => [...unit.routines, ...unit.variables].some(each => each.name === name)).length
  const users = (id: string) =>
    sourcesOf(program).filter(
      unit =>
        unit.routines.some(routine => idsIn(textOf(routine)).includes(id)) ||
        unit.variables.some(({ first }) => first === id),
    )
  const candidates: readonly (Routine | Variable)[] = sourcesOf(program).flatMap(unit => [
    ...unit.routines.filter(
      ({ level, linkage, id }) =>
        level < ENTRY_LEVEL &&
        (linkage === 'static' || linkage === 'global') &&
        routinesOf(program).filter(each => each.id === id).length === 1 &&
        !unit.aliases.some(({ of }) => of === id),
    ),
    ...unit.variables.filter(
      ({ linkage, form }) => (linkage === 'static' || linkage === 'global') && form !== 'thread',
    ),
  ])
  const one = any(draw, candidates)
  if (one === undefined || names(one.name) > 1 || users(one.id).length > 1) return false
  const isOwn = (unit: UnitText) => [...unit.routines, ...unit.variables].some(({ id }) => id === one.id)
  if (one.linkage === 'global' && !users(one.id).every(isOwn)) return false
  one.linkage = one.linkage === 'static' ? 'global' : 'static'
  return true
}

const first: Edit = (program, draw) => {
  const one = any(
    draw,
    program.units.flatMap(({ variables }) => variables).filter(({ form }) => form === 'number'),
  )
  if (one === undefined) return false
  one.first = constant(draw)
  if (one.linkage === 'common') one.linkage = 'global'
  return true
}

const attribute: Edit = (program, draw) => {
  const place = pick(draw, places(program, isInSource(program)))
  const next = pick(draw, ['', 'noinline', 'cold', 'section(".text.other")', 'section("own_code")', 'aligned(64)'])
  if (next === place.routine.attributes) return false
  place.routine.attributes = next
  return true
}

/** A static local goes to the top of its file, with its name. */
const hoist: Edit = (program, draw) => {
  const all = places(program, isInSource(program)).flatMap(place =>
    place.routine.statements.flatMap(statement => statement.locals.map(local => ({ place, statement, local }))),
  )
  const found = any(draw, all)
  if (found === undefined) return false
  const { place, statement, local } = found
  if (place.unit.variables.some(({ name }) => name === local.name)) return false
  statement.locals = without(statement.locals, local)
  place.unit.variables.push({ ...local, linkage: 'static' })
  return true
}

export const EDITS: Readonly<Record<string, Edit>> = {
  exchange,
  branch,
  more,
  less,
  swap,
  again,
  lines,
  beginning,
  outline,
  deletion,
  renaming,
  moving,
  strength,
  alias,
  set,
  linkage,
  first,
  attribute,
  hoist,
}
