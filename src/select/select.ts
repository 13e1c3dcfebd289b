/**
 * What the payload contains: the changed functions, and from there everything that they need and the running system
 * does not have, each with the reason that brought it in; and everything that stands in the way, all at once.
 *
 * A reference out of an included piece leads to the running system wherever the running system has the thing: a kept
 * function, a variable that lives on. It leads into the payload for new functions and data, and for what has no
 * identity but its content. A call to a function that is itself replaced goes to the new code at once; its address, when
 * taken, stays the old one, so that pointers made before and after the patch compare equal.
 *
 * In:  the verdicts of all affected units, unchanged, and rules of the target.
 * Out: the selection. It is complete, and says what was taken, also when there are refusals.
 */
import { InternalError } from '../base/errors.ts'
import type { Refusal } from '../base/refusal.ts'
import type { Judged } from '../compare/model.ts'
import type { Denial } from '../loaders/loader.ts'
import { smallestFunction, startsWithLandingPad } from '../machines/machine.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { strayNames } from './aliases.ts'
import { bootTime } from './boot-time.ts'
import { CALLERS_HELP, copiedBelow, REACHED_BY_CALLERS, reachesOldCallee } from './by-callers.ts'
import { type Copies, copiesOf, NO_COPIES, readConstants } from './copies.ts'
import { directives } from './directives.ts'
import { isDropped } from './dropped.ts'
import { enteredByPayload } from './inner-places.ts'
import { leftBehind } from './left-behind.ts'
import { isLeft, isLeftOut, leftInit, notBroughtUp } from './left-init.ts'
import { changedValue, leftToHooks, namesLeft } from './left-to-hooks.ts'
import { Linker } from './link.ts'
import type {
  PieceAddress,
  RefusedValue,
  Replacement,
  Selection,
  SelectRules,
  StuckFunction,
  SwitchedOff,
  UnitIndex,
  UnitInput,
} from './model.ts'
import { movedStatics } from './moved-statics.ts'
import type { JudgedIn } from './not-done.ts'
import { type Origin, originOf, runningNameOf, statedSize } from './origins.ts'
import { dataRefusal, functionRefusal, type UnitContext, unnamedRefusal, unwrittenRefusal } from './refusals.ts'
import { withReads } from './start-constants.ts'
import { idleCalls, isHelped, type LostCalls, lostCallsOf, switchedOff, switchedOffNotices } from './switched-off.ts'
import { withoutRepeats, withoutTold } from './told.ts'
import { unknownEntries } from './unknown-entries.ts'
import { nameInProgram, namesInVain } from './untaken.ts'
import { verdictReason } from './words.ts'

export type * from './model.ts'

/** Decides what goes into the payload. */
export function select(units: readonly UnitInput[], rules: SelectRules): Selection {
  const copies = copiesOf(units, replacedOriginals(units, rules), rules)
  const carried = copies.map(each => each.carried)
  const linker = new Linker(units, rules, carried)
  const refusals: Refusal[] = []
  const values: RefusedValue[] = []
  const leftOut: JudgedIn[] = []
  const functions: ReturnType<typeof includeReplaced>[] = []
  const lost = lostCallsOf(units)
  units.forEach((input, unit) => {
    checkMachine(input, rules)
    const context: UnitContext = { unit: input.unit, loader: rules.target.loader }
    const { sections } = directives(input.verdicts.correlation.patched)
    const replaced = includeReplaced({ units, unit, rules }, input, { linker, lost })
    functions.push(replaced)
    refusals.push(...replaced.refusals)
    leftOut.push(...replaced.leftOut)
    refusals.push(
      ...otherRefusals(context, input, {
        sections,
        copies: copies[unit] ?? NO_COPIES,
        isInProgram: judged => isInProgram(units, unit, judged, rules),
        isSettled: (judged, refusal) => {
          const value = changedValue(units, unit, judged, rules)
          if (isLeftOut(refusal, rules)) return leftOut.push({ unit, judged }) > 0
          return value !== undefined && values.push({ ...value, refusal }) > 0
        },
      }),
      ...(copies[unit]?.refusals ?? []),
      ...strayNames(input),
    )
    includeHooks(linker, unit, input.verdicts.correlation.patched)
  })
  const replacements = functions.flatMap(each => each.replacements)
  const off = functions.flatMap(each => each.switchedOff)
  const { pieces, ...read } = withReads(units, linker.run(), rules)
  const atStart = [bootTime(units, pieces, { rules, linker }), read]
  const left = leftToHooks(values, namesLeft(units), { pieces, ways: rules.target.loader.waysOut })
  const init = leftInit(units, leftOut, pieces, rules)
  return {
    machine: units[0]?.verdicts.correlation.patched.object.header.machine,
    units: units.map(selectedUnit),
    pieces,
    replacements,
    switchedOff: off,
    changedValues: left.refused,
    leftInit: init.code,
    leftNeeded: init.needed,
    stuck: functions.flatMap(each => each.stuck),
    readConstants: readConstants(copies),
    refusals: withoutRepeats([
      ...withoutTold([...refusals, ...left.refused.map(({ refusal }) => refusal)], linker.refusals),
      ...linker.refusals,
      ...atStart.flatMap(each => each.refusals),
      ...init.refusals,
      ...lastLooks(units, pieces, { replacements, lost, rules }),
    ]),
    notices: [...atStart, left, init, laterNotices(units, replacements, { off, rules })].flatMap(each => each.notices),
  }
}

