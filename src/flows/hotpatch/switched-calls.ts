/**
 * Calls that are to be switched off where they stand, against what only texts and the running image tell: that the patch
 * takes nothing else out of the function, that the bytes are that call, and that what is called comes back. Part of the
 * pipeline, behind the comparison of the functions' code.
 */
import type { Refusal } from '../../base/refusal.ts'
import { toldByCalls } from '../../ctext/call-arguments.ts'
import { moreThanLostCalls } from '../../ctext/lost-calls.ts'
import { callKey } from '../../loaders/func-entry.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { CallKnowledge } from '../../machines/machine.ts'
import { machineOf } from '../../machines/machines.ts'
import { sourceName } from '../../pieces/names.ts'
import type { Selection, SwitchedOff } from '../../select/model.ts'
import { callStays } from '../../select/switched-off.ts'
import { originalTexts, type Tree } from '../../trees/index.ts'
import { replacedBelow } from './code-refusal.ts'
import type { Prepared } from './prepare.ts'
import type { Running } from './running.ts'

export interface CheckedCalls {
  readonly refusals: readonly Refusal[]
  /** The calls' bytes, by `callKey`. */
  readonly expectations: ReadonlyMap<string, Uint8Array>
}

export async function checkCalls(
  { switchedOff, machine }: Selection,
  running: Running,
  texts: Texts,
): Promise<CheckedCalls> {
  const expectations = new Map<string, Uint8Array>()
  const refusals: Refusal[] = []
  const known = machine === undefined ? undefined : machineOf(machine).patching?.calls
  for (const off of switchedOff) {
    const { symbols } = running
    const why =
      known === undefined || symbols === undefined || symbols.format === 'efi'
        ? 'no xen-syms is known, which tells what is called'
        : ((await textSays(off, texts)) ?? imageSays(off, { known, symbols, running }))
    if (typeof why === 'string') refusals.push(callStays({ unit: off.unit, symbol: off.runningName }, why))
    else for (const [at, bytes] of why) expectations.set(callKey(off.runningName, at), bytes)
  }
  return { refusals, expectations }
}

interface Texts {
  readonly tree: Tree
  readonly before: Pick<Prepared, 'affected' | 'change'>
}

/** Why the texts do not say that the function loses calls and nothing else. */
export async function textSays(
  { unit, runningName, callee }: Pick<SwitchedOff, 'unit' | 'runningName' | 'callee'>,
  { tree, before: { affected, change } }: Texts,
): Promise<string | undefined> {
  const own = affected.affected.find(each => each.unit.unit === unit)
  const read = new Set(own?.because)
  const files = change.files.filter(({ newPath, oldPath }) => read.has(newPath ?? oldPath ?? ''))
  const texts = files.map(({ newPath, oldText, newText }) => ({
    path: newPath ?? '',
    before: oldText ?? '',
    after: newText ?? '',
  }))
  const more = moreThanLostCalls(plain(runningName), plain(callee), texts)
  if (more !== undefined || own === undefined) return more
  const parts = (await originalTexts(tree, [own.unit])).get(own.unit)
  return parts === undefined
    ? 'its text could not be preprocessed'
    : toldByCalls(parts, plain(runningName), plain(callee))
}

const plain = (runningName: string) => sourceName(runningName.slice(runningName.indexOf('#') + 1))

interface Scene {
  readonly known: CallKnowledge
  readonly symbols: HypervisorSymbols
  readonly running: Running
}

function imageSays(
  off: SwitchedOff,
  { known, symbols, running }: Scene,
): string | readonly (readonly [at: number, bytes: Uint8Array])[] {
  const { runningName, callee, calls } = off
  const below = replacedBelow(running, off)
  if (below !== undefined) return `${below}, which is applied already, has changed ${runningName}`
  const [from, to] = [symbols.lookup(runningName), symbols.lookup(callee)]
  if (from === undefined || to === undefined)
    return `the running system has no ${from === undefined ? runningName : callee}`
  if (!comesBack(to, { known, symbols, running })) return `whether ${callee} ever comes back cannot be told`
  const found: [number, Uint8Array][] = []
  for (const { at, size } of calls) {
    const address = from + BigInt(at)
    const bytes = symbols.bytesAt(address, size)
    if (bytes === undefined || known.callee(bytes, address) !== to)
      return `at 0x${at.toString(16)} is no call of ${callee}`
    if (symbols.bootEdits(address, size)?.length !== 0)
      return `Xen edits the call at 0x${at.toString(16)} while booting`
    found.push([at, bytes])
  }
  return found
}

/** Compilers write no way back into what they were told does not return. */
function comesBack(address: bigint, scene: Scene, seen = new Set<bigint>()): boolean {
  const { known, symbols } = scene
  if (symbols.lookup(RETURN_THUNK) === address) return true
  const size = symbols.symbolsAt(address)[0]?.size ?? 0
  const code = seen.has(address) || size === 0 ? undefined : symbols.bytesAt(address, size)
  seen.add(address)
  if (code === undefined) return false
  const { returns, jumps } = known.exits(code, address)
  return returns || jumps.some(target => comesBack(target, scene, seen))
}

/** What code returns through on processors that must not simply do so (4.17.6, 4.18.5 and later). */
const RETURN_THUNK = '__x86_return_thunk'
