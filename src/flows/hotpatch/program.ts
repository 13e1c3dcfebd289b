/**
 * The view of the whole program. Part of the pipeline: gathers what the affected units define before and after, asks the
 * tree's other units for the names in question, and turns what comes out into words.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { UnitVerdicts } from '../../compare/model.ts'
import type { Piece } from '../../pieces/model.ts'
import { partOf } from '../../pieces/names.ts'
import { type Definition, definitionsIn, neededIn, type Strength, strengthOf } from '../../program/definitions.ts'
import { movedFunctions } from '../../program/moved.ts'
import { type ConcernedUnit, type Finding, namesInQuestion, type ProgramView, viewOf } from '../../program/view.ts'
import { directives } from '../../select/directives.ts'
import type { UnitInput } from '../../select/select.ts'
import { type Definer, definersOf, type Tree } from '../../trees/index.ts'
import { arrivalsOf, withArrivals } from './arrivals.ts'
import { namesOf } from './linked.ts'
import type { Running } from './running.ts'
import { twins } from './twins.ts'

export interface InProgram<U extends UnitInput> {
  /** With the names that lead elsewhere. */
  readonly units: readonly U[]
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
}

/** `judged` has the affected units, and what was said of them so far. */
export function inProgram<U extends UnitInput>(
  tree: Tree,
  { units, refusals, notices }: InProgram<U>,
  running: Pick<Running, 'isImage' | 'program' | 'programPath'>,
): InProgram<U> {
  const concerned = units.map(concernedUnit)
  const names = namesInQuestion(concerned)
  const { definers, needed, unread } = definersOf(tree, names, new Set(units.map(({ unit }) => unit)))
  const definitions = new Map(definers.map(each => [each.unit, definitionsOf(each)]))
  const others = [...new Set([...definitions.keys(), ...needed.keys()])].map(unit => ({
    unit,
    definitions: definitions.get(unit) ?? new Map<string, Definition>(),
    needed: needed.get(unit) ?? new Set<string>(),
  }))
  const view = viewOf(concerned, others)
  const moved = movedFunctions(
    units.map(({ verdicts: { correlation } }) => ({
      original: correlation.original.object,
      patched: correlation.patched.object,
    })),
  )
  // What a unit beside these defines too may be what the program has.
  const elsewhere = new Set(others.flatMap(each => [...each.definitions.keys()]))
  const arrivals = arrivalsOf(
    units,
    moved.filter(({ name }) => !elsewhere.has(name)),
  )
  const settled = new Set(arrivals.map(({ name }) => name))
  const told = new Set(view.findings.map(({ name }) => name))
  // Whoever uses these was judged as if they were one thing; where that is not known, nothing may come of it.
  const doubtful = moved.filter(({ name }) => !settled.has(name) && !told.has(name))
  const untakenOf = (unit: string) => view.untaken.get(unit) ?? new Map<string, string>()
  return {
    units: withArrivals(
      units.map(each => ({ ...each, untaken: new Set(untakenOf(each.unit).keys()) })),
      arrivals,
    ),
    refusals: [
      ...refusals,
      ...[
        ...view.findings.filter(({ kind, name }) => kind !== 'moved' || !settled.has(name)),
        ...doubtful.map(({ name, from, to }) => movedBetween(name, [units[from], units[to]])),
      ].map(refusalOf),
      ...(running.isImage ? [] : twins(tree, units, { program: namesOf(running), path: running.programPath })),
    ],
    notices: [...notices, ...untakenNotices(view, concerned), ...unreadNotices(unread, names)],
  }
}

function movedBetween(name: string, [from, to]: readonly (UnitInput | undefined)[]): Finding {
  return { kind: 'moved', name, from: from?.unit ?? '', to: to?.unit ?? '' }
}

function concernedUnit({ unit, verdicts }: UnitInput): ConcernedUnit {
  const { original, patched } = verdicts.correlation
  const changed = new Set<string>()
  for (const { verdict, patched: piece } of [...verdicts.functions, ...verdicts.data]) {
    if (verdict.kind === 'same' || verdict.kind === 'line-only') continue
    for (const id of piece?.symbols ?? []) changed.add(patched.object.symbols[id]?.name ?? '')
  }
  return {
    unit,
    before: definitionsIn(original.object),
    after: definitionsIn(patched.object),
    changed,
    needed: { before: neededByWhatStays(verdicts), after: neededIn(patched.object) },
  }
}

