/**
 * Functions of which a patch takes nothing but calls, and of which somebody said so (`HOTSPLICE_NO_CALL` in hotsplice.h):
 * they are not replaced; the loader fills the calls with no-operations where they stand. That takes a function that no jump
 * can be written into, or that processors are in for ever.
 *
 * What the new code shows is believed, and not the word: it must call and use what the old code did, but for what is lost.
 * Numbers cannot be told so; the source has the last word on these (`ctext/lost-calls.ts`).
 *
 * Worse mistake: to keep old code that should have been another. In doubt, refused.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { Judged } from '../compare/model.ts'
import type { CallKnowledge, Machine } from '../machines/machine.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { partOf, sourceName } from '../pieces/names.ts'
import { directives } from './directives.ts'
import type { SelectRules, SwitchedOff, UnitIndex, UnitInput } from './model.ts'
import { type Origin, runningNameOf, statedSize } from './origins.ts'

/** What somebody said, by the caller's name in the running system. */
export type LostCalls = ReadonlyMap<string, readonly string[]>

export function lostCallsOf(units: readonly UnitInput[]): LostCalls {
  const found = new Map<string, string[]>()
  for (const { verdicts } of units)
    for (const { caller, callee } of directives(verdicts.correlation.patched).calls)
      found.set(caller, [...(found.get(caller) ?? []), callee])
  return found
}

/** What of this keeps a function from being replaced, and no call in it from being switched off. */
export function isHelped({ code, unit, symbol }: Refusal, rules: SelectRules): boolean {
  const denied = rules.denied(unit, symbol)
  return code === 'too-small' || (denied?.losesCalls === true && denied.code === code)
}

interface Asked {
  readonly units: readonly UnitInput[]
  readonly unit: UnitIndex
  readonly rules: SelectRules
  readonly callees: readonly string[]
}

/** The calls of a function that somebody said such things of; or why not. */
export function switchedOff(
  { units, unit, rules, callees }: Asked,
  { name, patched }: Judged,
  origin: Origin,
): { readonly off: readonly SwitchedOff[]; readonly refusals: readonly Refusal[] } {
  const input = units[unit]
  const refuse = (why: string) => ({ off: [], refusals: [callStays({ unit: input?.unit ?? '', symbol: name }, why)] })
  const { loader, machine } = rules.target
  const callAt = machine.patching?.calls?.callAt
  if (callAt === undefined || loader.limits.switchedOff === 0)
    return refuse(`how a call is switched off is not known for ${loader.title} on ${machine.name}`)
  if (input === undefined || patched === undefined || origin.unit !== unit)
    return refuse(`${name} was elsewhere before`)
  const { before, after } = bothUses(input, { piece: origin.piece, patched }, rules)
  if (before.entries !== after.entries) return refuse('what the loader is told of its code changes, too')
  const lost = new Set(callees)
  const more = [...after.names].find(each => !before.names.has(each))
  if (more !== undefined) return refuse(`its new code uses ${more}, which its old code does not`)
  const found = callees.map(callee => callsTo(before, after, { callee, callAt }))
  const why = found.find(each => typeof each === 'string')
  if (typeof why === 'string') return refuse(why)
  // An argument of the call may have been one, be it by a macro.
  const gone = [...before.branches].find(([each, times]) => !lost.has(each) && (after.branches.get(each) ?? 0) < times)
  if (gone !== undefined) {
    const [other] = gone
    return refuse(
      `its new code does not lead to ${other} ${after.branches.has(other) ? 'as often' : 'any more'} either`,
    )
  }
  const off = found.map((calls, at) => ({
    address: { unit, piece: patched.id },
    runningName: runningNameOf(origin, loader),
    callee: callees[at] ?? '',
    oldSize: statedSize(input.verdicts.correlation.original, origin.piece),
    unit: input.unit,
    calls: typeof calls === 'string' ? [] : calls,
  }))
  return { off, refusals: [] }
}

interface Uses {
  /** The function's own code, without what lies out of line. */
  readonly code: Uint8Array
  /** Of its branches, in that code. */
  readonly fields: readonly { readonly offset: number; readonly name: string }[]
  /** Where it leads to, be it from out of line, and how many times. */
  readonly branches: ReadonlyMap<string, number>
  /** Functions among these that the unit has itself. */
  readonly own: ReadonlySet<string>
  /** Whatever it refers to, by names that both sides have. */
  readonly names: ReadonlySet<string>
  readonly entries: number
}

interface BothPieces {
  readonly piece: Piece<'original'>
  readonly patched: Piece<'patched'>
}

function bothUses(input: UnitInput, { piece, patched }: BothPieces, rules: SelectRules) {
  const { original, patched: now, toOriginal } = input.verdicts.correlation
  const { machine } = rules.target
  const names = namesIn(original, input, rules, ({ id }) => id)
  const newNames = namesIn(now, input, rules, ({ id }) => toOriginal.get(id))
  return {
    before: usesOf(piece, { map: original, nameOf: names, machine }),
    after: usesOf(patched, { map: now, nameOf: newNames, machine }),
  }
}

/** What a function led to and does not any more; nothing of one that is in one of the units' texts only. */
export function calledNoMore(input: UnitInput, { original, patched }: Judged, rules: SelectRules): readonly string[] {
  if (original === undefined || patched === undefined) return []
  const { before, after } = bothUses(input, { piece: original, patched }, rules)
  return [...before.branches.keys()].filter(name => !after.branches.has(name))
}

