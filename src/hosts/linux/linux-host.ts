/**
 * A Linux host through its own tools and files, locally or by ssh: insmod, rmmod, and what the live patching core shows below
 * /sys. It needs nothing else of the host.
 *
 * A live patch of Linux enables itself when it is loaded, so `upload` is both; and one that is disabled cannot be enabled again
 * before it was unloaded. What tasks do meanwhile is waited for, who holds it up is said, and is signalled on request: stopped
 * for a moment, so that it leaves the kernel on its way (livepatch.rst: SIGSTOP and SIGCONT).
 * Sources: Linux 6.1 Documentation/livepatch/livepatch.rst and Documentation/ABI/testing/sysfs-kernel-livepatch.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { gnuBuildId } from '../../loaders/build-id-note.ts'
import { readModinfo } from '../../loaders/linux/modinfo.ts'
import { EAGAIN, EBUSY, ENOENT } from '../abi/errno.ts'
import {
  type ActionRequest,
  DEFAULT_TIMEOUT_MS,
  type GetOutcome,
  type Host,
  type HostFacts,
  type ListedPayload,
  type ListOutcome,
  type Outcome,
  type UploadRequest,
} from '../host.ts'
import { bootOf, bring, quote, type Ran, type Runner } from '../runner.ts'
import { enforcementOf, errnoIn } from './answers.ts'
import { describeHolder, type Holder, readHolder, replacedIn } from './holders.ts'

const EINVAL = -22
const POLL_MS = 100
/** How long tasks have to come by themselves before they are signalled, and again after each time. */
const SIGNAL_MS = 1000
/** How long a module that was disabled may be in use. */
const USED_MS = 2000
/** Tasks that are named where there are more. */
const NAMED = 8

/** `root`: where `/sys` and `/proc` are found, for tests. */
export function openLinux(runner: Runner, root = ''): Host {
  return new LinuxHost(runner, root)
}

type Patience = Pick<ActionRequest, 'timeoutMs' | 'signalHolders'>

class LinuxHost implements Host {
  readonly name: string
  readonly #runner: Runner
  readonly #root: string

  constructor(runner: Runner, root: string) {
    this.name = runner.name
    this.#runner = runner
    this.#root = root
  }

