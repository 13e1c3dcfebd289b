/**
 * Code and data of boot time that the user leaves out of the patch (`--leave-init`): it has run, with the old text, and
 * what the new text would have done then does not happen. What that is, is told by name as far as code shows it, and
 * called unknown where it does not.
 *
 * Even then refused: code of the payload that uses a variable which left-out code sets, be it in the old text or the new.
 * Conditions may have changed where the writes have not, so a variable that both write counts. A hook that reaches the
 * variable is taken to set it.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Judged } from '../compare/model.ts'
import type { Loader } from '../loaders/loader.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { reachedByHooks } from './hooks-reach.ts'
import type { LeftInitCode, Replacement, SelectedPiece, Selection, SelectRules, UnitInput } from './model.ts'
import {
  type BothSides,
  bothSides,
  described,
  differenceWords,
  type JudgedIn,
  missingFrom,
  nameOf,
} from './not-done.ts'

export interface LeftInit {
  readonly code: readonly LeftInitCode[]
  readonly needed: Selection['leftNeeded']
  /** Of what needs it, and of names that would leave out what several units have. */
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
}

/** Whether the user leaves out what is refused so: by `UNIT#NAME`, or by a name that only one unit may have. */
export function isLeftOut({ code, unit, symbol }: Refusal, { leaveInit }: Pick<SelectRules, 'leaveInit'>): boolean {
  if (leaveInit === undefined || (code !== 'init-code' && code !== 'init-data')) return false
  return leaveInit.has('all') || leaveInit.has(symbol) || leaveInit.has(inUnit(unit, symbol))
}

/** Whether a changed function is left out: by the user, or since nothing that lasts would have come of it. */
export function isLeft(refusal: Refusal, { onlySaid }: UnitInput, { patched }: Judged, rules: SelectRules): boolean {
  return isLeftOut(refusal, rules) || isOnlySaid(onlySaid, patched)
}

const isOnlySaid = (onlySaid: UnitInput['onlySaid'], patched: Judged['patched']): boolean =>
  patched !== undefined && onlySaid?.has(patched.id) === true

/** As `--leave-init` takes what several units have. */
const inUnit = (unit: string, name: string): string => `${unit}#${name}`

export function leftInit(
  units: readonly UnitInput[],
  left: readonly JudgedIn[],
  pieces: readonly SelectedPiece[],
  rules: SelectRules,
): LeftInit {
  const isSaid = ({ unit, judged }: JudgedIn) => isOnlySaid(units[unit]?.onlySaid, judged.patched)
  const told = leftByWord(
    units,
    left.filter(each => !isSaid(each)),
    pieces,
    rules,
  )
  const said = left.filter(isSaid).map(({ unit, judged: { name } }) => ({
    code: 'init-message',
    text: `${name} of ${units[unit]?.unit} would only have printed something else when the system came up; it is left as it is`,
  }))
  return { ...told, notices: [...said, ...told.notices] }
}

function leftByWord(
  units: readonly UnitInput[],
  left: readonly JudgedIn[],
  pieces: readonly SelectedPiece[],
  rules: SelectRules,
): LeftInit {
  const { leaveInit, target } = rules
  if (leaveInit === undefined) return { code: [], needed: [], refusals: [], notices: [] }
  const sides = left.filter(isFunction).map(each => bothSides(units, each, target.loader))
  // What comes or goes is reached from there, and left out with it.
  const helpers = left.length === 0 ? [] : initHelpers(units, target.loader)
  const all = [...sides, ...helpers]
  const spelled = left.map(({ unit, judged: { name } }) => ({
    name,
    whole: inUnit(units[unit]?.unit ?? '', name),
    unit,
  }))
  const names = new Set(spelled.flatMap(({ name, whole }) => [name, whole]))
  const idle = [...leaveInit].filter(name => name !== 'all' && !names.has(name)).sort()
  const code = all.map(each => described(each, units[each.unit]?.unit ?? ''))
  const set = new Map(all.flatMap(each => setBy(each).map(name => [name, each.judged.name] as const)))
  const needed = usersOf(set, { units, pieces, loader: target.loader })
  return {
    code,
    needed,
    refusals: [...needed.map(({ refusal }) => refusal), ...ambiguousNames(units, spelled, leaveInit)],
    notices: [
      ...code.map(each => ({
        code: 'init-left',
        text: `${each.name} of ${each.unit} is left out, and what it would have done when the system came up does not happen: ${differenceWords(each)}`,
      })),
      ...left
        .filter(each => !isFunction(each))
        .map(({ unit, judged: { name } }) => ({
          code: 'init-left',
          text: `${name} of ${units[unit]?.unit} is left out: it was read while the system came up, and stays as it was then`,
        })),
      ...idle.map(name => ({
        code: 'init-not-left',
        text: `--leave-init ${name} leaves nothing out: nothing of that name is refused as boot code`,
      })),
    ],
  }
}