interface Named<S extends Side> {
  readonly map: PieceMap<S>
  readonly nameOf: (piece: Piece<S>) => string
  readonly machine: Machine
}

function usesOf<S extends Side>(piece: Piece<S>, { map, nameOf, machine }: Named<S>): Uses {
  const parts = map.pieces.filter(each => each.kind === 'function' && partOf(each.name) === piece.name)
  const [branches, own, names] = [new Map<string, number>(), new Set<string>(), new Set<string>()]
  const fields: { offset: number; name: string }[] = []
  for (const each of [piece, ...parts]) {
    const code = codeOf(map, each)
    for (const { offset, target } of each.references) {
      const reached = target.to === 'piece' ? map.pieces[target.piece] : undefined
      const isBranch = machine.code?.isBranchField(code, offset) === true
      // A part is the function itself.
      const isItself = reached === piece || parts.some(part => part === reached)
      if (isItself && isBranch) continue
      const name = target.to === 'external' ? target.name : reached === undefined ? target.to : nameOf(reached)
      names.add(name)
      if (reached?.kind === 'function') own.add(name)
      if (!isBranch) continue
      branches.set(name, (branches.get(name) ?? 0) + 1)
      if (each === piece) fields.push({ offset, name })
    }
  }
  return { code: codeOf(map, piece), fields, branches, own, names, entries: map.entriesOf.get(piece.id)?.length ?? 0 }
}

/** What has no name is called by what it is, or by the original that it was paired with. */
function namesIn<S extends Side>(
  map: PieceMap<S>,
  { fileSymbol }: UnitInput,
  { target: { loader } }: SelectRules,
  position: (piece: Piece<S>) => number | undefined,
): Named<S>['nameOf'] {
  return piece => {
    if (piece.symbols.length > 0) return loader.runningName(fileSymbol, piece.name, piece.local)
    const bytes = Buffer.from(codeOf(map, piece)).toString('hex')
    if (piece.kind === 'string' || piece.kind === 'constant') return `the ${piece.kind} ${bytes}`
    return `bytes without a name (${position(piece) ?? 'new ones'})`
  }
}

interface Call {
  readonly callee: string
  readonly callAt: CallKnowledge['callAt']
}

/** All calls of it, in the order of the code; or why they cannot go. */
function callsTo(before: Uses, after: Uses, { callee, callAt }: Call): SwitchedOff['calls'] | string {
  const name = sourceName(callee.slice(callee.indexOf('#') + 1))
  if (!before.branches.has(callee)) return `its old code does not call ${callee}`
  if (after.branches.has(callee)) return `its new code calls ${callee}, too`
  if (before.own.has(callee))
    return `${callee} is of the same unit, so that the compiler knew what it does, and the code around the call may need that`
  if (KNOWN.test(name))
    return `compilers know what ${callee} takes and answers, and the code around the call may use that`
  const fields = before.fields.filter(each => each.name === callee)
  const calls = fields.map(({ offset }) => callAt(before.code, offset))
  const plain = calls.flatMap(call => (call === undefined ? [] : [call]))
  if (fields.length === 0) return `${callee} is called out of line only`
  if (plain.length < calls.length) return `it ends in a jump to ${callee}: behind that is another function`
  if (plain.some(({ at, size }) => at + size >= before.code.length))
    return `a call of ${callee} is its last instruction: behind that is another function`
  return plain
}

/** string.h: what gcc and clang take to return an argument, or to be given no null pointer, without a word in the text. */
const KNOWN = /^(?:mem|st[pr])/

function codeOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>): Uint8Array {
  const section = map.object.sections[piece.section]
  return section?.bytes.subarray(piece.offset, piece.offset + piece.size) ?? new Uint8Array()
}

/** Also what only the texts, or what runs, tell. */
export function callStays({ unit, symbol }: Pick<Refusal, 'unit' | 'symbol'>, why: string): Refusal {
  return {
    code: 'call-stays',
    unit,
    symbol,
    text: `calls in ${symbol} are to be switched off, and that cannot be: ${why}`,
    hint: 'take its HOTSPLICE_NO_CALL away, so that it is replaced; or let the patch take nothing but these calls out of it',
  }
}

/** What somebody said of functions that the patch does not change. */
export function idleCalls(
  lost: LostCalls,
  units: readonly UnitInput[],
  { target: { loader } }: SelectRules,
): readonly Refusal[] {
  if (lost.size === 0) return []
  const changed = units.flatMap(({ fileSymbol, verdicts: { functions } }) =>
    functions.flatMap(({ verdict, original }) =>
      verdict.kind === 'changed' && original ? loader.runningName(fileSymbol, original.name, original.local) : [],
    ),
  )
  const idle = [...lost.keys()].filter(name => !changed.includes(name)).sort()
  return idle.map(symbol => callStays({ unit: '', symbol }, 'the patch does not change a function of that name'))
}

export function switchedOffNotices(all: readonly SwitchedOff[]): readonly Reason[] {
  return all.map(({ runningName, unit, callee, calls }) => {
    const places = calls.map(({ at }) => `0x${at.toString(16)}`).join(', ')
    const text = `${runningName} (${unit}) is not replaced: its calls of ${callee} (at ${places}) are filled with no-operations`
    return { code: 'call-switched-off', text }
  })
}
