/**
 * A running Linux process as a host. The tool does the thinking, from outside through /proc; what must not stop half-way
 * is done by the agent inside (agent/hotsplice-agent.c). All state is in the process: every operation reads it afresh.
 */
import { InputError } from '../../base/errors.ts'
import { EAGAIN, ENOENT } from '../abi/errno.ts'
import { ACTS_IN } from '../abi/xen-abi.ts'
import {
  type ActionRequest,
  DEFAULT_TIMEOUT_MS,
  type GetOutcome,
  type Host,
  type HostFacts,
  type ListedPayload,
  type ListOutcome,
  LONGEST_NAME,
  type Outcome,
  type PlacesOutcome,
  type UploadRequest,
} from '../host.ts'
import { decodeAbout } from './about.ts'
import { checkCarriedOut, checkUploaded } from './afterwards.ts'
import { Agent } from './agent.ts'
import type { Slot } from './layout.ts'
import { prepareLoad } from './load.ts'
import { takeLock } from './lock.ts'
import { explainWork, rangesOf } from './obstacles.ts'
import { type PayloadSection, poolOf } from './payload.ts'
import { expectationStep, planAction, type Resident, VirtualText } from './plan.ts'
import { Pools } from './pools.ts'
import { ProcessMemory } from './proc.ts'
import { Program } from './program.ts'
import { Refused } from './refused.ts'
import { layOut } from './relocate.ts'
import { filteredThreads, seccompRefusal } from './seccomp.ts'

export interface ProcessHostOptions {
  readonly pid: number
  /** When the process began (the 22nd field of /proc/PID/stat), to be sure which one is meant. */
  readonly started?: string | undefined
  /** The unstripped program, where the running one has no symbols. */
  readonly symbols?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** The user's word that the program's seccomp filters let the agent do its work. */
  readonly despiteSeccomp?: boolean | undefined
  /** How long to wait for another tool. */
  readonly lockMs?: number | undefined
}

const LOCK_MS = 2000
const VETOING = ['preapply', 'apply', 'postapply', 'prerevert', 'revert', 'postrevert']

export function openProcess(options: ProcessHostOptions): Host {
  const memory = ProcessMemory.open(options.pid, options.started)
  try {
    return new ProcessHost(memory, Agent.find(memory), options)
  } catch (error) {
    memory.close()
    throw error
  }
}

class ProcessHost implements Host {
  readonly name: string
  readonly #memory: ProcessMemory
  readonly #agent: Agent
  readonly #options: ProcessHostOptions
  #program: Program | undefined

  constructor(memory: ProcessMemory, agent: Agent, options: ProcessHostOptions) {
    this.#memory = memory
    this.#agent = agent
    this.#options = options
    this.name = `process:${memory.identity.pid}`
  }