  get #patches(): string {
    return `${this.#root}/sys/kernel/livepatch`
  }

  /** Loads it; it enables itself. The kernel knows a module by its own name only. */
  async upload({ name, payload, timeoutMs, signalHolders, dryRun = false }: UploadRequest): Promise<Outcome> {
    const words = readModinfo(payload)
    const own = words?.get('name')
    if (words?.has('livepatch') !== true || own === undefined)
      return { result: EINVAL, words: ['it is no live patch for Linux'] }
    if (own !== name)
      return { result: EINVAL, words: [`the module is called ${own}, which is its name on the host, too`] }
    if (dryRun) return { result: 0, words: ['would run: insmod FILE'] }
    const { file, remove } = await bring(this.#runner, payload)
    try {
      const outcome = await this.#answer(await this.#runner.run(['insmod', file]))
      if (outcome.result < 0) return outcome
      const settled = await this.#settled(name, { timeoutMs, signalHolders })
      return { ...settled, applying: settled.result < 0 ? 'pending' : 'done' }
    } finally {
      await remove()
    }
  }

  async get(name: string): Promise<GetOutcome> {
    const { result, words, payloads } = await this.list()
    if (result < 0) return { result, words }
    const found = payloads.find(candidate => candidate.name === name)
    if (found === undefined) return { result: ENOENT, words: [`there is no live patch ${name}`] }
    return { result: 0, words: [], status: { state: found.state, rc: found.rc } }
  }

  /** Also those that are loaded and patch nothing any more; -EAGAIN where tasks are under way. */
  async list(): Promise<ListOutcome> {
    const files = await this.#lines(this.#patches, ['enabled', 'transition'])
    if (files === undefined) {
      return {
        result: ENOENT,
        words: [`${this.#patches} cannot be read: has the kernel CONFIG_LIVEPATCH?`],
        payloads: [],
      }
    }
    const words = new Map(files.map(({ path, text }) => [path, text]))
    const live = [...words.keys()].flatMap(path => /\/([^/]+)\/enabled$/.exec(path)?.[1] ?? [])
    const listed = live.map((name): ListedPayload => {
      const isUnderWay = words.get(`${this.#patches}/${name}/transition`) === '1'
      const state = words.get(`${this.#patches}/${name}/enabled`) === '1' ? 'APPLIED' : 'CHECKED'
      return { name, state, rc: isUnderWay ? EAGAIN : 0, metadata: '' }
    })
    const tainting = (await this.#lines(`${this.#root}/sys/module`, ['taint'])) ?? []
    const others = tainting.flatMap(({ path, text }) =>
      text.includes('K') ? (/\/([^/]+)\/taint$/.exec(path)?.[1] ?? []) : [],
    )
    const rest = others
      .filter(name => !live.includes(name))
      .map((name): ListedPayload => ({ name, state: 'CHECKED', rc: 0, metadata: '' }))
    return { result: 0, words: [], payloads: [...listed, ...rest].sort((a, b) => (a.name < b.name ? -1 : 1)) }
  }

  async act({ action, name, timeoutMs, signalHolders, dryRun = false }: ActionRequest): Promise<Outcome> {
    const { result, words, status } = await this.get(name)
    if (status === undefined) return { result, words }
    if (action === 'replace')
      return { result: EINVAL, words: ['a live patch takes the place of others when it is loaded'] }
    if (action === 'unload') {
      if (status.state === 'APPLIED') return { result: EINVAL, words: [`${name} is enabled, revert it first`] }
      if (dryRun) return { result: 0, words: [`would run: rmmod ${quote(name)}`] }
      return this.#removed(name)
    }
    const wanted = action === 'apply' ? 'APPLIED' : 'CHECKED'
    if (status.state === wanted && status.rc === 0)
      return { result: 0, words: [`${name} is ${status.state} already, nothing was done`] }
    if (action === 'apply' && status.rc === 0)
      return {
        result: EINVAL,
        words: [`${name} was disabled, and cannot be enabled again: unload it, and upload it anew`],
      }
    const file = `${this.#patches}/${name}/enabled`
    const value = action === 'apply' ? '1' : '0'
    if (dryRun) return { result: 0, words: [`would write ${value} to ${file}`] }
    if (status.state !== wanted) {
      const written = await this.#answer(await this.#runner.run(['tee', file], Buffer.from(value)))
      if (written.result < 0) return written
    }
    return this.#settled(name, { timeoutMs, signalHolders })
  }

  /** The kernel lets go of a module some moments after all tasks have left it. */
  async #removed(name: string): Promise<Outcome> {
    const end = performance.now() + USED_MS
    for (;;) {
      const outcome = await this.#answer(await this.#runner.run(['rmmod', name]))
      if (outcome.result !== EBUSY || performance.now() >= end) return outcome
      await sleep(POLL_MS)
    }
  }

  /** Until all tasks run the same code; else -EAGAIN, with those that hold it up. */
  async #settled(
    name: string,
    { timeoutMs = DEFAULT_TIMEOUT_MS.linux, signalHolders = false }: Patience,
  ): Promise<Outcome> {
    const end = performance.now() + timeoutMs
    const signalled = new Map<string, Holder>()
    let next = performance.now() + Math.min(SIGNAL_MS, timeoutMs / 2)
    for (;;) {
      const { result, words, status } = await this.get(name)
      if (status === undefined) return { result, words: ['what came of it could not be asked for:', ...words] }
      const said = [...signalled.values()].map(each => `task ${each.task} (${each.name}) was signalled`)
      if (status.rc === 0) return { result: 0, words: said }
      const wanted = status.state === 'APPLIED' ? '1' : '0'
      if (performance.now() >= end) return { result: EAGAIN, words: [...said, ...(await this.#holding(name, wanted))] }
      if (signalHolders && performance.now() >= next) {
        for (const holder of await this.#signal(wanted)) signalled.set(holder.task, holder)
        next = performance.now() + SIGNAL_MS
      }
      await sleep(POLL_MS)
    }
  }

  /** Stops each and lets it go on at once; those that took it. */
  async #signal(wanted: string): Promise<readonly Holder[]> {
    const taken: Holder[] = []
    for (const task of await this.#tasksBut(wanted)) {
      const holder = await this.#holder(task)
      if (holder === undefined || holder.isKernelThread) continue
      const stopped = await this.#runner.run(['kill', '-STOP', task])
      // Also after an interrupt: nobody else would let it go on.
      await this.#runner.tidy(['kill', '-CONT', task])
      if (stopped.code === 0) taken.push(holder)
    }
    return taken
  }

  async #holding(name: string, wanted: string): Promise<readonly string[]> {
    const tasks = await this.#tasksBut(wanted)
    const found = await this.#runner.run(['find', `${this.#patches}/${name}`, '-mindepth', '2', '-type', 'd'])
    const replaced = replacedIn(found.output.split('\n'))
    const holders = await Promise.all(tasks.slice(0, NAMED).map(task => this.#holder(task)))
    const named = holders.flatMap(holder => (holder === undefined ? [] : [describeHolder(holder, replaced)]))
    const more = tasks.length - holders.length
    return ['tasks are still under way:', ...named, ...(more > 0 ? [`and ${more} more`] : [])]
  }

  async #tasksBut(wanted: string): Promise<readonly string[]> {
    const files = (await this.#lines(`${this.#root}/proc`, ['patch_state'], 4)) ?? []
    return files.flatMap(({ path, text }) => {
      const task = /\/task\/(\d+)\/patch_state$/.exec(path)?.[1]
      return task === undefined || text === '-1' || text === wanted ? [] : [task]
    })
  }

  async #holder(task: string): Promise<Holder | undefined> {
    const [stat, stack] = [await this.#read(`/proc/${task}/stat`), await this.#read(`/proc/${task}/stack`)]
    return readHolder({ task, stat: stat ?? '', stack: stack ?? '' })
  }

  async about(): Promise<HostFacts> {
    const release = await this.#runner.run(['uname', '-r'])
    const lockdown = await this.#read('/sys/kernel/security/lockdown')
    const enforced = await this.#read('/sys/module/module/parameters/sig_enforce')
    const texts = [
      { name: 'release', value: release.output.trim() },
      ...(lockdown === undefined ? [] : [{ name: 'lockdown', value: lockdown }]),
      ...(enforced === undefined ? [] : [{ name: 'sig_enforce', value: enforced }]),
    ]
    return { buildId: await this.#buildId(), texts }
  }

  /** Bytes do not come through as they are. */
  async #buildId(): Promise<string | null> {
    const { code, output } = await this.#runner.run(['base64', '-w', '0', `${this.#root}/sys/kernel/notes`])
    const found = code === 0 ? gnuBuildId(Buffer.from(output, 'base64')) : undefined
    return found === undefined ? null : Buffer.from(found).toString('hex')
  }

  machine(): Promise<string | null> {
    return bootOf(this.#runner)
  }

  async console(): Promise<readonly string[]> {
    const { code, output } = await this.#runner.run(['dmesg'])
    return code === 0 ? output.split('\n').filter(line => line.trim() !== '') : []
  }

  async close(): Promise<void> {}

  async #read(path: string): Promise<string | undefined> {
    const { code, output } = await this.#runner.run(['cat', `${this.#root}${path}`])
    return code === 0 ? output.trim() : undefined
  }

  /** Files of these names below a folder, each with its line; undefined where the folder is not there. */
  async #lines(folder: string, names: readonly string[], depth = 2) {
    const wanted = names.flatMap((name, at) => (at === 0 ? ['-name', name] : ['-o', '-name', name]))
    const shown = ['(', ...wanted, ')', '-exec', 'grep', '-H', '.', '{}', '+']
    // Tasks end meanwhile, which is no fault: what counts is what could be read.
    const { code, output, errors } = await this.#runner.run([
      'find',
      folder,
      '-mindepth',
      '2',
      '-maxdepth',
      `${depth}`,
      ...shown,
    ])
    if (code !== 0 && output === '' && errors.includes(`${folder}`)) return undefined
    return output.split('\n').flatMap(line => {
      const at = line.indexOf(':')
      return at === -1 ? [] : [{ path: line.slice(0, at), text: line.slice(at + 1).trim() }]
    })
  }

  /** What a tool said, as an errno, with what the host enforces where that is why. */
  async #answer(ran: Ran): Promise<Outcome> {
    if (ran.code === 0) return { result: 0, words: [] }
    const said = ran.errors.trim().split('\n')
    const result = errnoIn(ran.errors)
    const words = await enforcementOf(result, path => this.#read(path))
    return { result, words: [...said, ...words] }
  }
}