/** Names that the running system goes on to take from elsewhere: without those that only replaced functions refer to. */
function neededByWhatStays({ correlation: { original, patched }, functions }: UnitVerdicts): ReadonlySet<string> {
  const ignored = directives(patched).functions
  const going = new Set(
    functions.flatMap(({ name, verdict, original: piece, patched: successor }) =>
      verdict.kind === 'changed' && successor !== undefined && !ignored.has(name) ? (piece?.name ?? []) : [],
    ),
  )
  const isGoing = ({ kind, name }: Piece<'original'>) => kind === 'function' && going.has(partOf(name) ?? name)
  const needed = neededIn(original.object)
  if (going.size === 0 || needed.size === 0) return needed
  const used = new Map<string, 'by-going' | 'by-others'>()
  for (const { id } of original.object.sections) {
    const gone = (original.bySection[id] ?? []).filter(isGoing)
    for (const { offset, symbol } of original.object.relocations[id] ?? []) {
      const name = original.object.symbols[symbol]?.name ?? ''
      const isOfGoing = gone.some(piece => offset >= piece.offset && offset < piece.offset + piece.size)
      if (needed.has(name) && used.get(name) !== 'by-others') used.set(name, isOfGoing ? 'by-going' : 'by-others')
    }
  }
  // What no relocation uses is named for some reason that is not known.
  return new Set([...needed].filter(name => used.get(name) !== 'by-going'))
}

/** An archive's member is taken only where nothing else serves, so to the others it is as a weak one. */
function definitionsOf({ archived, found }: Definer): ReadonlyMap<string, Definition> {
  return new Map(
    found.flatMap(({ symbol, isCopy }) => {
      const strength: Strength | undefined = strengthOf(symbol)
      if (strength === undefined) return []
      return [[symbol.name, { strength: archived ? 'weak' : strength, size: symbol.size, isCopy }] as const]
    }),
  )
}

const KEEP = 'leave the definition in the file where it is, and change it there; or give the new one another name'

function refusalOf(finding: Finding): Refusal {
  const unit = finding.kind === 'moved' ? finding.to : finding.unit
  return { code: 'other-definition', unit, symbol: finding.name, ...wordsOf(finding) }
}

function wordsOf(finding: Finding): Pick<Refusal, 'text' | 'hint'> {
  const { name } = finding
  switch (finding.kind) {
    case 'moved':
      return {
        text: `${name} is taken from ${finding.to} now, and the running system has it from ${finding.from}: whoever calls it, or holds its address, would still reach that one`,
        hint: KEEP,
      }
    case 'unclear':
      return {
        text: `${name} changed in ${finding.unit}, and ${finding.other} defines it too and has it unchanged: which of the two the linker took is not known`,
        hint: KEEP,
      }
    case 'either':
      return {
        text: `${name} is weak in ${finding.unit} and in ${finding.other}, and the patch takes one of them away or adds one: which of them the linker took, or would take now, is not known`,
        hint: 'leave the weak definitions where they are, and change them there; or give the new one another name',
      }
    case 'twice':
      return {
        text: `${name} is defined in ${finding.other} and in ${finding.unit} with the patch, and no linker takes both`,
        hint: 'define it in one of them and declare it in the other; or make each static, or give one another name',
      }
    case 'appears':
      return {
        text: `${name} is defined in ${finding.unit} now, and ${finding.user} refers to it, where the running system has it from a library, or nothing: that would go on`,
        hint: 'give the new definition another name, and let what the patch changes call it',
      }
    case 'vanishes':
      return {
        text: `${name} is not defined in ${finding.unit} any more, and ${finding.user} refers to it still, to have it from a library, or nothing: the running system would go on with its own`,
        hint: 'leave the definition where it is, and let it call what is meant; or change what calls it',
      }
    case 'outgrown':
      return {
        text: `${name} of ${finding.unit} is larger than the one that the running system has from ${finding.other}`,
        hint: 'give the new variable another name',
      }
  }
}

/** What was left out because its definition is not the one that counts, where something of it changed. */
function untakenNotices({ untaken }: ProgramView, units: readonly ConcernedUnit[]): readonly Reason[] {
  return units.flatMap(({ unit, before, changed }) =>
    [...(untaken.get(unit) ?? [])]
      .filter(([name]) => before.has(name) && changed.has(name))
      .map(([name, other]) => ({
        code: 'not-taken',
        text: `${name} of ${unit} changed, but is not in the program: the linker takes the definition of ${other}`,
      })),
  )
}

function unreadNotices(unread: readonly string[], names: ReadonlySet<string>): readonly Reason[] {
  const [first] = unread
  if (first === undefined) return []
  const which = unread.length === 1 ? first : `${first} and ${unread.length - 1} others`
  return [
    {
      code: 'definitions-unknown',
      text: `${which} ${unread.length === 1 ? 'has' : 'have'} no object, so whether ${[...names].slice(0, 3).join(', ')} is defined there is not known`,
    },
  ]
}