  upload(request: UploadRequest): Promise<Outcome> {
    return this.#alone(async () => {
      const { name, payload, dryRun = false } = request
      checkName(name)
      const slots = this.#agent.slots()
      if (slots.some(slot => slot.state !== 'empty' && slot.name === name)) {
        throw new Refused('EEXIST', `there is a payload ${name} already`)
      }
      const empty = slots.find(({ state }) => state === 'empty')
      if (empty === undefined) throw new Refused('ENOMEM', `the process holds ${slots.length} payloads, no more fit`)
      const load = await prepareLoad(name, payload, {
        agent: this.#agent,
        program: this.#theProgram(),
        memory: this.#memory,
        loaded: this.#residents(slots).map(({ about }) => about),
        slots,
        now: new Date().toISOString(),
      })
      const { notes } = load
      const sizes = load.about.functions.map(entry => `${entry.name}: ${entry.oldSize} -> ${entry.newSize} bytes`)
      const words = [...sizes, ...notes]
      if (dryRun) return { result: 0, words, notes }
      for (const { address, bytes } of load.pieces) this.#memory.write(address, bytes)
      this.#agent.fillSlot(empty.index, load.slot)
      checkUploaded(load, this.#agent.slots()[empty.index], this.#memory)
      return { result: 0, words, notes }
    })
  }

  async get(name: string): Promise<GetOutcome> {
    try {
      checkName(name)
      const slot = this.#agent.slots().find(candidate => candidate.state !== 'empty' && candidate.name === name)
      if (slot === undefined) return { result: ENOENT, words: [`there is no payload ${name}`] }
      const { state, rc } = this.#listed(slot)
      return { result: 0, words: [], status: { state, rc } }
    } catch (error) {
      return refusal(error)
    }
  }

  async list(): Promise<ListOutcome> {
    const slots = this.#agent.slots().filter(({ state }) => state !== 'empty')
    return { result: slots.length, words: [], payloads: slots.map(slot => this.#listed(slot)) }
  }

  act(request: ActionRequest): Promise<Outcome> {
    return this.#alone(async () => {
      const { action, name } = request
      checkName(name)
      const slots = this.#agent.slots()
      const residents = this.#residents(slots)
      const target = residents.find(({ slot }) => slot.name === name)
      if (target === undefined) throw new Refused('ENOENT', `there is no payload ${name}`)
      if (this.#agent.isBusy()) throw new Refused('EBUSY', 'another action is under way')
      if (ACTS_IN[action] !== target.slot.state) {
        if (action === 'unload') throw new Refused('EINVAL', `${name} is applied, revert it first`)
        return { result: 0, words: [`${name} is ${target.slot.state} already, nothing was done`] }
      }
      const stack = stackOf(residents)
      this.#check(request, target, stack)
      if (request.dryRun === true) return { result: 0, words: [`${action} ${name} could be tried`] }
      return this.#carryOut(request, target, stack)
    })
  }

  async about(): Promise<HostFacts> {
    const program = this.#theProgram()
    const { pid, started } = this.#memory.identity
    const used = new Pools(this.#agent.header, this.#agent.slots()).used()
    const { pools } = this.#agent.header
    const room = (pool: keyof typeof pools) => `${used[pool]} of ${pools[pool].length} bytes`
    return {
      buildId: program.buildId,
      texts: [
        { name: 'program', value: program.path },
        { name: 'process', value: `${pid}@${started}` },
        { name: 'code pool', value: room('code') },
        { name: 'read-only pool', value: room('readOnly') },
        { name: 'writable pool', value: room('writable') },
      ],
    }
  }

  async machine(): Promise<string> {
    const { pid, started } = this.#memory.identity
    return `process ${pid}@${started}`
  }

  async close(): Promise<void> {
    this.#program?.close()
    this.#memory.close()
  }

  async places(name: string, sections: readonly PayloadSection[]): Promise<PlacesOutcome> {
    try {
      const slot = this.#agent.slots().find(candidate => candidate.state !== 'empty' && candidate.name === name)
      if (slot === undefined) return { result: ENOENT, words: [`there is no payload ${name}`] }
      const { about } = this.#residents([slot])[0] ?? {}
      const loaded = sections.filter(({ size }) => size > 0).map(section => ({ section, pool: poolOf(section) }))
      const { places } = layOut({ loaded })
      return {
        result: 0,
        words: [],
        places: {
          buildId: about?.buildId ?? null,
          sections: loaded.flatMap(({ section: { id, name: called } }) => {
            const place = places.get(id)
            if (place === undefined) return []
            return [{ name: called, address: BigInt(slot.areas[place.stretch].address + place.offset) }]
          }),
          functions: (about?.functions ?? []).map(each => ({ name: each.name, address: BigInt(each.new) })),
        },
      }
    } catch (error) {
      return refusal(error)
    }
  }

  /** What is asked before anything is done; the agent asks again what can change meanwhile. */
  #check({ action, nodeps = false }: ActionRequest, target: Resident, stack: readonly Resident[]): void {
    const top = stack.at(-1)
    if (action === 'revert' && top !== target) {
      throw new Refused('EBUSY', `${top?.slot.name} was applied after it, revert that first`)
    }
    if (action === 'apply' && !nodeps) this.#checkDependency(target, top)
    if (action === 'replace') {
      this.#checkDependency(target, undefined)
      const vetoing = [target, ...stack].find(({ about }) => VETOING.some(hook => hook in about.hooks))
      if (vetoing !== undefined) {
        throw new Refused('EOPNOTSUPP', `${vetoing.slot.name} has hooks that can say no; replace does not take them`)
      }
    }
    if (action === 'apply') this.#checkExpectations(target)
  }

  #checkDependency({ about }: Resident, below: Resident | undefined): void {
    const id = below === undefined ? this.#theProgram().buildId : below.about.buildId
    if (about.depends === null || about.depends === id) return
    const what = below === undefined ? 'the program' : below.slot.name
    const fact = `it depends on build-id ${about.depends}; ${what} has ${id ?? 'none'}`
    throw new Refused('EINVAL', `${fact}; ${this.#wayTo(about.depends, below)}`)
  }

  /** What brings it about that the payload lies on what it was built for. */
  #wayTo(depends: string, below: Resident | undefined): string {
    const anew = below === undefined ? 'without --on' : `with --on and the file of ${below.slot.name}`
    if (below !== undefined && depends === this.#theProgram().buildId)
      return `revert what is applied first, or build it ${anew}`
    return `apply the payload with that build-id first, or build it anew ${anew}`
  }

  #checkExpectations({ about }: Resident): void {
    const text = new VirtualText(this.#memory)
    for (const entry of about.functions) {
      if (entry.expectation === '') continue
      const { address, bytes } = expectationStep(entry)
      if (Buffer.compare(text.read(address, bytes.length), bytes) !== 0) {
        throw new Refused('EINVAL', `${entry.name} does not begin as the payload expects`)
      }
    }
  }

  async #carryOut(request: ActionRequest, target: Resident, stack: readonly Resident[]): Promise<Outcome> {
    const { action, timeoutMs = DEFAULT_TIMEOUT_MS.process } = request
    const { order, writes } = planAction(action, target, { memory: this.#memory, stack, timeoutMs })
    for (const { address, bytes } of writes) this.#memory.write(address, bytes)
    const work = await this.#agent.carryOut(order, this.#options.signal)
    const numbers = { attempts: work.attempts, threads: work.threads, stoodMs: work.stoodMs }
    const { buildId } = target.about
    if (!work.finished) return { result: EAGAIN, words: ['it is still under way'], numbers, buildId }
    if (work.result === 0) checkCarriedOut(order, this.#agent.slots(), this.#memory)
    return {
      result: work.result,
      words: work.result === 0 ? [] : explainWork(work, rangesOf([target, ...stack])),
      numbers,
      buildId,
    }
  }

  #theProgram(): Program {
    this.#program ??= new Program(this.#memory, this.#options.symbols)
    return this.#program
  }

  #residents(slots: readonly Slot[]): readonly Resident[] {
    return slots
      .filter(({ state }) => state !== 'empty')
      .map(slot => {
        const { address, length } = slot.about
        return { slot, about: decodeAbout(this.#memory.read(address, length), slot) }
      })
  }

  #listed(slot: Slot): ListedPayload {
    const { asked, done, slot: busy, action } = this.#agent.work()
    const pending = asked !== done && action !== 0 && busy === slot.index
    const { metadata, buildId } = decodeAbout(this.#memory.read(slot.about.address, slot.about.length), slot)
    const state = slot.state === 'APPLIED' ? 'APPLIED' : 'CHECKED'
    return { name: slot.name, state, rc: pending ? EAGAIN : slot.result, metadata, buildId }
  }

  /** Runs an operation that changes something, while no other tool does. */
  async #alone(operation: () => Promise<Outcome>): Promise<Outcome> {
    this.#memory.checkAlive()
    const { despiteSeccomp = false } = this.#options
    const filter = seccompRefusal(filteredThreads(`/proc/${this.#memory.identity.pid}/task`), despiteSeccomp)
    if (filter !== undefined) return refusal(new Refused('EPERM', filter))
    const lock = await takeLock(this.#memory, this.#options.lockMs ?? LOCK_MS, this.#options.signal)
    if (lock === undefined) return { result: -16, words: ['another tool is at work on this process'] }
    try {
      return await operation()
    } catch (error) {
      return refusal(error)
    } finally {
      lock.release()
    }
  }
}

function refusal(error: unknown): Outcome {
  if (error instanceof Refused) return { result: error.result, words: [error.message] }
  throw error
}

function checkName(name: string): void {
  const length = Buffer.byteLength(name)
  if (length === 0 || length > LONGEST_NAME || name.includes('\0')) {
    throw new Refused('EINVAL', `a name of ${length} bytes; names have 1 to ${LONGEST_NAME}`)
  }
}

/** Those that are applied, lowest first. */
function stackOf(residents: readonly Resident[]): readonly Resident[] {
  return residents.filter(({ slot }) => slot.state === 'APPLIED').toSorted((a, b) => a.slot.order - b.slot.order)
}

/** `123` or `123@4567`, as --host process: has it. */
export function parseProcess(text: string): { readonly pid: number; readonly started: string | undefined } {
  const [, pid, started] = /^([1-9][0-9]*)(?:@([0-9]+))?$/.exec(text) ?? []
  if (pid === undefined) {
    throw new InputError('process/number', `${JSON.stringify(text)} is no process number`, 'write process:1234')
  }
  return { pid: Number(pid), started }
}