function laterNotices(
  units: readonly UnitInput[],
  replacements: readonly Replacement[],
  { off, rules }: { readonly off: readonly SwitchedOff[]; readonly rules: SelectRules },
): Pick<Selection, 'notices'> {
  return { notices: [...notBroughtUp(units, replacements, rules), ...switchedOffNotices(off)] }
}

interface LookedAt {
  readonly replacements: readonly Replacement[]
  readonly lost: LostCalls
  readonly rules: SelectRules
}

function checkMachine({ unit, verdicts }: UnitInput, { target: { machine: known } }: SelectRules): void {
  const { machine } = verdicts.correlation.patched.object.header
  if (machine !== known.number) throw new InternalError(`${unit} is for machine ${machine}, not ${known.name}`)
}

/** What only all that was selected shows. */
function lastLooks(
  units: readonly UnitInput[],
  pieces: Selection['pieces'],
  { replacements, lost, rules }: LookedAt,
): readonly Refusal[] {
  return [
    ...idleCalls(lost, units, rules),
    ...leftBehind(units, pieces),
    ...movedStatics(units),
    ...unknownEntries(units, pieces),
    ...enteredByPayload(units, pieces, replacements),
    ...reachesOldCallee(units, pieces, rules),
    ...copiedBelow(units, { replacements, pieces }, rules),
  ]
}

interface OneOf {
  readonly units: readonly UnitInput[]
  readonly unit: UnitIndex
  readonly rules: SelectRules
}

/** The functions of one unit that changed, be it that they are refused. */
function includeReplaced(
  { units, unit, rules }: OneOf,
  input: UnitInput,
  { linker, lost }: { readonly linker: Linker; readonly lost: LostCalls },
): Pick<Selection, 'refusals' | 'replacements' | 'stuck' | 'switchedOff'> & { readonly leftOut: readonly JudgedIn[] } {
  const refusals: Refusal[] = []
  const replacements: Replacement[] = []
  const stuck: StuckFunction[] = []
  const off: SwitchedOff[] = []
  const leftOut: JudgedIn[] = []
  const context: UnitContext = { unit: input.unit, loader: rules.target.loader }
  const { verdicts } = input
  const ignored = directives(verdicts.correlation.patched)
  for (const judged of verdicts.functions) {
    if (judged.verdict.kind !== 'changed' || ignored.functions.has(judged.name)) continue
    if (!isInProgram(units, unit, judged, rules)) continue
    const { patched, origin } = both(units, unit, judged)
    const why =
      functionRefusal(context, judged, verdicts.correlation.patched, patched) ?? movedRefusal(context, judged, origin)
    if (why !== undefined && isLeft(why, input, judged, rules)) {
      leftOut.push({ unit, judged })
      continue
    }
    const address: PieceAddress = { unit, piece: patched.id }
    if (why === undefined && input.byCallers?.has(patched.id) === true) {
      refusals.push(...denialRefusals(input, judged, { origin, rules }))
      linker.include(address, 'new-function', REACHED_BY_CALLERS, undefined)
      continue
    }
    const found = why === undefined ? replacementRefusals(input, judged, { origin, rules }) : [why]
    const callees = lost.get(runningNameOf(origin, rules.target.loader))
    if (callees !== undefined) {
      const calls = switchedOff({ units, unit, rules, callees }, judged, origin)
      off.push(...calls.off)
      refusals.push(...calls.refusals, ...found.filter(each => !isHelped(each, rules)))
      continue
    }
    refusals.push(...found)
    stuck.push(...found.filter(({ code }) => CALLERS_HELP.has(code)).map(refusal => ({ address, refusal })))
    replacements.push(replacementOf(address, input, origin, rules))
    const cause = why === undefined ? undefined : 'moot'
    linker.include(address, 'replacement', verdictReason(judged.verdict), cause)
  }
  return { refusals, replacements, leftOut, stuck, switchedOff: off }
}

