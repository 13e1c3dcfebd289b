/**
 * The operations on hosts: carried out, written down, and told. What a host is, and where the record lies, is for whoever
 * calls to say.
 *
 * In:  an operation, and a host that it opens.
 * Out: the report; one line of the record for what changes something, also where its end was not seen.
 */
import { reportedError } from '../report/error-report.ts'
import {
  type OperationName,
  type OperationReport,
  operationReport,
  type Performed,
} from '../report/operation-report.ts'

export type { OperationName, OperationReport, Performed } from '../report/operation-report.ts'

/** What takes payloads, as far as flows ask it. */
export interface PayloadHost {
  readonly name: string
  upload(request: Waiting & { readonly name: string; readonly payload: Uint8Array }): Promise<Uploaded>
  get(name: string): Promise<Performed & { readonly status?: Pick<Listed, 'state' | 'rc'> | undefined }>
  list(): Promise<Performed & { readonly payloads: readonly Listed[] }>
  act(request: ActionOn): Promise<Performed>
  about(): Promise<{ readonly buildId: string | null }>
  close(): Promise<void>
}

/** With those of its words that say what was not looked at; and how far it is, where an upload applies it, too. */
type Uploaded = Performed & { readonly notes?: readonly string[]; readonly applying?: 'done' | 'pending' }
type Listed = NonNullable<Performed['payloads']>[number]

interface Waiting {
  readonly timeoutMs?: number | undefined
  readonly signalHolders?: boolean | undefined
}

export interface ActionOn extends Waiting {
  readonly action: 'apply' | 'revert' | 'unload'
  readonly name: string
  readonly nodeps?: boolean | undefined
}

export interface Operation<H extends PayloadHost> {
  readonly name: OperationName
  /** The payload's name; empty for a list. */
  readonly payload: string
  /** Changes nothing, and so leaves no record. */
  readonly readOnly: boolean
  readonly run: (host: H) => Promise<Performed>
  /** The payload's, where the caller has it at hand. */
  readonly buildId?: (() => string | null) | undefined
}

/** A line of the record. `result` is null where the end was not seen; `errno` is the error's code then. */
export interface Recorded {
  readonly host: string
  readonly runs: string | null
  readonly operation: string
  readonly payload: string
  readonly buildId: string | null
  readonly result: number | null
  readonly errno: string | null
}

export interface OperateWorld<H extends PayloadHost> {
  /** Of hotsplice. */
  readonly version: string
  /** As the user names the host. */
  readonly host: string
  readonly open: () => Promise<H>
  /** The name of a result; null where it has none. */
  readonly errnoName: (result: number) => string | null
  readonly record: (entry: Recorded) => void
}

/** Opens the host, carries the operation out, and closes it. Throws `InputError` where the host cannot be reached. */
export async function operate<H extends PayloadHost>(
  operation: Operation<H>,
  world: OperateWorld<H>,
): Promise<OperationReport> {
  const { name, payload, run, buildId } = operation
  const { version, host, errnoName } = world
  const opened = await world.open()
  try {
    const performed = await run(opened).catch(async (error: unknown) => {
      // It may be carried out all the same: by an agent that sleeps, behind a line that broke.
      const unseen = { buildId: buildId?.() ?? null, result: null, errno: reportedError(error).code }
      await record(operation, opened, world, unseen)
      throw error
    })
    const { result } = performed
    const errno = errnoName(result)
    await record(operation, opened, world, { buildId: performed.buildId ?? buildId?.() ?? null, result, errno })
    return operationReport({ name, version, host, payload, errno }, performed)
  } finally {
    await opened.close()
  }
}

async function record<H extends PayloadHost>(
  { name, payload, readOnly }: Operation<H>,
  host: PayloadHost,
  world: OperateWorld<H>,
  result: Pick<Recorded, 'buildId' | 'result' | 'errno'>,
): Promise<void> {
  if (readOnly) return
  const { buildId: runs } = await host.about().catch(() => ({ buildId: null }))
  world.record({ host: host.name, runs, operation: name, payload, ...result })
}

export interface LoadRequest {
  readonly name: string
  readonly payload: Uint8Array
  readonly nodeps: boolean
  readonly timeoutMs: number | undefined
  readonly signalHolders?: boolean | undefined
}

/** `load`: upload and apply; where the second fails, nothing stays behind. */
export async function loadPayload(
  host: PayloadHost,
  { name, payload, nodeps, timeoutMs, signalHolders }: LoadRequest,
): Promise<Performed> {
  const waiting = { timeoutMs, signalHolders }
  const { notes = [], applying, ...uploaded } = await host.upload({ name, payload, ...waiting })
  if (applying === 'pending') {
    // What is under way is turned back, which only takes those who have come through already.
    await host.act({ action: 'revert', name, timeoutMs })
    return withoutIt(host, name, uploaded)
  }
  if (uploaded.result < 0 || applying === 'done') return uploaded
  const applied = await host.act({ action: 'apply', name, nodeps, ...waiting })
  return applied.result >= 0 ? { ...applied, words: [...notes, ...applied.words] } : withoutIt(host, name, applied)
}

async function withoutIt(host: PayloadHost, name: string, failed: Performed): Promise<Performed> {
  const { result } = await host.act({ action: 'unload', name })
  return result >= 0 ? failed : { ...failed, words: [...failed.words, `${name} was uploaded and is still there`] }
}

/** `list`: every payload, and what runs there. */
export async function listPayloads(host: PayloadHost): Promise<Performed> {
  const { result, words, payloads } = await host.list()
  const { buildId } = await host.about()
  return { result, words, payloads, runs: buildId }
}

/** `get`: one payload, where the host knows it. */
export async function payloadStatus(host: PayloadHost, name: string): Promise<Performed> {
  const { result, words, status } = await host.get(name)
  if (status === undefined) return { result, words }
  return { result, words, payloads: [{ name, state: status.state, rc: status.rc, metadata: '' }] }
}
