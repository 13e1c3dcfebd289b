/**
 * What names say of the units of a tree and of its linked files: which of these may be made of which units. Part of the
 * pipeline. It depends on what the files hold and on nothing else, and is kept by that.
 */
import { readOutline } from '../../elf/index.ts'
import { LinkedUnits, type MadeOf, type Traces, tracesOf } from '../../program/linked-units.ts'
import { keptAnswer, programFile, type Tree, type Unit } from '../../trees/index.ts'
import { readable } from './own-evidence.ts'

/** What of a unit can be seen in what is linked. */
export interface UnitFact {
  readonly unit: Unit
  /** As its FILE symbol says; empty where it has none. */
  readonly file: string
  readonly leavesTraces: boolean
}

export interface FileFact {
  readonly path: string
  /** Undefined of a file that has no names, or is damaged. */
  readonly units: ReadonlyMap<Unit, MadeOf> | undefined
  /** How many objects of each unit's file name it has. */
  readonly counts: ReadonlyMap<Unit, number>
}

export interface OwnFacts {
  /** Those that have an object that can be read. */
  readonly units: readonly UnitFact[]
  readonly files: readonly FileFact[]
}

/** Goes up with whatever changes what is found, or how it is written. */
const QUESTION = 'which linked file is made of which unit 1'

export function ownFacts(tree: Tree, all: readonly Unit[], paths: readonly string[]): OwnFacts {
  const units = all.filter(({ object }) => object !== undefined)
  const files = [...units.flatMap(({ object }) => object ?? []), ...paths]
  const answer = keptAnswer(tree, { name: `${QUESTION} ${units.length}`, files }, () => found(units, paths))
  const told = units.flatMap((unit, at) => {
    const [kind, file = ''] = split(answer[at])
    return kind === NOTHING ? [] : { unit, file, leavesTraces: kind === 'traces' }
  })
  return {
    units: told,
    files: paths.map((path, row) => {
      const [kind] = split(answer[units.length * (row + 1) + row])
      const words = answer.slice(units.length * (row + 1) + row + 1, units.length * (row + 2) + row + 1)
      const made = units.map((unit, at) => [unit, split(words[at])] as const)
      return {
        path,
        units: kind === NOTHING ? undefined : new Map(made.map(([unit, fields]) => [unit, madeOf(fields)])),
        counts: new Map(made.map(([unit, [, count]]) => [unit, Number(count)])),
      }
    }),
  }
}

const NOTHING = '-'
const split = (text = NOTHING) => text.split('\0')

/** A word for each unit, then for each file one of its own and one for each unit. */
function found(units: readonly Unit[], paths: readonly string[]): readonly string[] {
  const traces = units.map(tracesIn)
  const words = traces.map(each =>
    each === undefined ? NOTHING : `${each.traces.length > 0 ? 'traces' : 'none'}\0${each.file ?? ''}`,
  )
  return [...words, ...paths.flatMap(path => inFile(path, traces))]
}

function tracesIn({ object = '' }: Unit): Traces | undefined {
  return readable(() => tracesOf(readOutline<'original'>(programFile(object))))
}

function inFile(path: string, traces: readonly (Traces | undefined)[]): readonly string[] {
  const names = readable(() => new LinkedUnits(readOutline<'original'>(programFile(path))))
  if (names?.haveNames !== true) return [NOTHING, ...traces.map(() => NOTHING)]
  const made = traces.map(each => {
    if (each === undefined) return NOTHING
    const is = names.madeOf(each)
    return `${is.is}\0${names.countOf(each.file ?? '')}\0${'name' in is ? is.name : ''}`
  })
  return ['named', ...made]
}

function madeOf([is, , name = '']: readonly string[]): MadeOf {
  if (is === 'linked') return { is }
  return is === 'other' ? { is, name } : { is: 'absent' }
}
