/**
 * A drawn program as data: units with functions, variables, aliases and entries of a set. Its text for the compiler
 * (units.ts) and the oracle's text (oracle.ts) are two views of it; an edit gives another program (edits.ts).
 *
 * Who is who is an `id`, which an edit keeps: names are the compiler's affair, and several things may share one.
 */

/** A number below the one given. */
export type Draw = (below: number) => number

export type Language = 'c' | 'c++'

/** What a variable is; `pointer` leads to a function of the lowest level, `address` to a variable of numbers. */
export type Form = 'number' | 'ring' | 'latch' | 'pair' | 'real' | 'thread' | 'pointer' | 'address'

export interface Variable {
  readonly id: string
  name: string
  readonly form: Form
  /** A number, or the id that it leads to; none is zero. */
  first: string
  /** `local` to a statement, with `static`. */
  linkage: 'local' | 'static' | 'global' | 'common'
  /** '' for where compilers put it. */
  section: string
}

/** A few lines that compute with `n` and `r`; `@id@` stands for a name. Its static locals are declared in front. */
export interface Statement {
  text: string
  locals: Variable[]
}

/** Of levels: a function calls only those of lower ones. Those in the header have none below them. */
export interface Routine {
  readonly id: string
  name: string
  level: number
  linkage: 'static' | 'global' | 'weak' | 'inline'
  /** One takes `n`, two take `n` and what `r` begins with. */
  readonly takes: 'one' | 'two'
  attributes: string
  statements: Statement[]
}

export interface Alias {
  readonly id: string
  readonly name: string
  of: string
  readonly isWeak: boolean
}

/** An entry of the set that the linker gathers; `run` is '' or a function of the lowest level. */
export interface Entry {
  readonly name: string
  factor: number
  readonly run: string
}

export interface UnitText {
  readonly name: string
  variables: Variable[]
  routines: Routine[]
  aliases: Alias[]
  entries: Entry[]
  /** Lines of comment at its top, which only move what stands below. */
  moved: number
}

export interface Program {
  readonly language: Language
  /** In the order in which they are linked; the first is the header. */
  readonly units: UnitText[]
  /** Of the last id. */
  last: number
}

export const HEADER = 'shared.h'

export const fresh = (program: Program, letter: string): string => {
  program.last++
  return `${letter}${program.last}`
}

export const pick = <T>(draw: Draw, from: readonly T[]): T => {
  const found = from[draw(from.length)]
  if (found === undefined) throw new Error('nothing to draw from')
  return found
}

export const chance = (draw: Draw, percent: number): boolean => draw(100) < percent

/** Two digits: edits exchange no other constants. */
export const constant = (draw: Draw): string => String(11 + draw(88))

export const headerOf = ({ units: [header] }: Program): UnitText => {
  if (header === undefined) throw new Error('a program without its header')
  return header
}

export const sourcesOf = ({ units }: Program): readonly UnitText[] => units.slice(1)

export const routinesOf = ({ units }: Program): readonly Routine[] => units.flatMap(({ routines }) => routines)

/** With the static locals. */
export const variablesOf = ({ units }: Program): readonly Variable[] =>
  units.flatMap(({ variables, routines }) => [
    ...variables,
    ...routines.flatMap(({ statements }) => statements.flatMap(({ locals }) => locals)),
  ])

/** Ids that a text mentions. */
export const idsIn = (text: string): readonly string[] => [...text.matchAll(/@(\w+)@/g)].map(([, id = '']) => id)

export const textOf = ({ statements }: Routine): string => statements.map(({ text }) => text).join('\n')

/** Whether something holds the routine's address, or could: any mention that is no call. */
export function isTaken(program: Program, id: string): boolean {
  const taken = new RegExp(`@${id}@(?!\\()`)
  return (
    routinesOf(program).some(routine => taken.test(textOf(routine))) ||
    variablesOf(program).some(({ first }) => first === id) ||
    program.units.some(({ aliases, entries }) =>
      [...aliases.map(({ of }) => of), ...entries.map(({ run }) => run)].includes(id),
    )
  )
}
