/**
 * The selection, with units of the tree that the patch does not concern where new code needs something of them that the
 * program's link left out. Part of the pipeline: each selection shows which names are needed, and the tree is asked whose
 * they are, until none is left.
 */
import type { Reason } from '../../base/refusal.ts'
import { droppedNotices } from '../../select/dropped.ts'
import type { SelectRules } from '../../select/model.ts'
import { type Selection, select, type UnitInput } from '../../select/select.ts'
import { type Asked, linkedRules, namesOf } from './linked.ts'
import type { Running } from './running.ts'

/** What the units of a tree define, and how one of them becomes a unit of the run; a value, so that tests have their own. */
export interface OtherUnits {
  /** By name, the units that define it for others, but `except`. */
  definersOf(names: ReadonlySet<string>, except: ReadonlySet<string>): ReadonlyMap<string, readonly string[]>
  /** Those of `units` that are to the compiler as the tree has them, compiled. */
  compiled(units: readonly string[]): Promise<readonly UnitInput[]>
}

export interface SelectedFrom {
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  readonly notices: readonly Reason[]
}

export async function selectLinked(
  units: readonly UnitInput[],
  rules: SelectRules,
  { running, others }: { readonly running: Running; readonly others: OtherUnits },
): Promise<SelectedFrom> {
  const program = namesOf(running)
  if (program === undefined) return { units, selection: select(units, rules), notices: [] }
  let all: readonly UnitInput[] = units
  let asked: Asked = new Map()
  for (;;) {
    const own = { ...rules, ...linkedRules(program, running, asked) }
    const selection = select(all, own)
    const names = unknownNames(selection, own, asked)
    if (names.size === 0) return { units: all, selection, notices: droppedNotices(units, own) }
    const had = new Set(all.map(({ unit }) => unit))
    const definers = others.definersOf(names, had)
    // One name, one definition: which of several the program would have, only a link could tell.
    const needed = [...definers.values()].flatMap(found => (found.length === 1 ? found : []))
    const answers = [...names].map(name => {
      const isDefined = definers.has(name) || all.some(unit => defines(unit, name))
      return [name, isDefined ? 'by-a-unit' : 'by-none'] as const
    })
    asked = new Map([...asked, ...answers])
    all = [...all, ...(await others.compiled([...new Set(needed)].sort()))]
  }
}

const defines = ({ verdicts }: UnitInput, name: string): boolean =>
  verdicts.correlation.original.object.symbols.some(
    symbol => symbol.name === name && symbol.binding !== 'local' && symbol.place.in !== 'nowhere',
  )

/** Needed names of which nobody has said yet whether the program is to have them. */
function unknownNames({ pieces }: Selection, { countRunning }: SelectRules, asked: Asked): ReadonlySet<string> {
  const names = pieces.flatMap(({ references }) =>
    references.flatMap(({ link }) =>
      link.to === 'running' && countRunning?.(link.name) === undefined ? link.name : [],
    ),
  )
  return new Set(names.filter(name => !asked.has(name)).sort())
}
