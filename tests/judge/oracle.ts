/**
 * The oracle: one program that has all versions in it, and a switch. Its variables are one each, whatever version uses
 * them, so that going on with what was there before is no work: nothing is carried from one process to another. Compiled
 * without optimisation by gcc, and run as it is; it knows nothing of objects, symbols or hotpatches.
 *
 * A function that a version does not have any more goes on as it last was, for whoever still holds its address.
 */
import { type Program, type Routine, textOf, type UnitText, variablesOf } from './model.ts'
import { declare, initialiser, PRELUDE, STEPPING, stepText } from './units.ts'

/** One version that the program runs as, and whether its variables that the first has not begin with it. */
export interface Version {
  readonly program: Program
  readonly beginsAnew: boolean
}

/** C text. `s1` switches to version 1, `z1` starts as version 1 would. */
export function oracleText(versions: readonly Version[]): string {
  const views = versions.map((version, at) => new View(version, at, versions[0]?.program ?? version.program))
  const variables = declarations(views)
  const ids = [...new Set(views.flatMap(({ routines }) => [...routines.keys()]))]
  const takes = (id: string) =>
    views.map(({ routines }) => routines.get(id)?.routine.takes).find(each => each !== undefined)
  const parameters = (id: string) => (takes(id) === 'two' ? 'unsigned n, unsigned r' : 'unsigned n')
  const wrappers = ids.map(id => {
    const rows = views.map(
      ({ at }) => `    case ${at}: return ${id}_${versionOf(views, id, at)}(n${takes(id) === 'two' ? ', r' : ''});`,
    )
    return `unsigned ${id}(${parameters(id)})\n{\n    switch (version) {\n${rows.join('\n')}\n    }\n    return 0;\n}\n`
  })
  const starts = views.map(view => `        case ${view.at}: ${starting(view, variables).join(' ')} break;`)
  return [
    PRELUDE,
    'static unsigned version;',
    ...ids.map(id => `unsigned ${id}(${parameters(id)});`),
    ...[...variables.values()],
    ...views.map(view => view.set()),
    ...views.flatMap(view => [...view.routines].map(([id, found]) => view.text(id, found, parameters(id)))),
    ...wrappers,
    STEPPING,
    stepText(views[0]?.program ?? { language: 'c', units: [], last: 0 }),
    'static int command(char letter, unsigned n)\n{',
    '    version = n;',
    `    if (letter == 'z') switch (n) {\n${starts.join('\n')}\n    }`,
    '    return 0;\n}\n',
  ].join('\n')
}

interface Found {
  readonly unit: UnitText
  readonly routine: Routine
}

/** One version, as the oracle has it. */
class View {
  readonly program: Program
  readonly at: number
  /** By id, the definition that the linker takes: a strong one, else the first. */
  readonly routines: ReadonlyMap<string, Found>
  readonly #names: ReadonlyMap<string, string>

  constructor({ program, beginsAnew }: Version, at: number, first: Program) {
    this.program = program
    this.at = at
    const routines = new Map<string, Found>()
    for (const unit of program.units) {
      for (const routine of unit.routines) {
        const other = routines.get(routine.id)?.routine
        if (other === undefined || (other.linkage === 'weak' && routine.linkage !== 'weak'))
          routines.set(routine.id, { unit, routine })
      }
    }
    this.routines = routines
    const old = new Set(variablesOf(first).map(({ id }) => id))
    const names = new Map(variablesOf(program).map(({ id }) => [id, beginsAnew && !old.has(id) ? `${id}_anew` : id]))
    for (const { id, of } of program.units.flatMap(({ aliases }) => aliases)) names.set(id, of)
    this.#names = names
  }

  readonly nameOf = (id: string): string => this.#names.get(id) ?? id

  text(id: string, { unit, routine }: Found, parameters: string): string {
    const body = textOf(routine)
      .replace(/@(\w+)@/g, (_, name: string) => this.nameOf(name))
      .replaceAll('__FILE__', JSON.stringify(unit.name))
      .replace(/BEGIN/g, `steps_${this.at}`)
      .replace(/END/g, `(steps_${this.at} + sizeof steps_${this.at} / sizeof *steps_${this.at})`)
    const own = routine.takes === 'one' ? '    unsigned r = n;\n' : ''
    return `static unsigned ${id}_${this.at}(${parameters})\n{\n${own}${body}\n    return r;\n}\n`
  }

  set(): string {
    const entries = this.program.units.flatMap(({ entries }) => entries)
    const rows = entries.map(({ factor, run }) => `{ ${factor}, ${run === '' ? 0 : this.nameOf(run)} }`)
    return `static const struct step steps_${this.at}[] = { { 1, 0 }, ${rows.join(', ')} };`
  }
}

/** The version whose text runs: the last one until then that has it; where none has, the next. */
function versionOf(views: readonly View[], id: string, at: number): number {
  const having = views.filter(({ routines }) => routines.has(id)).map(view => view.at)
  return having.findLast(version => version <= at) ?? having[0] ?? at
}

/** Each variable once, with what it held in the first version that has it. */
function declarations(views: readonly View[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const view of views) {
    // What others lead to stands first.
    for (const isPointing of [false, true]) {
      for (const variable of variablesOf(view.program)) {
        const name = view.nameOf(variable.id)
        if (found.has(name) || (variable.form === 'address') !== isPointing) continue
        found.set(name, `static ${declare(variable, name)}${initialiser(variable, view.nameOf)};`)
      }
    }
  }
  return found
}

/** Assignments for variables that begin with something else in this version. */
function starting(view: View, declared: ReadonlyMap<string, string>): readonly string[] {
  return variablesOf(view.program).flatMap(variable => {
    const name = view.nameOf(variable.id)
    const text = `static ${declare(variable, name)}${initialiser(variable, view.nameOf)};`
    return declared.get(name) === text ? [] : [`${name} =${initialiser(variable, view.nameOf).slice(2) || ' 0'};`]
  })
}
