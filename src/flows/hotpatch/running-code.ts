/**
 * Whether the functions that a payload replaces are, in the running system, what the tree's objects say; and the bytes
 * by which the loader makes sure of it once more. Part of the pipeline, and of `verify --tree`.
 *
 * Which mistake is worse: to replace code that is not the code the patch was made for. So unequal code is refused, and
 * what could not be compared is said.
 */

import { InternalError } from '../../base/errors.ts'
import type { Reason, Refusal } from '../../base/refusal.ts'
import { EXPECTATION_LIMIT } from '../../loaders/func-entry.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { machineOf } from '../../machines/machines.ts'
import { leadsToLeft, leftToCallers } from '../../select/by-callers.ts'
import type { Replacement, Selection } from '../../select/model.ts'
import { originOf } from '../../select/origins.ts'
import type { UnitInput } from '../../select/select.ts'
import { type CodeFinding, RunningImage, UnitCode } from '../../verify/index.ts'
import { codeBeside, inlinedRefusals } from './code-beside.ts'
import { codeRefusal, replacedBelow } from './code-refusal.ts'
import type { OtherCodes } from './other-code.ts'
import { countRunning, imageLoader, type Running } from './running.ts'

export interface CheckedCode {
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly Reason[]
  readonly notices: readonly Reason[]
  /** The first bytes of the functions to be replaced, by running name. */
  readonly expectations: ReadonlyMap<string, Uint8Array>
}

export const NOTHING_CHECKED: CheckedCode = { refusals: [], warnings: [], notices: [], expectations: new Map() }

/** Compares what is to be replaced, in the order of the selection. */
export function checkCode(
  units: readonly UnitInput[],
  selection: Selection,
  running: Running,
  others: OtherCodes = new Map(),
): CheckedCode {
  const { symbols } = running
  if (selection.replacements.length + selection.switchedOff.length === 0) return NOTHING_CHECKED
  if (symbols === undefined || symbols.format === 'efi') {
    const text = 'no xen-syms is known, so whether the code to be replaced is the code that runs was not compared'
    return {
      ...NOTHING_CHECKED,
      refusals: running.refusals,
      warnings: [{ code: 'code-not-compared', text }],
    }
  }
  const image = new RunningImage(
    symbols,
    running.memory,
    running.below.flatMap(({ overwritten }) => overwritten),
  )
  const checkers = units.map(({ fileSymbol, verdicts }) => {
    return new UnitCode(verdicts.correlation.original, fileSymbol, image)
  })
  // What is not known of the loader stands in the way of a payload with a table of functions, and of no other.
  const refusals: Refusal[] = [...running.refusals]
  const warnings: Reason[] = []
  const loader = imageLoader(running)
  const left = leftToCallers(units, loader).filter(({ runningName }) => countRunning(symbols)?.(runningName) === 1)
  for (const replacement of [...selection.replacements, ...left]) {
    const below = replacedBelow(running, replacement)
    const finding = checkOne(units, checkers, replacement, symbols)
    if (finding?.difference !== undefined && below === undefined) refusals.push(codeRefusal(replacement, finding))
    if (finding?.difference !== undefined && below !== undefined) warnings.push(coveredWarning(replacement, below))
    refusals.push(...inlinedRefusals(units, checkers, replacement, { symbols, loader }))
    for (const text of finding?.unchecked ?? []) {
      warnings.push({ code: 'code-not-compared', text: `${replacement.unit}, ${finding?.name}: ${text}` })
    }
  }
  for (const off of selection.switchedOff) {
    const finding = checkOne(units, checkers, off, symbols)
    if (finding?.difference !== undefined) refusals.push(codeRefusal(off, finding))
  }
  const addressesOf = (name: string) => [symbols.lookup(name) ?? []].flat()
  refusals.push(...leadsToLeft(selection, leftToCallers(units, loader), addressesOf))
  const beside = codeBeside(units, selection, running, others)
  const known = new Set(refusals.map(({ unit, symbol }) => `${unit} ${symbol}`))
  refusals.push(...beside.refusals.filter(({ unit, symbol }) => !known.has(`${unit} ${symbol}`)))
  warnings.push(...beside.warnings)
  const { expectations, notices } = expectationsFor(selection.replacements, { units, running, symbols })
  const endless = endlessNotices(units, selection, running)
  return { refusals, warnings: [...warnings, ...lookedAt(running)], notices: [...notices, ...endless], expectations }
}

