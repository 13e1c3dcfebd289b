/**
 * The live patching operations on a booted hypervisor, one at a time, with their exact results.
 *
 * A result is what the hypervisor gave: zero or more for success, a negative errno otherwise; a refusal
 * is no exception. Exceptions are MachineLost (it crashed, or did not answer), and the caller's signal.
 */

import { InputError } from '../../../base/errors.ts'
import { EACCES, EAGAIN, EBUSY, ENOSYS, EOPNOTSUPP } from '../../abi/errno.ts'
import type { ActionName, ActionRequest, ListedPayload, PayloadStatus } from '../../abi/xen-abi.ts'
import * as abi from '../../abi/xen-abi.ts'
import { Caller, type SessionLimits } from '../caller.ts'
import type { BoundedLines } from '../console.ts'
import type { Answer, Machine } from '../machine.ts'
import { bootMachine } from '../machine.ts'
import type { BootOptions } from '../model.ts'
import type { Argument, GuestBuffer } from '../record.ts'
import { buffer } from '../record.ts'
import { readHypervisor } from './hypervisor.ts'

export interface RehearsalSession {
  /** Milliseconds from QEMU's start until the dom0 was ready. */
  readonly bootTime: number
  /** The version of the sysctl interface that this hypervisor speaks. */
  readonly sysctlVersion: number
  /** The whole console so far, its beginning and its end. */
  readonly console: BoundedLines
  upload(name: string, payload: Uint8Array): Promise<number>
  get(name: string): Promise<GetReply>
  list(): Promise<ListReply>
  act(request: ActionOptions): Promise<number>
  version(): Promise<XenVersion>
  debugKeys(keys: string): Promise<number>
  hypercall(number: bigint, args: readonly Argument[]): Promise<Answer>
  nap(milliseconds: number): Promise<void>
  /** What the hypervisor printed since the last call. */
  takeLines(): string[]
  close(): Promise<void>
}

export interface GetReply {
  readonly result: number
  /** Present when the result is 0. */
  readonly status: PayloadStatus | undefined
}

export interface ListReply {
  /** How many there are, or a negative errno. */
  readonly result: number
  readonly payloads: readonly ListedPayload[]
}

export interface ActionOptions {
  readonly action: ActionName
  readonly name: string
  readonly nodeps?: boolean | undefined
  /** Nanoseconds for the processors to quiesce; the hypervisor's default (30 ms) when not given. */
  readonly timeoutNs?: number | undefined
}

export interface XenVersion {
  /** Major and minor: `4.17`. */
  readonly number: string
  readonly buildId: string
  /** Everything else that xen_version tells: name and value, in a fixed order. */
  readonly texts: readonly { readonly name: string; readonly value: string }[]
}

const DEFAULT_LIMITS: SessionLimits = { boot: 60_000, request: 60_000 }

/** How long an action may stay pending before -EAGAIN is reported as its result. */
const PENDING_MS = 20_000
const POLL_NAP_MS = 1
const BUSY_NAP_MS = 5
const MOST_ATTEMPTS = 8

/** Boots the hypervisor; close the session when done with it. */
export async function startRehearsal(options: BootOptions, limits = DEFAULT_LIMITS): Promise<RehearsalSession> {
  options.signal?.throwIfAborted()
  const machine = await bootMachine(readHypervisor(options.hypervisor), options, limits.boot)
  try {
    const session = new Session(machine, limits)
    await session.probe(options.hypervisor)
    return session
  } catch (error) {
    await machine.stop()
    throw error
  }
}

class Session implements RehearsalSession {
  readonly bootTime: number
  readonly console: BoundedLines
  sysctlVersion = 0
  private readonly caller: Caller
  /** The end of the last operation that was asked for: they take turns. */
  private last: Promise<unknown> = Promise.resolve()

  constructor(machine: Machine, limits: SessionLimits) {
    this.caller = new Caller(machine, limits)
    this.bootTime = machine.bootTime
    this.console = machine.console
  }

  /** Learns which version of the interface is spoken. */
  async probe(hypervisor: string): Promise<void> {
    for (const version of abi.SYSCTL_VERSIONS) {
      const { result } = await this.sysctl(abi.countRequest(version))
      if (result === EACCES) continue
      if (result === ENOSYS || result === EOPNOTSUPP) {
        throw new InputError(
          'rehearse/no-livepatch',
          `${hypervisor} was built without live patching`,
          'set CONFIG_LIVEPATCH=y in its configuration',
        )
      }
      this.sysctlVersion = version
      return
    }
    const tried = abi.SYSCTL_VERSIONS.map(version => `0x${version.toString(16)}`).join(', ')
    throw new InputError('rehearse/unknown-interface', `${hypervisor} speaks none of the sysctl interfaces ${tried}`)
  }

  upload(name: string, payload: Uint8Array): Promise<number> {
    return this.inTurn(async () => (await this.sysctl(abi.uploadRequest(this.sysctlVersion, name, payload))).result)
  }

  get(name: string): Promise<GetReply> {
    return this.inTurn(() => this.getNow(name))
  }

