/** Debian's memcached as tests need it: built, started with the agent, under a bounded load, and hotpatches of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { hasGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { freePort } from './ssh-guest.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The tree, where Debian's source package can be had. */
function builtTree(): string | undefined {
  if (!hasGcc || spawnSync('apt-get', ['--version']).status !== 0) return undefined
  const { status, stdout } = spawnSync(join(ROOT, 'scripts/memcached.sh'), { encoding: 'utf8', timeout: 600_000 })
  return status === 0 ? stdout.trim() : undefined
}

export const tree = builtTree()

export interface Kind {
  readonly name: string
  readonly file: string
  readonly exchanges: readonly (readonly [string, string])[]
  /** Asks for what is patched, and the answers of the two states. */
  readonly request: string
  readonly before: RegExp
  readonly after: RegExp
}

export const KINDS: readonly Kind[] = [
  {
    name: 'arithmetic in a function that is called under a lock',
    file: 'memcached.c',
    exchanges: [['        value += delta;\n', '        value += delta + 1000;\n']],
    request: 'incr number 1',
    before: /^\d{1,3}$/,
    after: /^\d{4,}$/,
  },
  {
    name: 'a new function with data of its own',
    file: 'proto_text.c',
    exchanges: [
      [
        'static void process_arithmetic_command(conn *c,',
        [
          'static unsigned int refused;',
          '__attribute__((noinline)) static const char *refusal(const char *text) {',
          '    refused++;',
          '    return text[0] == 120 && refused > 0 ? "CLIENT_ERROR x is no number" : "CLIENT_ERROR no number";',
          '}',
          'static void process_arithmetic_command(conn *c,',
        ].join('\n'),
      ],
      ['out_string(c, "CLIENT_ERROR invalid numeric delta argument");', 'out_string(c, refusal(tokens[2].value));'],
    ],
    request: 'incr number x',
    before: /^CLIENT_ERROR invalid numeric delta argument$/,
    after: /^CLIENT_ERROR x is no number$/,
  },
  {
    name: 'a string in the function that takes every command',
    file: 'proto_text.c',
    exchanges: [['out_string(c, "VERSION " VERSION);', 'out_string(c, "VERSION " VERSION " hotpatched");']],
    request: 'version',
    before: /^VERSION [\d.]+$/,
    after: /^VERSION [\d.]+ hotpatched$/,
  },
]

async function payloadOf(kind: Kind, source: string, folder: string, buildId: string): Promise<Uint8Array> {
  const text = readFileSync(join(source, kind.file), 'latin1')
  const changed = kind.exchanges.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`${kind.file} has no ${from}`)
    return before.replace(from, to)
  }, text)
  for (const [side, content] of [
    ['a', text],
    ['b', changed],
  ] as const) {
    mkdirSync(join(folder, side), { recursive: true })
    writeFileSync(join(folder, side, kind.file), content, 'latin1')
  }
  const { stdout } = spawnSync('diff', ['-u', `a/${kind.file}`, `b/${kind.file}`], { cwd: folder, encoding: 'latin1' })
  const run = await createHotpatch({
    tree: source,
    target: 'process',
    jobs: 2,
    makeArgs: [],
    progress: { step: () => undefined, tick: () => undefined },
    cacheFolder: join(folder, 'cache'),
    patches: [{ name: 'kind.patch', text: stdout }],
    depends: buildId,
    xenDepends: buildId,
    signal: new AbortController().signal,
  })
  if (run.payload === undefined) throw new Error(`no payload: ${JSON.stringify(run.refusals)}`)
  return run.payload.bytes
}

/** One connection that asks and waits, line by line. */
export class Client {
  readonly #socket: Socket
  #text = ''
  #wake: () => void = () => undefined
  #closed = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', chunk => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    for (const event of ['close', 'error']) {
      this.#socket.on(event, () => {
        this.#closed = true
        this.#wake()
      })
    }
  }

  /** Sends a request and gives as many lines of the answer as wanted. */
  async ask(request: string, lines = 1): Promise<string> {
    this.#socket.write(`${request}\r\n`)
    for (;;) {
      const parts = this.#text.split('\r\n')
      if (parts.length > lines) {
        this.#text = parts.slice(lines).join('\r\n')
        return parts.slice(0, lines).join('\n')
      }
      if (this.#closed) throw new Error('the connection was lost')
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Asks at most a thousand times a second until told to stop; counts answers, and keeps the wrong ones. */
export async function load(port: number, number: number, stop: AbortSignal) {
  const client = new Client(port)
  const wrong: string[] = []
  let right = 0
  const check = (request: string, answer: string, fits: boolean) => {
    if (fits) right++
    else wrong.push(`${request}: ${answer}`)
  }
  for (let round = 0; !stop.aborted; round++) {
    const value = `value-${number}-${round}`
    const set = `set key${number} 0 0 ${value.length}\r\n${value}`
    check('set', await client.ask(set), true)
    const got = await client.ask(`get key${number}`, 3)
    check('get', got, got === `VALUE key${number} 0 ${value.length}\n${value}\nEND`)
    const kind = KINDS[round % KINDS.length]
    if (kind !== undefined && kind.request !== 'incr number 1') {
      const answer = await client.ask(kind.request)
      check(kind.request, answer, kind.before.test(answer) || kind.after.test(answer))
    }
    await sleep(4)
  }
  client.close()
  return { right, wrong }
}

export interface Built {
  readonly program: string
  readonly buildId: string
  /** One for each kind. */
  readonly payloads: readonly Uint8Array[]
}

export async function buildPayloads(source: string, folder: string): Promise<Built> {
  const program = join(source, 'memcached')
  const notes = execFileSync('readelf', ['-n', program], { encoding: 'utf8' })
  const buildId = /Build ID: ([0-9a-f]+)/.exec(notes)?.[1] ?? ''
  const payloads: Uint8Array[] = []
  for (const [index, kind] of KINDS.entries()) {
    payloads.push(await payloadOf(kind, source, join(folder, String(index)), buildId))
  }
  return { program, buildId, payloads }
}

/** Four threads that serve on loopback; returns when it answers. */
export async function startServer(program: string, cacheFolder: string) {
  const port = await freePort()
  const words = ['-p', String(port), '-l', '127.0.0.1', '-U', '0', '-t', '4', '-m', '16', '-u', 'root']
  const env = { ...process.env, LD_PRELOAD: agentFile(cacheFolder) }
  const server: ChildProcess = spawn(program, words, { env, stdio: 'ignore' })
  for (let wait = 0; wait < 100; wait++) {
    await sleep(50)
    const client = new Client(port)
    const answer = await client.ask('version').catch(() => '')
    client.close()
    if (answer !== '') return { port, server }
  }
  throw new Error('memcached does not answer')
}
