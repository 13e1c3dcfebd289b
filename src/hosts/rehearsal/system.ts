/** What differs from system to system in a rehearsal. One value for each; to add one: a value, and a row in systems.ts. */
import type { SessionLimits } from './caller.ts'
import type { BoundedLines } from './console.ts'
import type { BootOptions, HypervisorFacts, RehearsalPayload } from './model.ts'
import type { ScriptWords } from './script.ts'

/** What was booted, and listens. */
export interface SystemSession {
  /** Milliseconds from QEMU's start until our guest was ready. */
  readonly bootTime: number
  /** The whole console so far, its beginning and its end. */
  readonly console: BoundedLines
  nap(milliseconds: number): Promise<void>
  /** What the system printed since the last call. */
  takeLines(): string[]
  close(): Promise<void>
}

/** What an operation brought. A check has no result of its own. */
export interface Outcome {
  readonly result: number | null
  readonly output: readonly string[]
  /** Whether it succeeded, where that is not for the result to say. */
  readonly holds?: boolean
}

export const plain = (result: number): Outcome => ({ result, output: [] })

export interface RehearsedSystem<Session extends SystemSession, Own extends { readonly kind: string }>
  extends ScriptWords<Own> {
  readonly name: HypervisorFacts['name']
  /** A script that takes every payload through its whole life. */
  readonly defaultScript: (payloads: readonly RehearsalPayload[]) => string
  readonly start: (options: BootOptions, limits: SessionLimits) => Promise<Session>
  readonly facts: (session: Session) => Promise<Pick<HypervisorFacts, 'version' | 'buildId'>>
  readonly carryOut: (session: Session, operation: Own) => Promise<Outcome>
  /** One of `states`, in letters of any case, or in other words why it is none. */
  readonly stateOf: (session: Session, name: string) => Promise<string>
}