  list(): Promise<ListReply> {
    return this.inTurn(() => this.listNow())
  }

  /**
   * Carries an action out and waits for its end. An apply, revert or replace is only scheduled by the
   * hypercall; its result is -EAGAIN until it is done. It ends with -EBUSY when not all processors came
   * to a stand in time, which says nothing about the payload: so it is tried again, unless the caller
   * chose the time.
   */
  act({ action, name, nodeps = false, timeoutNs }: ActionOptions): Promise<number> {
    const request = { action, name, nodeps, timeoutNs: timeoutNs ?? 0 }
    return this.inTurn(async () => {
      for (let attempt = 1; ; attempt++) {
        const { result, scheduled } = await this.actOnce(request)
        const again = scheduled && result === EBUSY && timeoutNs === undefined && attempt < MOST_ATTEMPTS
        if (!again) return result
        await this.caller.nap(BUSY_NAP_MS)
      }
    })
  }

  version(): Promise<XenVersion> {
    return this.inTurn(async () => {
      const number = Number((await this.caller.call(abi.XEN_VERSION, [abi.VERSION_NUMBER, 0n])).result)
      const texts: { name: string; value: string }[] = []
      for (const part of abi.VERSION_PARTS) {
        const target = buffer(new Uint8Array(part.size))
        const answer = await this.caller.call(abi.XEN_VERSION, [BigInt(part.operation), target])
        const bytes = answer.result < 0n ? new Uint8Array(part.size) : answer.contents(target)
        for (const { name, offset, size } of part.fields) {
          texts.push({ name, value: abi.cText(bytes.subarray(offset, offset + size)) })
        }
      }
      const pageSize = (await this.caller.call(abi.XEN_VERSION, [abi.VERSION_PAGE_SIZE, 0n])).result
      texts.push({ name: 'page-size', value: String(pageSize) })
      return { number: `${number >> 16}.${number & 0xffff}`, buildId: await this.buildId(), texts }
    })
  }

  debugKeys(keys: string): Promise<number> {
    return this.inTurn(async () => (await this.sysctl(abi.debugKeysRequest(this.sysctlVersion, keys))).result)
  }

  hypercall(number: bigint, args: readonly Argument[]): Promise<Answer> {
    return this.inTurn(() => this.caller.call(number, args))
  }

  nap(milliseconds: number): Promise<void> {
    return this.inTurn(() => this.caller.nap(milliseconds))
  }

  takeLines(): string[] {
    return this.caller.machine.takeLines()
  }

  close(): Promise<void> {
    return this.caller.machine.stop()
  }

  private async actOnce(request: ActionRequest): Promise<{ result: number; scheduled: boolean }> {
    const before = await this.getNow(request.name)
    const { result } = await this.sysctl(abi.actionRequest(this.sysctlVersion, request))
    // In another state Xen does nothing and says 0; the payload's own result is then that of an older action.
    const acts = before.status?.state === abi.ACTS_IN[request.action]
    if (result !== 0 || request.action === 'unload' || !acts) return { result, scheduled: false }
    const giveUp = performance.now() + PENDING_MS
    for (;;) {
      const { result: asked, status } = await this.getNow(request.name)
      if (status === undefined) return { result: asked, scheduled: true }
      if (status.rc !== EAGAIN || performance.now() > giveUp) return { result: status.rc, scheduled: true }
      await this.caller.nap(POLL_NAP_MS)
    }
  }

  /** A list may come in pieces: the hypervisor stops early when something more urgent is to be done. */
  private async listNow(): Promise<ListReply> {
    const counting = await this.sysctl(abi.countRequest(this.sysctlVersion))
    if (counting.result < 0) return { result: counting.result, payloads: [] }
    const sizes = abi.readCount(counting.reply)
    const payloads: ListedPayload[] = []
    while (payloads.length < sizes.count) {
      const request = abi.listRequest(this.sysctlVersion, sizes, payloads.length)
      const { result, answer } = await this.sysctl(request.whole)
      if (result < 0) return { result, payloads: [] }
      if (result === 0) break
      payloads.push(...abi.readList(request, result, target => answer.contents(target)))
    }
    return { result: payloads.length, payloads }
  }

  private async getNow(name: string): Promise<GetReply> {
    const { result, reply } = await this.sysctl(abi.getRequest(this.sysctlVersion, name))
    return { result, status: result === 0 ? abi.readGet(reply) : undefined }
  }

  private async buildId(): Promise<string> {
    const request = abi.buildIdRequest()
    const answer = await this.caller.call(abi.XEN_VERSION, [abi.VERSION_BUILD_ID, request])
    return answer.result < 0n ? '' : abi.readBuildId(answer.contents(request), Number(answer.result))
  }

  private async sysctl(request: GuestBuffer): Promise<{ result: number; reply: Uint8Array; answer: Answer }> {
    const answer = await this.caller.call(abi.SYSCTL, [request])
    return { result: Number(answer.result), reply: answer.contents(request), answer }
  }

  /** Starts `operation` when the one before has ended, well or not. */
  private inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const turn = this.last.then(operation, operation)
    this.last = turn.catch(() => undefined)
    return turn
  }
}
