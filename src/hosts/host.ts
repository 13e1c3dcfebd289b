/**
 * The four operations of the live patching interface (xSplice's), the same on every kind of host.
 *
 * A result is the interface's own: zero for success, a negative errno where the host said no. A refusal is no
 * exception. Exceptions are InputErrors: there is no such host, it cannot be reached, or its answer makes no sense.
 */
import type { ActionName, ListedPayload, PayloadStatus } from './abi/xen-abi.ts'

export type { ActionName, ListedPayload, PayloadState, PayloadStatus } from './abi/xen-abi.ts'

/** Longest name, in bytes; the interface counts the NUL as well. */
export const LONGEST_NAME = 127

/** Something that runs and takes payloads. The same operations on every kind of host; what a host says no to is a result. */
export interface Host {
  /** As `--host` has it. */
  readonly name: string
  /** Brings a payload there, under a name of your choice. */
  upload(request: UploadRequest): Promise<Outcome>
  /** Says how one payload is. */
  get(name: string): Promise<GetOutcome>
  /** Says which payloads are there, and how each is. */
  list(): Promise<ListOutcome>
  /** Carries an action out and waits for its end; -EAGAIN when it was still pending when patience ended. */
  act(request: ActionRequest): Promise<Outcome>
  /** Build-ids of what runs, and what the host knows about itself. */
  about(): Promise<HostFacts>
  /** The same for every name of the same machine or process, and for no other; null where that is not told. */
  machine?(): Promise<string | null>
  /** Lines that the system's console has had, where the host can tell them. */
  console?(): Promise<readonly string[]>
  /** Lets go of the host; a rehearsal's machine ends. */
  close(): Promise<void>
}

/** What `upload` takes. */
export interface UploadRequest {
  readonly name: string
  readonly payload: Uint8Array
  /** Milliseconds, where an upload applies it, too (Linux); the host's own when not given. */
  readonly timeoutMs?: number | undefined
  /** As in ActionRequest. */
  readonly signalHolders?: boolean | undefined
  /** Every check that can be made without changing anything. */
  readonly dryRun?: boolean | undefined
}

/** What `act` takes. */
export interface ActionRequest {
  readonly action: ActionName
  readonly name: string
  /** Do not ask what the payload depends on; what it is built for is asked all the same. */
  readonly nodeps?: boolean | undefined
  /** Milliseconds for everything to quiesce; the host's own when not given. */
  readonly timeoutMs?: number | undefined
  /** Whether tasks of a Linux host that hold a transition up are stopped for a moment, so that they come through. */
  readonly signalHolders?: boolean | undefined
  readonly dryRun?: boolean | undefined
}

/** What came of an operation. */
export interface Outcome {
  /** 0, or a negative errno. */
  readonly result: number
  /** What the host says about it, a line each. */
  readonly words: readonly string[]
  /** Those of its words that say what an upload did not look at; whoever goes on passes them on. */
  readonly notes?: readonly string[]
  /** Of an upload that applies the payload at once (Linux): whether all are through. Absent where nothing is there. */
  readonly applying?: 'done' | 'pending'
  /** Measured by the host; milliseconds and counts. */
  readonly numbers?: Readonly<Record<string, number>>
  /** The payload's build-id, where the host knows it. */
  readonly buildId?: string | null
}

/** What `get` gives. */
export interface GetOutcome extends Outcome {
  /** Present when the result is 0. */
  readonly status?: PayloadStatus | undefined
}

/** What `list` gives. */
export interface ListOutcome extends Outcome {
  readonly payloads: readonly ListedPayload[]
}

/** What `places` gives. */
export interface PlacesOutcome extends Outcome {
  /** Present when the result is 0. */
  readonly places?: SectionPlaces | undefined
}

/** Where a payload lies, as a host tells it. */
export interface SectionPlaces {
  /** The payload's; null where the host does not tell it. */
  readonly buildId: string | null
  readonly sections: readonly { readonly name: string; readonly address: bigint }[]
  /** Where its functions are, by the names of those that they replace: what the host says of that itself. */
  readonly functions: readonly { readonly name: string; readonly address: bigint }[]
}

/** What a host knows about itself. */
export interface HostFacts {
  readonly buildId: string | null
  /** Name and value, in a fixed order. */
  readonly texts: readonly { readonly name: string; readonly value: string }[]
}

/** How long an action may take to quiesce everything, by kind of host. */
export const DEFAULT_TIMEOUT_MS = { process: 1000, xen: 30, linux: 20_000 } as const