interface Spelled {
  readonly unit: number
  readonly name: string
  readonly whole: string
}

/** One word is not to leave out more than its writer knows of. Who said it for each unit does know. */
function ambiguousNames(
  units: readonly UnitInput[],
  spelled: readonly Spelled[],
  leaveInit: ReadonlySet<string>,
): readonly Refusal[] {
  if (leaveInit.has('all')) return []
  return [...leaveInit].sort().flatMap((name): readonly Refusal[] => {
    const found = new Map(spelled.filter(each => each.name === name).map(each => [each.whole, each]))
    const wholes = [...found.keys()].sort()
    const [first] = found.values()
    if (first === undefined || wholes.length < 2 || wholes.filter(whole => !leaveInit.has(whole)).length < 2) return []
    return [
      {
        code: 'init-left-ambiguous',
        unit: units[first.unit]?.unit ?? '',
        symbol: name,
        text: `--leave-init ${name} names changed boot code of ${wholes.length} units: ${wholes.join(' and ')}`,
        hint: `say which: ${wholes.map(whole => `--leave-init ${whole}`).join(' ')}, or those of them that are to be left out`,
      },
    ]
  })
}

const isFunction = ({ judged: { original, patched } }: JudgedIn) => (patched ?? original)?.kind === 'function'

function initHelpers(units: readonly UnitInput[], loader: Loader): readonly BothSides[] {
  return units.flatMap((input, unit) =>
    input.verdicts.functions.flatMap((judged): readonly BothSides[] => {
      const { original: before, patched: after } = input.verdicts.correlation
      const { original, patched, verdict } = judged
      if (verdict.kind !== 'new' && verdict.kind !== 'gone') return []
      const own = (original && sectionClassOf(before, original)) ?? (patched && sectionClassOf(after, patched))
      return own === 'init-code' ? [bothSides(units, { unit, judged }, loader)] : []
    }),
  )
}

/** Variables that it sets, in either text. */
function setBy({ before, after }: BothSides): readonly string[] {
  const isNew = missingFrom(after.taken, before.taken)
  return [...before.stores.map(({ name }) => name), ...after.stores.map(({ name }) => name), ...isNew]
}

interface Payload {
  readonly units: readonly UnitInput[]
  readonly pieces: readonly SelectedPiece[]
  readonly loader: Loader
}

function usersOf(set: ReadonlyMap<string, string>, { units, pieces, loader }: Payload): Selection['leftNeeded'] {
  const nameOfPiece = ({ unit, piece }: SelectedPiece['address']) => {
    const input = units[unit]
    const found = input?.verdicts.correlation.patched.pieces[piece]
    return input && found && nameOf(input, loader, found)
  }
  const { names, within } = reachedByHooks(pieces, nameOfPiece)
  const { hook, assisted } = loader.waysOut
  return pieces.flatMap(selected => {
    if (selected.piece.kind !== 'function' || within.has(selected.piece)) return []
    const used = selected.references.flatMap(({ link }) => {
      const name = link.to === 'running' ? link.name : link.to === 'payload' ? nameOfPiece(link.target) : undefined
      return name !== undefined && set.has(name) && !names.has(name) ? [name] : []
    })
    return [...new Set(used)].map(name => {
      const refusal: Refusal = {
        code: 'init-left-needed',
        unit: units[selected.address.unit]?.unit ?? '',
        symbol: selected.piece.name,
        text: `${selected.piece.name} uses ${name}, which ${set.get(name)} sets, and that is left out: it ran with the old text, and does not run again`,
        hint: `set ${name} from ${hook}${assisted ? ' (hotsplice assist offers what can be repeated)' : ''}, or leave the change of ${selected.piece.name} out too`,
      }
      return { name, refusal }
    })
  })
}

/** What processors that run do not get: the function is replaced, and they do not enter it again. */
export function notBroughtUp(
  units: readonly UnitInput[],
  replacements: readonly Replacement[],
  { target: { loader } }: Pick<SelectRules, 'target'>,
): readonly Reason[] {
  return replacements.flatMap(({ address: { unit, piece } }) => {
    const input = units[unit]
    const judged = input?.verdicts.functions.find(({ patched }) => patched?.id === piece)
    if (input === undefined || judged === undefined || !loader.bringsUp(input.unit, judged.name)) return []
    const words = differenceWords(described(bothSides(units, { unit, judged }, loader), input.unit))
    const text = `${judged.name} of ${input.unit} runs only when a processor comes up: those that run do not get what it does otherwise: ${words}`
    return [{ code: 'cpu-bring-up', text }]
  })
}