function checkOne(
  units: readonly UnitInput[],
  checkers: readonly UnitCode[],
  { address, runningName }: Pick<Replacement, 'address' | 'runningName'>,
  symbols: HypervisorSymbols,
): CodeFinding | undefined {
  const origin = originOf(units, address)
  const checker = checkers[origin?.unit ?? -1]
  if (origin === undefined || checker === undefined) throw new InternalError(`${runningName} has no original`)
  const place = symbols.lookup(runningName)
  // A name that the running system does not have is refused by the selection.
  return place === undefined ? undefined : checker.check(origin.piece, place)
}

/** Said, and no more: nearly all such functions are entered anew; those that never are stand on the target's deny-list. */
export function endlessNotices(
  units: readonly UnitInput[],
  { replacements }: Pick<Selection, 'replacements'>,
  { isImage }: Pick<Running, 'isImage'>,
): readonly Reason[] {
  const then = isImage
    ? 'a processor that is in it while the patch is applied stays in the old code, and only whoever calls it later runs the new'
    : 'while a thread is in it, the payload is not applied (EBUSY), however often that is tried; change the functions that it calls instead'
  return replacements
    .filter(replacement => isEndless(units, replacement))
    .map(({ runningName, unit }) => ({
      code: 'never-returns',
      text: `${runningName} (${unit}) never returns: ${then}`,
    }))
}

function isEndless(units: readonly UnitInput[], { address }: Replacement): boolean {
  const origin = originOf(units, address)
  if (origin === undefined) return false
  const { input, piece } = origin
  const { object } = input.verdicts.correlation.original
  const code = object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size)
  if (code === undefined) return false
  const knowledge = machineOf(object.header.machine).code
  const fields = piece.references.map(({ offset }) => offset)
  return knowledge?.isEndless(code, fields) === true
}

function coveredWarning({ runningName, unit }: Replacement, below: string): Reason {
  const text = `${runningName} (${unit}) is replaced by ${below} already, and what ${unit} has is not the hypervisor's own code: whether it is that of ${below} was not compared`
  return { code: 'replaced-below', text }
}

function lookedAt({ namesOnly }: Running): readonly Reason[] {
  const text =
    "the code to be replaced was compared with the tree's own xen-syms: the given file has a build-id, but no symbols"
  return namesOnly ? [{ code: 'code-not-compared', text }] : []
}

interface ProofContext {
  readonly units: readonly UnitInput[]
  readonly running: Running
  readonly symbols: HypervisorSymbols
}

function expectationsFor(replacements: readonly Replacement[], { units, running, symbols }: ProofContext) {
  const expectations = new Map<string, Uint8Array>()
  const notices: Reason[] = []
  if (running.expect !== 'yes') {
    if (running.expect === 'unknown-below') {
      const text =
        'the payload expects no particular old code, because what lies below it is not known; --on tells, and then only functions that are replaced already go without'
      notices.push({ code: 'no-expectations', text })
    }
    return { expectations, notices }
  }
  for (const replacement of replacements) {
    if (replacedBelow(running, replacement) !== undefined) continue
    const bytes = expectationOf(replacement, symbols, running.namesOnly ? firstField(units, replacement) : undefined)
    if (bytes !== undefined && bytes.length > 0) expectations.set(replacement.runningName, bytes)
    else {
      const text = `${replacement.runningName} begins with code that Xen edits while booting or that only its own image tells, so the loader is not asked to compare it`
      notices.push({ code: 'no-expectation', text })
    }
  }
  return { expectations, notices }
}

/**
 * Old code up to the first place that Xen edits at boot, since what is there hangs on the processor, and up to `limit`.
 */
function expectationOf(
  { runningName, oldSize }: Replacement,
  symbols: HypervisorSymbols,
  limit = EXPECTATION_LIMIT,
): Uint8Array | undefined {
  const address = symbols.lookup(runningName)
  if (address === undefined) return undefined
  const most = Math.min(EXPECTATION_LIMIT, oldSize, limit)
  const edits = symbols.bootEdits(address, most)?.map(edit => Number(edit.address - address))
  if (edits === undefined) return undefined
  return symbols.bytesAt(address, Math.max(0, Math.min(most, ...edits)))
}

/** Where the function first refers to something: xen.efi is linked by itself, and has it at another distance. */
function firstField(units: readonly UnitInput[], { address }: Replacement): number | undefined {
  return originOf(units, address)?.piece.references[0]?.offset
}
