/** Draws a program of two to six units. */
import {
  chance,
  constant,
  type Draw,
  fresh,
  HEADER,
  headerOf,
  type Language,
  type Program,
  pick,
  type Routine,
  sourcesOf,
  type UnitText,
} from './model.ts'
import { drawStatement } from './statements.ts'

/** Of the functions that the program's fixed part calls, one in each unit. */
export const ENTRY_LEVEL = 3

const emptyUnit = (name: string): UnitText => ({
  name,
  variables: [],
  routines: [],
  aliases: [],
  entries: [],
  moved: 0,
})

export function drawProgram(draw: Draw, language: Language, isSmall: boolean): Program {
  const suffix = language === 'c' ? 'c' : 'cc'
  const names = Array.from(
    { length: 2 + (isSmall ? draw(2) : chance(draw, 70) ? draw(3) : draw(5)) },
    (_, at) => `u${at + 1}.${suffix}`,
  )
  const program: Program = { language, units: [HEADER, ...names].map(emptyUnit), last: 100 }
  for (let count = draw(3); count > 0; count--) {
    const routine = drawRoutine(draw, { program, unit: headerOf(program), level: -1 }, 'inline')
    headerOf(program).routines.push(routine)
  }
  for (const level of [0, 1, 2]) {
    for (const unit of sourcesOf(program)) {
      for (let count = (level === 0 ? 1 : 0) + draw(level === 0 ? 3 : 2); count > 0; count--)
        drawInto(draw, { program, unit, level })
    }
    if (level === 0) drawBetween(draw, program)
  }
  sourcesOf(program).forEach((unit, at) => {
    const statements = Array.from({ length: 2 + draw(3) }, () =>
      drawStatement(draw, { program, unit, level: ENTRY_LEVEL }),
    )
    unit.routines.push({
      id: `enter_${at + 1}`,
      name: `enter_${at + 1}`,
      level: ENTRY_LEVEL,
      linkage: 'global',
      takes: 'one',
      attributes: '',
      statements,
    })
  })
  return program
}

interface Spot {
  readonly program: Program
  readonly unit: UnitText
  readonly level: number
}

export function drawRoutine(draw: Draw, spot: Spot, linkage: Routine['linkage']): Routine {
  const id = fresh(spot.program, 'f')
  const base = pick(draw, ['work', 'help', 'step'])
  const isFree = linkage === 'static' && !spot.unit.routines.some(({ name }) => name === base)
  const statements = Array.from({ length: 1 + draw(4) }, () => drawStatement(draw, spot))
  const attributes = pick(draw, [
    '',
    '',
    '',
    'noinline',
    'noinline',
    'section(".text.own")',
    'section("own_code")',
    'cold',
  ])
  return {
    id,
    name: isFree && chance(draw, 50) ? base : `${base}_${id}`,
    level: spot.level,
    linkage,
    takes: 'one',
    attributes: linkage === 'inline' ? '' : attributes,
    statements,
  }
}

function drawInto(draw: Draw, spot: Spot): void {
  const { program, unit } = spot
  const routine = drawRoutine(draw, spot, pick(draw, ['static', 'static', 'global', 'global', 'weak']))
  unit.routines.push(routine)
  // Beside a weak one that is strong: whose callers are they?
  if (routine.linkage !== 'weak' || !chance(draw, 10)) return
  const other = pick(
    draw,
    sourcesOf(program).filter(each => each !== unit),
  )
  const { id, name, level } = routine
  other.routines.push({
    ...drawRoutine(draw, { program, unit: other, level }, pick(draw, ['global', 'weak'])),
    id,
    name,
  })
}

/** Aliases and entries, which lead to functions of the lowest level. */
function drawBetween(draw: Draw, program: Program): void {
  for (const unit of sourcesOf(program)) {
    const [own] = unit.routines.filter(({ linkage }) => linkage === 'global')
    if (own !== undefined && chance(draw, 30)) {
      const id = fresh(program, 'f')
      unit.aliases.push({ id, name: `${own.name}_too`, of: own.id, isWeak: chance(draw, 30) })
    }
    if (chance(draw, 25)) {
      const runs = unit.routines.filter(({ level }) => level === 0)
      const run = runs.length === 0 || chance(draw, 40) ? '' : pick(draw, runs).id
      unit.entries.push({ name: `entry_${fresh(program, 'e')}`, factor: Number(constant(draw)), run })
    }
  }
}
