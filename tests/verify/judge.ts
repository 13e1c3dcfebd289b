/**
 * Asks the real Xen what becomes of a payload: it is uploaded, applied, called, reverted, called again and unloaded.
 * Many payloads go through one boot; one that stopped Xen is asked about again on a fresh one, because an earlier
 * payload may have done the damage.
 */
import {
  describeResult,
  errnoName,
  MachineLost,
  type RehearsalSession,
  startRehearsal,
} from '../../src/hosts/rehearsal/index.ts'

export interface Asked {
  readonly name: string
  readonly bytes: Uint8Array
  /** Says that damage may stay behind although nothing is seen: the next payload gets a fresh hypervisor. */
  readonly suspicious: boolean
}

export interface XenVerdict {
  readonly name: string
  /** Null when it went through everything. */
  readonly errno: string | null
  /** What did not succeed; null when all did. */
  readonly step: string | null
  readonly console: readonly string[]
}

export interface Judge {
  readonly hypervisor: string
  /** Under what everything is asked: loaded and applied first. */
  readonly on?: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  readonly log?: (line: string) => void
}

const LIMITS = { boot: 60_000, request: 10_000 }

export async function* askXen(judge: Judge, payloads: Iterable<Asked>): AsyncGenerator<XenVerdict> {
  let session: RehearsalSession | undefined
  let asked = 0
  try {
    for (const payload of payloads) {
      session ??= await boot(judge)
      let verdict = await askOnce(session, payload)
      if (verdict.errno === 'crash' && asked > 0) {
        await session.close()
        session = await boot(judge)
        verdict = await askOnce(session, payload)
      }
      asked += 1
      if (verdict.errno === 'crash' || payload.suspicious || verdict.step === 'revert' || verdict.step === 'unload') {
        await session.close()
        session = undefined
        asked = 0
      }
      yield verdict
    }
  } finally {
    await session?.close()
  }
}

async function boot({ hypervisor, on = [] }: Judge): Promise<RehearsalSession> {
  const session = await startRehearsal({ hypervisor }, LIMITS)
  for (const { name, bytes } of on) {
    const result = (await session.upload(name, bytes)) || (await session.act({ action: 'apply', name }))
    if (result !== 0) throw new Error(`${name} below was not taken: ${describeResult(result)}`)
  }
  return session
}

const NAME = 'judged'

async function askOnce(session: RehearsalSession, { name, bytes }: Asked): Promise<XenVerdict> {
  session.takeLines()
  let step = 'upload'
  const tell = (errno: string | null): XenVerdict => {
    return { name, errno, step: errno === null ? null : step, console: session.takeLines() }
  }
  try {
    const uploaded = await session.upload(NAME, bytes)
    if (uploaded !== 0) return tell(errnoName(uploaded))
    for (const action of ['apply', 'revert', 'unload'] as const) {
      step = action
      const result = await session.act({ action, name: NAME })
      if (result !== 0) {
        const verdict = tell(errnoName(result))
        if (action === 'apply') await session.act({ action: 'unload', name: NAME })
        return verdict
      }
      step = `run after ${action}`
      await poke(session)
    }
    return tell(null)
  } catch (error) {
    if (!(error instanceof MachineLost)) throw error
    return { name, errno: 'crash', step, console: error.downfall.lines }
  }
}

/** Calls what the payloads replace: xen_extra_version and xen_minor_version, through xen_version. */
async function poke(session: RehearsalSession): Promise<void> {
  await session.version()
}
