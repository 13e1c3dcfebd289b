/** The real Xen in a throwaway machine, as a host: the reference that the other hosts are compared with. */

import { ACTS_IN } from '../../abi/xen-abi.ts'
import type { ActionRequest, GetOutcome, Host, HostFacts, ListOutcome, Outcome, UploadRequest } from '../../host.ts'
import { type BootOptions, errnoName, type RehearsalSession, startRehearsal } from '../index.ts'

export async function openRehearsal(options: BootOptions): Promise<Host> {
  return new RehearsalHost(await startRehearsal(options))
}

class RehearsalHost implements Host {
  readonly name = 'rehearsal'
  readonly #session: RehearsalSession

  constructor(session: RehearsalSession) {
    this.#session = session
  }

  async upload({ name, payload, dryRun = false }: UploadRequest): Promise<Outcome> {
    this.#session.takeLines()
    const result = await this.#session.upload(name, payload)
    // What Xen says to a payload can only be heard by giving it the payload; in a throwaway machine that is no matter.
    if (dryRun && result === 0) await this.#session.act({ action: 'unload', name })
    return this.#outcome(result)
  }

  async get(name: string): Promise<GetOutcome> {
    const { result, status } = await this.#session.get(name)
    return { ...this.#outcome(result), status }
  }

  async list(): Promise<ListOutcome> {
    const { result, payloads } = await this.#session.list()
    return { ...this.#outcome(Math.min(result, 0)), payloads }
  }

  async act({ action, name, nodeps, timeoutMs, dryRun = false }: ActionRequest): Promise<Outcome> {
    this.#session.takeLines()
    const { result, status } = await this.#session.get(name)
    if (status === undefined) return this.#outcome(result)
    if (dryRun) return { result: 0, words: [`${action} ${name} could be tried`] }
    const timeoutNs = timeoutMs === undefined ? undefined : Math.max(1, Math.round(timeoutMs * 1e6))
    const outcome = this.#outcome(await this.#session.act({ action, name, nodeps, timeoutNs }))
    if (status.state === ACTS_IN[action] || outcome.result !== 0) return outcome
    return { ...outcome, words: [`${name} is ${status.state} already, nothing was done`] }
  }

  async about(): Promise<HostFacts> {
    const { number, buildId, texts } = await this.#session.version()
    return { buildId, texts: [{ name: 'xen', value: number }, ...texts] }
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  /** With what the hypervisor printed meanwhile, where it said no. */
  #outcome(result: number): Outcome {
    const lines = this.#session.takeLines().filter(line => line.includes('livepatch'))
    return { result, words: result < 0 && errnoName(result) !== null ? lines : [] }
  }
}
