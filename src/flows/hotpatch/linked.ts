/**
 * What the given program says of names, as the select stage asks it. Part of the pipeline.
 *
 * A name that the program has not may be a library's, and only the process tells. But where a unit of the tree defines it,
 * it is the program's own, and its link left it out; so such names are asked of the tree (`select-linked.ts`), and what
 * came of it is `asked`.
 */
import { definitionsIn } from '../../program/definitions.ts'
import type { LinkedProgram } from '../../program/linked-program.ts'
import { boundedSection } from '../../program/program-names.ts'
import type { Linked, SelectRules, UnitInput } from '../../select/model.ts'
import type { Running } from './running.ts'

/** By name: whether a unit of the tree defines it. */
export type Asked = ReadonlyMap<string, 'by-a-unit' | 'by-none'>

/** Undefined where no program is given, or its names were stripped off. */
export function namesOf({ program }: Pick<Running, 'program'>): LinkedProgram | undefined {
  return program?.hasSymbols === true ? program : undefined
}

export function linkedRules(
  program: LinkedProgram,
  { brought }: Pick<Running, 'brought'>,
  asked: Asked,
): Pick<SelectRules, 'countRunning' | 'linked'> {
  return {
    countRunning: name => {
      const own = program.find(name).length
      if (own > 0) return own
      if (brought?.things.has(name) === true) return 1
      if (name.includes('#')) return 0
      if (program.isImported(name)) return undefined
      const bounded = boundedSection(name)
      if (bounded !== undefined && program.hasSection(bounded)) return 0
      const answer = asked.get(name)
      return answer === 'by-a-unit' || (answer === 'by-none' && !program.isDynamic) ? 0 : undefined
    },
    linked: linkedIn(program),
  }
}

function linkedIn(program: LinkedProgram): Linked {
  const units = new Map<UnitInput, boolean>()
  return {
    count: name => program.find(name).length,
    lacks: ({ fileSymbol, verdicts }, { symbols }) => {
      const { object } = verdicts.correlation.original
      const names = symbols.flatMap(id => {
        const symbol = object.symbols[id]
        return symbol === undefined ? [] : [{ name: symbol.name, local: symbol.binding === 'local' }]
      })
      return program.lacks(fileSymbol, names)
    },
    hasUnit: input => {
      const known = units.get(input) ?? isLinked(program, input)
      units.set(input, known)
      return known
    },
  }
}

/** A program without libraries is all that runs; else one of the unit's definitions is to be there. */
function isLinked(program: LinkedProgram, { verdicts }: UnitInput): boolean {
  if (!program.isDynamic) return true
  const definitions = definitionsIn(verdicts.correlation.original.object)
  return [...definitions].some(([name, { strength }]) => strength === 'strong' && program.find(name).length === 1)
}
