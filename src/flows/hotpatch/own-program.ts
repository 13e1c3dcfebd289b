/**
 * Which program a tree's units were linked into, where nobody says it: the one linked file of the tree that has the
 * affected units, code and all, while each other unit is in that or in another one. Part of the pipeline. Where that leaves
 * a doubt, the build's own records and debug information are asked (`own-evidence.ts`).
 *
 * It is tempting to take the only program that there is. It may be a test's that has half of the units, while what runs
 * was installed elsewhere; it may be older than the objects. A wrong one would say that a function is not in the program,
 * and leave a part of the fix out. So whatever is in doubt leaves the program unknown, as if there were none, and that is
 * said: then load, which sees the process, decides. What a program has not is never learnt from one that was only found.
 */
import { relative } from 'node:path'
import { readElf } from '../../elf/index.ts'
import { LinkedProgram } from '../../program/linked-program.ts'
import { differsIn, type MadeOf } from '../../program/linked-units.ts'
import { type Affected, linkedFiles, programFile, readGiven, type Tree, type Unit } from '../../trees/index.ts'
import { OwnEvidence, readable } from './own-evidence.ts'
import { type FileFact, ownFacts, type UnitFact } from './own-facts.ts'

/** The program's path, absolute and as the tree calls it; or why none is known. */
export type OwnProgram =
  | { readonly path: string; readonly name: string; readonly because: 'units' | 'records' }
  | { readonly doubt: string }

interface Candidate {
  readonly path: string
  readonly name: string
  readonly units: ReadonlyMap<Unit, MadeOf>
}

/** A linked file that has no names, so that what it is made of cannot be seen. */
type Nameless = Pick<Candidate, 'path' | 'name'>

export function ownProgram(tree: Tree, { affected }: Pick<Affected, 'affected'>): OwnProgram {
  const evidence = new OwnEvidence(tree)
  const concerned = affected.flatMap(({ unit, kind }) => (kind === 'new' ? [] : unit))
  const asked = tree.units.filter(({ role }) => role !== 'embedded')
  const facts = ownFacts(tree, asked, linkedFiles(tree))
  const traced = new Set(facts.units.map(({ unit }) => unit))
  const without = asked.filter(unit => !traced.has(unit))
  const untraced = concerned.find(unit => without.includes(unit)) ?? without[0]
  if (untraced !== undefined && (concerned.includes(untraced) || evidence.onlyOf(concerned) === undefined)) {
    return { doubt: `${untraced.unit} has no object to tell it by` }
  }
  const candidates: Candidate[] = []
  const nameless: Nameless[] = []
  for (const file of facts.files) {
    const name = relative(tree.layout.base, file.path)
    const units = unitsIn(file, facts.units, evidence)
    if (units === undefined) nameless.push({ path: file.path, name })
    else candidates.push({ path: file.path, name, units })
  }
  if (facts.files.length === 0) return { doubt: 'there is no linked file in the tree' }
  const same = withCode(candidates, concerned, evidence)
  if ('doubt' in same) return namelessDoubt(nameless, concerned, { evidence }) ?? same
  const { only } = same
  const doubt = namelessDoubt(nameless, concerned, { evidence, only })
  if (doubt !== undefined) return doubt
  const elsewhere = facts.units.find(
    ({ unit, leavesTraces }) => leavesTraces && !candidates.some(({ units: made }) => made.get(unit)?.is === 'linked'),
  )
  const { path, name } = only
  if (elsewhere === undefined && untraced === undefined) return { path, name, because: 'units' }
  const recorded = evidence.onlyOf(concerned)
  if (recorded !== undefined && same.paths.includes(recorded)) return { path, name, because: 'records' }
  const unit = elsewhere?.unit ?? untraced
  return { doubt: `${unit?.unit} is in none of the linked files in the tree, so there may be another program` }
}

interface Same {
  readonly only: Candidate
  /** It and its copies. */
  readonly paths: readonly string[]
}

/** The one candidate that has the code of all these units. */
function withCode(
  candidates: readonly Candidate[],
  concerned: readonly Unit[],
  evidence: OwnEvidence,
): Same | { readonly doubt: string } {
  const having = candidates.filter(({ units: made }) => concerned.every(unit => made.get(unit)?.is === 'linked'))
  const differences = having.map(each => differenceOf(each, concerned))
  const all = having.filter((_, at) => differences[at] === undefined)
  const isDenied = ({ path }: Candidate) => concerned.some(unit => evidence.deny(path, unit))
  const same = areCopies(all) ? all : all.filter(each => !isDenied(each))
  const [only] = same
  if (only !== undefined && areCopies(same)) return { only, paths: same.map(({ path }) => path) }
  if (all.length > 0) {
    const [one, other] = (same.length > 0 ? same : all).map(({ name }) => name)
    return { doubt: `${one} and ${other} were both linked from ${concerned[0]?.unit ?? 'the tree'}` }
  }
  const doubt = differences.find(each => each !== undefined) ?? otherIn(candidates, concerned)
  return {
    doubt: doubt ?? `${concerned.map(({ unit }) => unit).join(' and ')} is in none of the linked files in the tree`,
  }
}

interface Known {
  readonly evidence: OwnEvidence
  readonly only?: Candidate
}

/** Another copy of what is found is none, nor is what the build links of other objects. */
function namelessDoubt(nameless: readonly Nameless[], concerned: readonly Unit[], { evidence, only }: Known) {
  const first = nameless.find(
    each =>
      !(only !== undefined && areCopies([only, each])) &&
      !concerned.every(unit => evidence.recordsDeny(each.path, unit)),
  )
  return first === undefined ? undefined : { doubt: `${first.name} has no names, and may be the program` }
}

/** What the file is made of; undefined where it has no names. */
function unitsIn(
  { path, units: made, counts }: FileFact,
  facts: readonly UnitFact[],
  evidence: OwnEvidence,
): Map<Unit, MadeOf> | undefined {
  if (made === undefined) return undefined
  const units = new Map(made)
  const ofFile = new Map<string, Unit[]>()
  for (const { unit, file } of facts) {
    if (units.get(unit)?.is === 'linked') ofFile.set(file, [...(ofFile.get(file) ?? []), unit])
  }
  // Two files of one name, and text perhaps: which of them it was is not known, unless something else says it.
  for (const [file, those] of ofFile) {
    const count = Math.max(...those.map(unit => counts.get(unit) ?? 0))
    if (file === '' || those.length <= count) continue
    const left = those.filter(unit => !evidence.deny(path, unit))
    const absent = left.length <= count ? those.filter(unit => !left.includes(unit)) : those
    for (const unit of absent) units.set(unit, { is: 'absent' })
  }
  return units
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
function areCopies(same: readonly Nameless[]): boolean {
  if (same.length <= 1) return true
  const ids = same.map(({ path }) => {
    const id = readable(() => new LinkedProgram(programFile(path)).buildId)
    return Buffer.from(id ?? []).toString('hex')
  })
  return ids[0] !== '' && ids.every(id => id === ids[0])
}