function selectedUnit({ unit, fileSymbol, verdicts, untaken, byCallers }: UnitInput): Selection['units'][number] {
  const { patched } = verdicts.correlation
  return {
    unit,
    fileSymbol,
    patched,
    untaken: namesInVain(verdicts.correlation, untaken),
    ...(byCallers === undefined ? {} : { byCallers }),
  }
}

/** The original pieces of the functions that changed and are not to be left out, by the unit that has them. */
function replacedOriginals(
  units: readonly UnitInput[],
  rules: SelectRules,
): ReadonlyMap<UnitIndex, ReadonlySet<PieceId<'original'>>> {
  const lost = lostCallsOf(units)
  const going = new Map<UnitIndex, Set<PieceId<'original'>>>()
  units.forEach((input, unit) => {
    const ignored = directives(input.verdicts.correlation.patched)
    for (const judged of input.verdicts.functions) {
      if (
        judged.verdict.kind !== 'changed' ||
        ignored.functions.has(judged.name) ||
        !isInProgram(units, unit, judged, rules)
      )
        continue
      const { origin, patched } = both(units, unit, judged)
      const context: UnitContext = { unit: input.unit, loader: rules.target.loader }
      const why = functionRefusal(context, judged, input.verdicts.correlation.patched, patched)
      if (why !== undefined && isLeft(why, input, judged, rules)) continue
      if (lost.has(runningNameOf(origin, rules.target.loader))) continue
      going.set(origin.unit, (going.get(origin.unit) ?? new Set()).add(origin.piece.id))
    }
  })
  return going
}

/** Whether the program has this unit's definition, under some name at least. */
function isInProgram(
  units: readonly UnitInput[],
  unit: UnitIndex,
  { original, patched }: Judged,
  rules: SelectRules,
): boolean {
  const input = units[unit]
  if (input === undefined) return false
  const { verdicts, untaken } = input
  const maps = verdicts.correlation
  const origin = patched === undefined ? undefined : originOf(units, { unit, piece: patched.id })
  if (isDropped(rules, origin ?? (original && { input, piece: original }))) return false
  const isTaken = original === undefined || nameInProgram(maps.original, original, untaken) !== undefined
  return isTaken && (patched === undefined || nameInProgram(maps.patched, patched, untaken) !== undefined)
}

function both(
  units: readonly UnitInput[],
  unit: UnitIndex,
  { name, patched }: Judged,
): { readonly origin: Origin; readonly patched: Piece<'patched'> } {
  const origin = patched === undefined ? undefined : originOf(units, { unit, piece: patched.id })
  if (origin === undefined || patched === undefined) {
    throw new InternalError(`${name} is called changed, but has not both versions`)
  }
  return { origin, patched }
}

/** What a function was in the unit that it moved from may stand in the way as well. */
function movedRefusal({ loader }: UnitContext, judged: Judged, { input, piece }: Origin): Refusal | undefined {
  if (judged.original !== undefined) return undefined
  return functionRefusal({ unit: input.unit, loader }, judged, input.verdicts.correlation.original, piece)
}

/** Refusals about data, and about bytes that nothing names. */
function otherRefusals(
  context: UnitContext,
  input: UnitInput,
  settled: {
    readonly sections: ReadonlySet<string>
    readonly copies: Copies
    readonly isInProgram: (judged: Judged) => boolean
    /** Whether it is told elsewhere: only a value that changed, or left out of the patch. */
    readonly isSettled: (judged: Judged, refusal: Refusal) => boolean
  },
): readonly Refusal[] {
  const { verdicts } = input
  const { original, patched } = verdicts.correlation
  const refusals: Refusal[] = []
  const consider = (judged: Judged, refuse: typeof dataRefusal) => {
    if (judged.verdict.kind === 'same' || judged.verdict.kind === 'line-only') return
    const side = judged.patched === undefined ? original : patched
    const piece = judged.patched ?? judged.original
    if (piece === undefined || !settled.isInProgram(judged)) return
    if (settled.sections.has(side.object.sections[piece.section]?.name ?? '')) return
    if (judged.patched !== undefined && settled.copies.carried.has(judged.patched.id)) return
    const unwritten = judged.patched && input.unwritten?.get(judged.patched.id)
    const found = unwritten ? unwrittenRefusal(context, judged, unwritten) : refuse(context, judged, side, piece)
    const refusal = (found && judged.patched && settled.copies.refused.get(judged.patched.id)) ?? found
    if (refusal !== undefined && !settled.isSettled(judged, refusal)) refusals.push(refusal)
  }
  for (const judged of verdicts.data) consider(judged, dataRefusal)
  for (const judged of verdicts.unnamed) consider(judged, unnamedRefusal)
  return refusals
}

