/**
 * Which program a tree's units were linked into, where nobody says it: the one linked file of the tree that has the
 * affected units, code and all, while each other unit is in that or in another one. Part of the pipeline.
 *
 * It is tempting to take the only program that there is. It may be a test's that has half of the units, while what runs
 * was installed elsewhere; it may be older than the objects. A wrong one would say that a function is not in the program,
 * and leave a part of the fix out. So whatever is in doubt leaves the program unknown, as if there were none, and that is
 * said: then load, which sees the process, decides. What a program has not is never learnt from one that was only found.
 */
import { relative } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { readElf, readOutline } from '../../elf/index.ts'
import { LinkedProgram } from '../../program/linked-program.ts'
import { differsIn, LinkedUnits, type MadeOf, type Traces, tracesOf } from '../../program/linked-units.ts'
import { type Affected, linkedFiles, programFile, readGiven, type Tree, type Unit } from '../../trees/index.ts'

/** The program's path, absolute and as the tree calls it; or why none is known. */
export type OwnProgram = { readonly path: string; readonly name: string } | { readonly doubt: string }

interface Candidate {
  readonly path: string
  readonly name: string
  readonly units: Map<Unit, MadeOf>
}

export function ownProgram(tree: Tree, { affected }: Pick<Affected, 'affected'>): OwnProgram {
  const units = tree.units.filter(({ role }) => role !== 'embedded')
  const traces = new Map<Unit, Traces>()
  for (const unit of units) {
    const found = tracesIn(unit)
    if (found === undefined) return { doubt: `${unit.unit} has no object to tell it by` }
    traces.set(unit, found)
  }
  const named = linkedFiles(tree).map(path => ({ path, name: relative(tree.layout.base, path) }))
  const candidates: Candidate[] = []
  for (const { path, name } of named) {
    const found = candidateOf(path, name, traces)
    if (found === undefined) return { doubt: `${name} has no names, and may be the program` }
    candidates.push(found)
  }
  if (candidates.length === 0) return { doubt: 'there is no linked file in the tree' }
  const concerned = affected.flatMap(({ unit, kind }) => (kind === 'new' ? [] : unit))
  const having = candidates.filter(({ units: made }) => concerned.every(unit => made.get(unit)?.is === 'linked'))
  const differences = having.map(each => differenceOf(each, concerned))
  const same = having.filter((_, at) => differences[at] === undefined)
  const [only] = same
  if (only === undefined) {
    const doubt = differences.find(each => each !== undefined) ?? otherIn(candidates, concerned)
    return {
      doubt: doubt ?? `${concerned.map(({ unit }) => unit).join(' and ')} is in none of the linked files in the tree`,
    }
  }
  if (!areCopies(same)) {
    const [one, other] = same.map(({ name }) => name)
    return { doubt: `${one} and ${other} were both linked from ${concerned[0]?.unit ?? 'the tree'}` }
  }
  const elsewhere = units.find(
    unit => leavesTraces(traces.get(unit)) && !candidates.some(({ units: made }) => made.get(unit)?.is === 'linked'),
  )
  if (elsewhere !== undefined) {
    return { doubt: `${elsewhere.unit} is in none of the linked files in the tree, so there may be another program` }
  }
  return { path: only.path, name: only.name }
}

const leavesTraces = (found: Traces | undefined): boolean => (found?.traces.length ?? 0) > 0

function tracesIn({ object }: Unit): Traces | undefined {
  return object === undefined ? undefined : readable(() => tracesOf(readOutline<'original'>(programFile(object))))
}

/** Undefined of a file that has no names, or is damaged. */
function candidateOf(path: string, name: string, traces: ReadonlyMap<Unit, Traces>): Candidate | undefined {
  const names = readable(() => new LinkedUnits(readOutline<'original'>(programFile(path))))
  if (names?.haveNames !== true) return undefined
  const units = new Map([...traces].map(([unit, found]) => [unit, names.madeOf(found)]))
  const ofFile = new Map<string, Unit[]>()
  for (const [unit, { file = '' }] of traces) {
    if (units.get(unit)?.is === 'linked') ofFile.set(file, [...(ofFile.get(file) ?? []), unit])
  }
  // Two files of one name, and text perhaps: which of them it was is not known.
  for (const [file, those] of ofFile) {
    if (file === '' || those.length <= names.countOf(file)) continue
    for (const unit of those) units.set(unit, { is: 'absent' })
  }
  return { path, name, units }
}

/** What of the units' code is not in the file, in words. */
function differenceOf({ path, name }: Candidate, units: readonly Unit[]): string | undefined {
  const program = new LinkedProgram(programFile(path))
  for (const { unit, object } of units) {
    const found = differsIn(readElf<'original'>(readGiven(object ?? unit, '--tree')), program)
    // Left out by the linker; or it was linked when nobody used that yet, and what runs is another.
    if (found?.how === 'absent') return `${name} has no ${found.name} of ${unit}`
    if (found?.how === 'unread') return `the code of ${found.name} is not in ${name}`
    if (found !== undefined) return `${name} has another ${found.name} than ${unit}`
  }
  return undefined
}

/** That a file has the units' names, but not as the objects have them. */
function otherIn(candidates: readonly Candidate[], units: readonly Unit[]): string | undefined {
  for (const { name, units: made } of candidates) {
    for (const unit of units) {
      const found = made.get(unit)
      if (found?.is === 'other') return `${name} has another ${found.name} than ${unit.unit}`
    }
  }
  return undefined
}

/** One and the same program in several places. */
function areCopies(same: readonly Candidate[]): boolean {
  if (same.length === 1) return true
  const ids = same.map(({ path }) => Buffer.from(new LinkedProgram(programFile(path)).buildId ?? []).toString('hex'))
  return ids[0] !== '' && ids.every(id => id === ids[0])
}

/** Undefined of what is no such file. */
function readable<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
