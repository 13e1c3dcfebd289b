/**
 * Would this hypervisor take this payload? Every rule of the real loader, from a fresh look at the payload's bytes.
 * Rules are rows (`table.ts`) that look at facts (`load-context.ts`) and answer with what is wrong; `judge.ts` asks them all.
 */
import { InputError } from '../base/errors.ts'
import { payloadDigest } from '../loaders/payload-digest.ts'
import { BUILD_ID } from '../loaders/payload-sections.ts'
import { NotReached } from './finding.ts'
import { type Asked, askAll, type Book, conclude, notUnderstood } from './judge.ts'
import type { ReplacedFunction, VerifiedPayload, VerifyInput, VerifyReport } from './model.ts'
import type { Rule } from './rule.ts'
import { NO_TREE } from './running-code.ts'
import { buildIdIn } from './xen/checks/notes.ts'
import { overwrittenBy } from './xen/checks/running.ts'
import { newSymbols } from './xen/checks/symbols.ts'
import { misreadTables } from './xen/entry-sizes.ts'
import { LoadContext } from './xen/load-context.ts'
import { STEPS } from './xen/steps.ts'
import { rulesFor } from './xen/table.ts'

/** Everything wrong with a payload, and what Xen would do about it. Pure; throws nothing. */
export function verifyPayload(input: VerifyInput): VerifyReport {
  return judge(new LoadContext(input), input.entrySizes)
}

export interface VerifiedLoad {
  readonly report: VerifyReport
  /** What payloads on top of it see; undefined unless it was accepted with everything known. */
  readonly loaded: VerifiedPayload | undefined
  /** What it replaces, as far as that can be told. */
  readonly replaced: readonly ReplacedFunction[]
}

/** Likewise, and what a payload above it needs to know. `name` is for messages. */
export function verifyAndLoad(input: VerifyInput, name: string): VerifiedLoad {
  const loading = new LoadContext(input)
  const report = judge(loading, input.entrySizes)
  const loaded = report.accepted ? loadedPayload(loading, name) : undefined
  return { report, loaded, replaced: replacedBy(loading) }
}

/** What is the same for all payloads on one hypervisor. */
type Known = Pick<VerifyInput, 'symbols' | 'version' | 'tableUse' | 'facts' | 'withoutIbt' | 'entrySizes'>

/** A stack, lowest first: each is verified on those below it. After one that is not accepted the others see the stack without it. */
export function verifyStack(
  payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  known: Known,
): readonly VerifiedLoad[] {
  const on: VerifiedPayload[] = []
  return payloads.map(({ name, bytes }) => {
    const result = verifyAndLoad({ ...known, payload: bytes, on: [...on] }, name)
    if (result.loaded !== undefined) on.push(result.loaded)
    return result
  })
}

/** What the loader has of a stack; throws where one of them would not be taken. */
export function loadedStack(
  payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  known: Known,
): readonly VerifiedPayload[] {
  return verifyStack(payloads, known).map(({ report, loaded }, index) => {
    if (loaded !== undefined) return loaded
    const name = payloads[index]?.name ?? ''
    const why = report.decidedBy ?? 'without the hypervisor\u2019s names nothing is known of it'
    throw new InputError(
      'verify/below',
      `${name}, which --on says is applied already, would not be taken itself [${why}]`,
      `\`hotsplice verify ${name}\` with what lies below it says why`,
    )
  })
}

function judge(loading: LoadContext, entrySizes: VerifyInput['entrySizes']): VerifyReport {
  const book: Book<Rule> = {
    rules: rulesFor(loading.kind),
    steps: STEPS,
    check: rule => rule.check(loading),
    refusal: 'EINVAL',
  }
  const result = conclude([...askAll(book), ...misread(book, loading, entrySizes)], book)
  const sha256 = payloadDigest(loading.raw.bytes)
  return { schema: 1, target: 'xen', version: loading.version, sha256, ...result, checks: [...result.checks, NO_TREE] }
}

/** Nor was a table understood whose entries are of another size than the rules read them with. */
function misread(book: Book<Rule>, loading: LoadContext, entrySizes: VerifyInput['entrySizes']): readonly Asked[] {
  return misreadTables(loading, entrySizes).flatMap(({ step, text }) =>
    book.rules.some(rule => rule.step === step) ? [notUnderstood(step, text, book, true)] : [],
  )
}

function loadedPayload(loading: LoadContext, name: string): VerifiedPayload | undefined {
  try {
    return {
      name,
      buildId: buildIdIn(loading, BUILD_ID),
      image: loading.loaded.copied.image,
      newSymbols: firstOfEach(newSymbols(loading).map(({ symbol, name: added }) => [added, symbol.value] as const)),
      overwritten: loading.functions.flatMap(entry => overwrittenBy(loading, entry) ?? []),
    }
  } catch (error) {
    if (error instanceof NotReached) return undefined
    throw error
  }
}

function replacedBy(loading: LoadContext): readonly ReplacedFunction[] {
  try {
    const all = loading.functions.flatMap(({ name, old, oldSize, newAddress }) => {
      if (old.is !== 'found') return []
      // What is switched off may lie anywhere in a function, all of which has to be what the tree says.
      const around = newAddress === 0n ? loading.hypervisor.symbolBefore(old.address) : undefined
      const holds = around !== undefined && old.address < around.address + BigInt(around.size)
      return [
        holds ? { name, address: around.address, size: around.size } : { name, address: old.address, size: oldSize },
      ]
    })
    return all.filter(({ address }, at) => all.findIndex(other => other.address === address) === at)
  } catch (error) {
    if (error instanceof NotReached) return []
    throw error
  }
}

/** Of equal names the loader finds the first. */
function firstOfEach(entries: readonly (readonly [string, bigint])[]): ReadonlyMap<string, bigint> {
  return new Map([...entries].reverse())
}
