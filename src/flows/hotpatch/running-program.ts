/**
 * Whether the functions that a payload replaces are, in the given program, what the tree's objects say: by the very rules
 * of the host that loads it. Without a program, it is said that only load will know. Part of the pipeline.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { OriginalCode } from '../../loaders/original-code.ts'
import { PROCESS } from '../../loaders/process/process.ts'
import { spelled } from '../../pieces/old-code.ts'
import type { LinkedProgram } from '../../program/linked-program.ts'
import { compareCode, compareLeft, findFunction } from '../../program/replaced-code.ts'
import { leadsToLeft, leftToCallers } from '../../select/by-callers.ts'
import type { Replacement, Selection } from '../../select/model.ts'
import type { UnitInput } from '../../select/select.ts'
import { overlayOf, type Tree } from '../../trees/index.ts'
import { changedObjects } from './changed-objects.ts'
import { checkKernel } from './kernel.ts'
import { namesOf } from './linked.ts'
import { otherCode } from './other-code.ts'
import type { Prepared } from './prepare.ts'
import type { Running } from './running.ts'
import { type CheckedCode, checkCode, endlessNotices, NOTHING_CHECKED } from './running-code.ts'
import { type CheckedCalls, checkCalls } from './switched-calls.ts'
import { wrappedNames } from './wrapped.ts'

interface Known {
  readonly running: Running
  /** What each replaced function was, as the program's loader will be told. */
  readonly originals: readonly OriginalCode[]
}

interface Asked extends Known {
  readonly tree: Tree
  readonly before: Pick<Prepared, 'affected' | 'change'>
}

export async function checkRunningCode(
  units: readonly UnitInput[],
  selection: Selection,
  { tree, before: { affected, change }, running, originals }: Asked,
): Promise<CheckedCode> {
  if (running.isImage) {
    const overlay = overlayOf(change, affected)
    const others = await otherCode(tree, { units, selection, running, ...affected, overlay })
    const checked = withCalls(
      checkCode(units, selection, running, others),
      await checkCalls(selection, running, { tree, before: { affected, change } }),
    )
    if (running.kernel === undefined) return checked
    const sources = new Map(affected.affected.map(({ unit }) => [unit.unit, unit.source]))
    const textOf = (unit: string) => tree.reader.read(sources.get(unit) ?? '') ?? ''
    return checkKernel(units, selection, { kernel: running.kernel, checked, textOf })
  }
  const refusals = await changedObjects(tree, units, affected.affected)
  const found = checkCodeOf(units, selection, { running, originals })
  const endless = endlessNotices(units, selection, running)
  return { ...found, refusals: [...refusals, ...found.refusals], notices: [...found.notices, ...endless] }
}

function checkCodeOf(units: readonly UnitInput[], selection: Selection, { running, originals }: Known): CheckedCode {
  const program = namesOf(running)
  if (program !== undefined) {
    const found = checkProgram(units, selection, { running, originals, program })
    return { ...found, notices: [...ownNotices(running), ...found.notices] }
  }
  if (selection.pieces.length === 0) return NOTHING_CHECKED
  const { own } = running
  const why =
    own !== undefined && 'doubt' in own ? `, and the tree does not show which it is: ${own.doubt}. So` : ', so'
  const text =
    running.program === undefined
      ? `no program is given${why} whether it has what the payload replaces and needs is found out only when it is loaded; --symbols takes the program`
      : 'the given program has no symbol table, so whether it has what the payload replaces and needs is found out only when it is loaded; --symbols takes its unstripped file'
  return { ...NOTHING_CHECKED, notices: [{ code: 'program-unknown', text }] }
}

function withCalls(checked: CheckedCode, calls: CheckedCalls): CheckedCode {
  return {
    ...checked,
    refusals: [...checked.refusals, ...calls.refusals],
    expectations: new Map([...checked.expectations, ...calls.expectations]),
  }
}

function ownNotices({ own }: Running): readonly Reason[] {
  if (own === undefined || !('name' in own)) return []
  const why = {
    units: 'and each unit of the tree is in one of them',
    records: 'and the tree’s build says that it links that into no other',
  }[own.because]
  const text = `no program is given, and ${own.name} is taken: of the linked files in the tree it alone has the code of what the patch concerns, ${why}. The payload is for its build-id; --symbols takes another program`
  return [{ code: 'program-found', text }]
}

function checkProgram(
  units: readonly UnitInput[],
  selection: Selection,
  { running, originals, program }: Known & { readonly program: LinkedProgram },
): CheckedCode {
  const refusals: Refusal[] = [...ofLibrary(selection, program, running), ...wrappedNames(selection, program)]
  const notices: Reason[] = []
  for (const replacement of selection.replacements) {
    const { runningName: name, oldSize } = replacement
    const found = findFunction(name, oldSize, program)
    // What it has not, or has twice, the selection has refused.
    if ('fault' in found && found.missing !== 'other-size') continue
    if ('fault' in found) {
      refusals.push(refusalFor(replacement, found.fault))
      continue
    }
    const original = originals.find(each => each.name === name)
    const isReplaced = running.replacedBelow?.has(name) === true
    const compared = compareCode({ name, old: found.address, oldSize }, original, program, isReplaced)
    const { fault, notes, isFolded } = compared
    if (fault !== undefined) refusals.push(refusalFor(replacement, fault, isFolded === true ? FOLDED : OTHER_TREE))
    const untold =
      program.codeAt(found.address, oldSize) === undefined ? [`the given file has no code of ${name}`] : notes
    notices.push(...untold.map(text => ({ code: 'code-not-compared', text: `${replacement.unit}: ${text}` })))
  }
  const left = leftToCallers(units, PROCESS)
  for (const each of left) {
    const original = originals.find(({ name }) => name === each.runningName)
    const unsaid = { fault: `what the code of ${each.runningName} is to be cannot be said`, notes: [] }
    const { fault, notes } = original === undefined ? unsaid : compareLeft(original, program)
    if (fault !== undefined) refusals.push(refusalFor(each, fault))
    notices.push(...notes.map(text => ({ code: 'code-not-compared', text: `${each.unit}: ${text}` })))
  }
  refusals.push(...leadsToLeft(selection, left, name => program.addressesOf(name)))
  return { ...NOTHING_CHECKED, refusals, notices }
}

/** The loader refuses what replaces functions of libraries (`hosts/process/libraries.ts`). */
function ofLibrary(selection: Selection, program: LinkedProgram, { own }: Running): readonly Refusal[] {
  const [first] = selection.replacements
  if (first === undefined || !program.isLibrary) return []
  const what = own !== undefined && 'name' in own ? own.name : 'the given file'
  return [
    {
      code: 'shared-library',
      unit: first.unit,
      symbol: spelled(first.runningName).name,
      text: `${what} is a shared library, and functions of shared libraries cannot be replaced in a process`,
      hint: 'replace the functions of the program that call it, or link the library into the program; where another file is what runs, give that with --symbols',
    },
  ]
}

const OTHER_TREE =
  'give the tree that the program was built from, with its compiler and options, and the very program; where it was compiled without -ffunction-sections and only a near jump is shorter, build it with that option'
const FOLDED =
  'let the patch give the function another name, and change its callers to use that one; or link the program without folding (--icf=none) for the next time'

function refusalFor({ unit, runningName }: Replacement, fault: string, hint = OTHER_TREE): Refusal {
  return {
    code: 'not-the-running-code',
    unit,
    symbol: spelled(runningName).name,
    text: fault,
    hint,
  }
}
