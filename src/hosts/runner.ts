/** Runs a program here, or on another machine through the system's ssh, which honours the user's own configuration. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { InputError } from '../base/errors.ts'

export interface Ran {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** What runs on the other side. */
export type RunnerKind = 'xen' | 'linux'

/** How a kind of host calls what goes wrong, and what its programs are part of. */
const KINDS = {
  xen: {
    noTool: { code: 'xen/no-tool', hint: 'install xen-utils, which has xen-livepatch, on the host' },
    badAddress: { code: 'xen/bad-address' },
    unreachable: { code: 'xen/unreachable' },
    noRoom: { code: 'xen/no-room' },
  },
  linux: {
    noTool: { code: 'linux/no-tool', hint: 'install kmod, which has insmod and rmmod, on the host' },
    badAddress: { code: 'linux/bad-address' },
    unreachable: { code: 'linux/unreachable' },
    noRoom: { code: 'linux/no-room' },
  },
} as const

export interface Runner {
  readonly name: string
  readonly kind: RunnerKind
  run(words: readonly string[], input?: Uint8Array): Promise<Ran>
  /** The same, also after an interrupt: for what has to be tidied up. */
  tidy(words: readonly string[]): Promise<Ran>
}

/** The programs of this machine; `signal` ends what runs. */
export const localRunner = (signal?: AbortSignal, kind: RunnerKind = 'xen'): Runner => ({
  name: kind,
  kind,
  run: (words, input) => start(words, { kind, input, signal }),
  tidy: words => start(words, { kind }),
})

export interface Remote {
  readonly signal?: AbortSignal | undefined
  readonly ssh?: string
  readonly kind?: RunnerKind
}

/** `ssh://user@host:port`. */
export function remoteRunner(url: string, { signal, ssh = 'ssh', kind = 'xen' }: Remote = {}): Runner {
  const { user, host, port } = parseTarget(url, kind)
  const target = user === '' ? host : `${user}@${host}`
  const base = [ssh, '-o', 'BatchMode=yes', ...(port === '' ? [] : ['-p', port]), '--', target]
  return {
    name: `${kind}:${url}`,
    kind,
    // The other side joins the words with spaces and gives them to a shell, so each is quoted.
    run: (words, input) => start([...base, commandOf(words)], { kind, input, signal, remote: commandOf(words) }),
    tidy: words => start([...base, commandOf(words)], { kind, remote: commandOf(words) }),
  }
}

/** Users and hosts that could be taken for options or for shell text are refused. */
export function parseTarget(url: string, kind: RunnerKind = 'xen') {
  const [, user = '', host, port = ''] =
    /^ssh:\/\/(?:([A-Za-z0-9._][A-Za-z0-9._-]*)@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._][A-Za-z0-9._-]*)(?::([0-9]{1,5}))?\/?$/.exec(
      url,
    ) ?? []
  if (host === undefined) {
    throw new InputError(
      KINDS[kind].badAddress.code,
      `${JSON.stringify(url)} is no ssh address`,
      `write ${kind}:ssh://root@server`,
    )
  }
  return { user, host: host.replace(/^\[|\]$/g, ''), port }
}

export const quote = (word: string): string =>
  /^[A-Za-z0-9_./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const NOT_FOUND = 127
/** What a shell makes of a program that a signal ended: this, and the signal's number. */
const KILLED = 128
const SSH_FAILED = 255

const commandOf = (words: readonly string[]): string => words.map(quote).join(' ')

interface Run {
  readonly kind: RunnerKind
  readonly input?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
  /** What the other side is to run, where there is one. */
  readonly remote?: string
}

function start(words: readonly string[], { kind, input, signal, remote }: Run): Promise<Ran> {
  const [program = '', ...rest] = words
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe', signal })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    // A program that could not be started, for want of descriptors, has no streams.
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
    child.stdin?.on('error', () => undefined) // It may end without reading; its exit code tells.
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(missing(kind, program, error.code === 'ABORT_ERR' ? undefined : error.code)),
    )
    child.on('close', (code, killer) => {
      const ran = {
        code: code ?? KILLED + (killer === null ? 0 : constants.signals[killer]),
        output: Buffer.concat(output).toString('utf8'),
        errors: Buffer.concat(errors).toString('utf8'),
      }
      if (ran.code === NOT_FOUND) reject(missing(kind, remote ?? program))
      else if (ran.code === SSH_FAILED && remote !== undefined) {
        const reason = ran.errors.trim() || 'no reason given'
        reject(new InputError(KINDS[kind].unreachable.code, `ssh did not get there: ${reason}`))
      } else resolve(ran)
    })
    child.stdin?.end(input)
  })
}

const missing = (kind: RunnerKind, what: string, because = 'ENOENT') =>
  because === 'ENOENT'
    ? new InputError(KINDS[kind].noTool.code, `${what} cannot be run`, KINDS[kind].noTool.hint)
    : new InputError(KINDS[kind].noTool.code, `${what} could not be started: ${because}`)

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** Drawn by Linux at each boot, so that it is the same by whatever name or address the machine is reached; null where there is none. */
export async function bootOf(runner: Runner): Promise<string | null> {
  const { code, output } = await runner.run(['cat', BOOT_ID])
  const id = output.trim()
  return code === 0 && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? `boot ${id}` : null
}

/** Puts the payload where the tools there can read it, under a name that nobody can guess. Throws where there is no room. */
export async function bring(
  runner: Runner,
  payload: Uint8Array,
): Promise<{ readonly file: string; readonly remove: () => Promise<unknown> }> {
  const made = await runner.run(['mktemp'])
  const file = made.output.trim()
  if (made.code !== 0 || !file.startsWith('/'))
    throw new InputError(KINDS[runner.kind].noRoom.code, `no temporary file could be made: ${made.errors.trim()}`)
  const remove = () => runner.tidy(['rm', '-f', file])
  const put = await runner.run(['dd', 'status=none', `of=${file}`], payload)
  if (put.code === 0) return { file, remove }
  await remove()
  throw new InputError(
    KINDS[runner.kind].noRoom.code,
    `the payload could not be written to ${file}: ${put.errors.trim()}`,
  )
}
