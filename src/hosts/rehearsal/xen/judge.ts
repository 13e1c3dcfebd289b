/**
 * Asks the real hypervisor about many payloads, one after the other, in as few boots as possible.
 *
 * A payload that it takes is unloaded again, so that the next one meets the same hypervisor. After a
 * crash, and when a payload could not be taken away again, the hypervisor is booted afresh for the next.
 * Xen's own words about each payload come with the verdict.
 */

import { InputError } from '../../../base/errors.ts'
import { errnoName } from '../../abi/errno.ts'
import type { ActionName } from '../../abi/xen-abi.ts'
import { MachineLost } from '../machine.ts'
import type { BootOptions, RehearsalPayload } from '../model.ts'
import type { RehearsalSession } from './session.ts'
import { startRehearsal } from './session.ts'

export interface JudgeOptions extends BootOptions {
  readonly payloads: Iterable<RehearsalPayload> | AsyncIterable<RehearsalPayload>
  /** `upload` only asks whether it is taken; `cycle` also applies, reverts and unloads it. */
  readonly through?: 'upload' | 'cycle' | undefined
  /** Loaded and applied first, in this order, in every boot: what the payloads are stacked on. */
  readonly on?: readonly RehearsalPayload[] | undefined
  /** For one payload; beyond that it counts as `hang`. A minute by default. */
  readonly timeoutMs?: number | undefined
}

export type JudgedStep = 'upload' | ActionName

export interface Judgement {
  readonly name: string
  readonly verdict: 'accepted' | 'refused' | 'crash' | 'hang'
  /** The first step that did not succeed; null when all did. */
  readonly failedAt: JudgedStep | null
  /** That step's negative result; 0 when all succeeded, null after a crash or hang. */
  readonly result: number | null
  readonly errno: string | null
  /** What the hypervisor printed about it. */
  readonly console: readonly string[]
  readonly time: number
}

const NAME = 'judged'
const BOOT_MS = 60_000
const CYCLE: readonly ActionName[] = ['apply', 'revert', 'unload']

/** Yields one judgement for each payload, in their order. Boots when the first one is asked for. */
export async function* judgePayloads(options: JudgeOptions): AsyncGenerator<Judgement, void, undefined> {
  const through = options.through ?? 'upload'
  let session: RehearsalSession | undefined
  let judged = 0 // in this boot
  try {
    for await (const payload of options.payloads) {
      session ??= await startStack(options)
      let answer = await judgeOne(session, payload, through)
      if (answer.judgement.result === null && judged > 0) {
        // Was it this payload, or had an earlier one left damage behind? A fresh hypervisor tells.
        await session.close()
        session = await startStack(options)
        answer = await judgeOne(session, payload, through)
      }
      judged += 1
      if (!answer.clean) {
        await session.close()
        session = undefined
        judged = 0
      }
      yield answer.judgement
    }
  } finally {
    await session?.close()
  }
}

async function startStack(options: JudgeOptions): Promise<RehearsalSession> {
  const limits = { boot: BOOT_MS, request: options.timeoutMs ?? BOOT_MS }
  const session = await startRehearsal(options, limits)
  try {
    for (const { name, bytes } of options.on ?? []) {
      const result = (await session.upload(name, bytes)) || (await session.act({ action: 'apply', name }))
      if (result === 0) continue
      const why = `${errnoName(result) ?? result}: ${session.takeLines().slice(-3).join(' / ')}`
      throw new InputError('rehearse/no-stack', `${name}, which the payloads are stacked on, was not taken (${why})`)
    }
  } catch (error) {
    await session.close()
    throw error
  }
  return session
}

/** `clean` says whether the hypervisor is as it was before. */
async function judgeOne(
  session: RehearsalSession,
  { name, bytes }: RehearsalPayload,
  through: 'upload' | 'cycle',
): Promise<{ judgement: Judgement; clean: boolean }> {
  const begun = performance.now()
  session.takeLines()
  const steps: readonly JudgedStep[] = through === 'cycle' ? ['upload', ...CYCLE] : ['upload', 'unload']
  const tell = (verdict: Judgement['verdict'], failedAt: JudgedStep | null, result: number | null): Judgement => ({
    name,
    verdict,
    failedAt,
    result,
    errno: result === null ? null : errnoName(result),
    console: session.takeLines(),
    time: Math.round((performance.now() - begun) * 100) / 100,
  })

  let current: JudgedStep = 'upload'
  try {
    for (const step of steps) {
      current = step
      const result =
        step === 'upload' ? await session.upload(NAME, bytes) : await session.act({ action: step, name: NAME })
      if (result >= 0) continue
      const judgement = tell('refused', step, result)
      // Refused at upload: nothing is there. Refused at apply: it is still only uploaded.
      const clean =
        step === 'upload' || (step === 'apply' && (await session.act({ action: 'unload', name: NAME })) === 0)
      return { judgement, clean }
    }
    return { judgement: tell('accepted', null, 0), clean: true }
  } catch (error) {
    if (!(error instanceof MachineLost)) throw error
    return { judgement: tell(error.downfall.kind === 'hung' ? 'hang' : 'crash', current, null), clean: false }
  }
}