function replacementRefusals(
  input: UnitInput,
  judged: Judged,
  { origin, rules }: { readonly origin: Origin; readonly rules: SelectRules },
): readonly Refusal[] {
  const refusals: Refusal[] = []
  const { original } = origin.input.verdicts.correlation
  const code = codeOf(original, origin.piece)
  const size = statedSize(original, origin.piece)
  const { patching, name } = rules.target.machine
  const least = patching && smallestFunction(patching, startsWithLandingPad(patching, code))
  const about = { unit: input.unit, symbol: judged.name }
  if (least === undefined) {
    refusals.push({
      ...about,
      code: 'unknown-machine',
      text: `${judged.name} changed, but how a jump to its replacement is written is not known for ${name}`,
      hint: 'hotsplice diff compares objects of any machine; payloads can be made for x86-64',
    })
  } else if (size < least) {
    refusals.push({
      ...about,
      code: 'too-small',
      text: `${judged.name} has ${size} bytes, but the jump to its replacement takes ${least}`,
      hint: 'change its callers instead, or make them not call it: patch them so that they use a new function',
    })
  }
  const runningName = runningNameOf(origin, rules.target.loader)
  const count = rules.linked?.count(runningName) ?? rules.countRunning?.(runningName) ?? 1
  if (count > 1) {
    refusals.push({
      ...about,
      code: 'duplicate-name',
      text: `${judged.name} changed, and ${count} symbols of the running system are called ${runningName}: ${rules.linked === undefined ? 'the loader would patch the first' : 'the loader takes none of several'}`,
      hint: 'change its callers instead, so that they use a new function',
    })
  }
  if (count === 0) {
    refusals.push({
      ...about,
      code: 'symbol-not-found',
      text: `${judged.name} changed, but the running system's symbols do not have ${runningName}: the code is not linked in, or this is not its source`,
      hint: 'if nothing of the running system uses the unit, leave it out of the patch; otherwise check --symbols and the tree',
    })
  }
  const stuck = rules.stuck?.(runningName)
  if (stuck !== undefined) refusals.push(deniedBy(stuck, about))
  return [...refusals, ...denialRefusals(input, judged, { origin, rules })]
}

function denialRefusals(
  { unit }: UnitInput,
  { name }: Judged,
  { origin, rules }: { readonly origin: Origin; readonly rules: SelectRules },
): readonly Refusal[] {
  const denied = rules.denied(unit, name) ?? rules.denied(origin.input.unit, name)
  return denied === undefined ? [] : [deniedBy(denied, { unit, symbol: name })]
}

function deniedBy({ code, why, hint }: Denial, about: Pick<Refusal, 'unit' | 'symbol'>): Refusal {
  return { code, ...about, text: `${about.symbol} changed, but ${why}`, hint }
}

function replacementOf(address: PieceAddress, { unit }: UnitInput, origin: Origin, rules: SelectRules): Replacement {
  return {
    address,
    runningName: runningNameOf(origin, rules.target.loader),
    oldSize: statedSize(origin.input.verdicts.correlation.original, origin.piece),
    unit,
  }
}

function codeOf(map: PieceMap<'original'>, piece: Piece<'original'>): Uint8Array {
  const section = map.object.sections[piece.section]
  return section?.bytes.subarray(piece.offset, piece.offset + piece.size) ?? new Uint8Array()
}

/** Hooks are a reason of their own: they run because the payload has them. */
function includeHooks(linker: Linker, unit: UnitIndex, map: PieceMap<'patched'>): void {
  for (const section of map.object.sections) {
    if (map.sections[section.id]?.class !== 'hooks') continue
    for (const piece of map.bySection[section.id] ?? []) {
      const address: PieceAddress = { unit, piece: piece.id }
      const reason = { code: 'hook', text: `the patch puts it into ${section.name}` }
      linker.include(address, 'hook', reason, undefined)
    }
  }
}
