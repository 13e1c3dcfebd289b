/**
 * A Xen host through the xen-livepatch that is installed there, locally or by ssh. It needs nothing else of the host.
 * What is lost on the way: xen-livepatch exits with one code for all errors and prints the errno in words, which are
 * read; an action that never ends looks like a failure; a list is not one moment's but a few calls'. See docs/hosts.md.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../base/errors.ts'
import type { ElfSection } from '../../elf/index.ts'
import { EAGAIN, ENOENT } from '../abi/errno.ts'
import { ACTS_IN } from '../abi/xen-abi.ts'
import {
  type ActionRequest,
  DEFAULT_TIMEOUT_MS,
  type GetOutcome,
  type Host,
  type HostFacts,
  type ListOutcome,
  LONGEST_NAME,
  type Outcome,
  type PlacesOutcome,
  type UploadRequest,
} from '../host.ts'
import { bootOf, bring, quote, type Ran, type Runner } from '../runner.ts'
import { parseFailure, parseList } from './list.ts'
import { placesInXen, readPrinted } from './places.ts'

const TOOL = 'xen-livepatch'
const EINVAL = -22
const EIO = -5
/** What the tool says when its one look was too early. */
const PENDING = /Operation didn't complete/
const UNPRINTED = 'Xen’s console (xl dmesg) does not have what its debug key x prints: is the log level too low?'
const PATIENCE_MS = 5000
const POLL_MS = 100

export function openXen(runner: Runner): Host {
  return new XenHost(runner)
}

class XenHost implements Host {
  readonly name: string
  readonly #runner: Runner

  constructor(runner: Runner) {
    this.name = runner.name
    this.#runner = runner
  }

  async upload({ name, payload, dryRun = false }: UploadRequest): Promise<Outcome> {
    const bad = badName(name) ?? unlistable(name)
    if (bad !== undefined) return bad
    if (dryRun) return { result: 0, words: [`would run: ${TOOL} upload ${quote(name)} FILE`] }
    const { file, remove } = await bring(this.#runner, payload)
    try {
      return outcome(await this.#runner.run([TOOL, 'upload', name, file]))
    } finally {
      await remove()
    }
  }

  async get(name: string): Promise<GetOutcome> {
    const bad = badName(name)
    if (bad !== undefined) return bad
    const { result, words, payloads } = await this.list()
    if (result < 0) return { result, words }
    const found = payloads.find(candidate => candidate.name === name)
    if (found === undefined) return { result: ENOENT, words: [`there is no payload ${name}`] }
    return { result: 0, words: [], status: { state: found.state, rc: found.rc } }
  }

  async list(): Promise<ListOutcome> {
    const ran = await this.#runner.run([TOOL, 'list'])
    if (ran.code !== 0) return { ...outcome(ran), payloads: [] }
    return { result: 0, words: [], payloads: parseList(ran.output) }
  }

  async act(request: ActionRequest): Promise<Outcome> {
    const { action, name, nodeps = false, timeoutMs, dryRun = false } = request
    const { result, words, status } = await this.get(name)
    if (status === undefined) return { result, words }
    if (timeoutMs !== undefined && timeoutMs !== DEFAULT_TIMEOUT_MS.xen) {
      throw new InputError(
        'xen/no-timeout',
        `${TOOL} has no way to say how long an action may take; Xen's own ${DEFAULT_TIMEOUT_MS.xen} ms apply`,
        'leave --timeout out',
      )
    }
    if (status.state !== ACTS_IN[action]) {
      if (action === 'unload') return { result: EINVAL, words: [`${name} is applied, revert it first`] }
      return { result: 0, words: [`${name} is ${status.state} already, nothing was done`] }
    }
    const call = [TOOL, action, name, ...(nodeps && action === 'apply' ? ['--nodeps'] : [])]
    if (dryRun) return { result: 0, words: [`would run: ${call.map(quote).join(' ')}`] }
    const ran = await this.#runner.run(call)
    return PENDING.test(ran.errors) ? this.#settled(name) : outcome(ran)
  }

  /** The tool looks only once whether an action has ended. */
  async #settled(name: string): Promise<Outcome> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const { result, words, status } = await this.get(name)
      if (status === undefined) return { result, words: ['what came of it could not be asked for:', ...words] }
      if (status.rc !== EAGAIN) return { result: status.rc, words: [] }
      if (performance.now() >= end) return { result: EAGAIN, words: ['it is still under way'] }
      await sleep(POLL_MS)
    }
  }

  async about(): Promise<HostFacts> {
    const ran = await this.#runner.run(['xl', 'info'])
    const lines = ran.output.split('\n').flatMap(line => {
      const [, name, value] = /^(\S+)\s*: (.*)$/.exec(line) ?? []
      const isXens = name?.startsWith('xen_') === true || name === 'build_id'
      return name !== undefined && value !== undefined && isXens ? [{ name, value: value.trim() }] : []
    })
    const id = lines.find(({ name }) => name === 'build_id')?.value
    return { buildId: id ?? null, texts: lines }
  }

  machine(): Promise<string | null> {
    return bootOf(this.#runner)
  }

  async console(): Promise<readonly string[]> {
    const { code, output } = await this.#runner.run(['xl', 'dmesg'])
    return code === 0 ? output.split('\n').filter(line => line.trim() !== '') : []
  }

  async places(name: string, sections: readonly ElfSection<'payload'>[]): Promise<PlacesOutcome> {
    const { result, words, status } = await this.get(name)
    if (status === undefined) return { result, words }
    const asked = await this.#runner.run(['xl', 'debug-keys', 'x'])
    if (asked.code !== 0) return outcome(asked)
    const printed = readPrinted(await this.console(), name)
    if (printed === undefined) return { result: EIO, words: [UNPRINTED] }
    return { result: 0, words: [], places: placesInXen(printed, sections) }
  }

  async close(): Promise<void> {}
}

function badName(name: string): Outcome | undefined {
  const length = Buffer.byteLength(name)
  if (length > 0 && length <= LONGEST_NAME && !name.includes('\0')) return undefined
  return { result: EINVAL, words: [`a name of ${length} bytes; names have 1 to ${LONGEST_NAME}`] }
}

/** A line break in a name would make every later list, and so every later operation, unreadable. */
function unlistable(name: string): Outcome | undefined {
  const odd = [...name].some(letter => letter < ' ' || letter === '\x7f')
  return odd ? { result: EINVAL, words: ['a name with control characters, which no list can show'] } : undefined
}

/** The tool's exit code is 0 for success; its words have the errno, where there was one. */
function outcome({ code, output, errors }: Ran): Outcome {
  if (code === 0) return { result: 0, words: [] }
  const words = `${errors}\n${output}`.split('\n').map(line => line.trim())
  const said = words.filter(line => line !== '')
  const silent = `${TOOL} ended with code ${code}, without a word`
  return { result: parseFailure(errors) ?? EIO, words: said.length > 0 ? said : [silent] }
}
