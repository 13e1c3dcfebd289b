/**
 * A program that nobody here wrote: Debian's memcached, threaded, under a bounded load on loopback. Three hotpatches of
 * different kinds come and go hundreds of times; no request is lost or answered wrongly.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../src/apply/host.ts'
import { agentFile } from '../../src/apply/process/agent-file.ts'
import { openProcess } from '../../src/apply/process/process-host.ts'
import { createHotpatch } from '../../src/pipeline.ts'
import { hasGcc } from '../support/gcc.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CYCLES = 100
const CLIENTS = 4

/** The tree, where Debian's source package can be had. */
function builtTree(): string | undefined {
  if (!hasGcc || spawnSync('apt-get', ['--version']).status !== 0) return undefined
  const { status, stdout } = spawnSync(join(ROOT, 'scripts/memcached.sh'), { encoding: 'utf8', timeout: 600_000 })
  return status === 0 ? stdout.trim() : undefined
}

const tree = builtTree()

interface Kind {
  readonly name: string
  readonly file: string
  readonly exchanges: readonly (readonly [string, string])[]
  /** Asks for what is patched, and the answers of the two states. */
  readonly request: string
  readonly before: RegExp
  readonly after: RegExp
}

const KINDS: readonly Kind[] = [
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
class Client {
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
async function load(port: number, number: number, stop: AbortSignal) {
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

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise(done => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

describe.skipIf(tree === undefined)('memcached (needs gcc, and Debian’s source package to be had)', () => {
  let folder: string
  let server: ChildProcess
  let port: number
  let host: Host
  const payloads: Uint8Array[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-memcached-'))
    const source = tree ?? ''
    const program = join(source, 'memcached')
    const id = /Build ID: ([0-9a-f]+)/.exec(execFileSync('readelf', ['-n', program], { encoding: 'utf8' }))?.[1] ?? ''
    for (const [index, kind] of KINDS.entries()) {
      payloads.push(await payloadOf(kind, source, join(folder, String(index)), id))
    }
    port = await freePort()
    server = spawn(program, ['-p', String(port), '-l', '127.0.0.1', '-U', '0', '-t', '4', '-m', '16', '-u', 'root'], {
      env: { ...process.env, LD_PRELOAD: agentFile(join(folder, 'cache')) },
      stdio: 'ignore',
    })
    for (let wait = 0; wait < 100; wait++) {
      await sleep(50)
      const client = new Client(port)
      const answer = await client.ask('version').catch(() => '')
      client.close()
      if (answer !== '') break
    }
    host = openProcess({ pid: server.pid ?? 0 })
  })

  afterAll(async () => {
    await host?.close()
    server?.kill('SIGKILL')
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test(`${KINDS.length} kinds of hotpatch, ${CYCLES} times each, and no request is lost or answered wrongly`, async () => {
    const stop = new AbortController()
    const clients = Array.from({ length: CLIENTS }, (_, number) => load(port, number, stop.signal))
    const observer = new Client(port)
    const before = await host.about()
    const ask = async ({ request }: Kind) => {
      await observer.ask('set number 0 0 1\r\n0')
      return observer.ask(request)
    }
    try {
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        for (const [index, kind] of KINDS.entries()) {
          const name = `kind${index}`
          expect(await host.upload({ name, payload: payloads[index] ?? new Uint8Array() })).toMatchObject({ result: 0 })
          expect(await ask(kind)).toMatch(kind.before)
          expect(await host.act({ action: 'apply', name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
          expect(await ask(kind)).toMatch(kind.after)
          expect(await host.act({ action: 'revert', name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
          expect(await ask(kind)).toMatch(kind.before)
          expect(await host.act({ action: 'unload', name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
        }
      }
    } finally {
      stop.abort()
      observer.close()
    }
    const loads = await Promise.all(clients)
    expect(loads.flatMap(({ wrong }) => wrong)).toEqual([])
    for (const { right } of loads) expect(right).toBeGreaterThan(CYCLES)
    expect(await host.about()).toEqual(before)
    expect(server.exitCode).toBeNull()
  })

  test('all three at once, one on the other, and off again', async () => {
    const observer = new Client(port)
    try {
      for (let round = 0; round < 20; round++) {
        for (const [index] of KINDS.entries()) {
          await host.upload({ name: `kind${index}`, payload: payloads[index] ?? new Uint8Array() })
          // They depend on the program, not on each other; one file's two replace different functions.
          const outcome = await host.act({ action: 'apply', name: `kind${index}`, nodeps: true, timeoutMs: 10_000 })
          expect(outcome).toMatchObject({ result: 0 })
        }
        await observer.ask('set number 0 0 1\r\n0')
        for (const kind of KINDS) expect(await observer.ask(kind.request)).toMatch(kind.after)
        for (const index of [...KINDS.keys()].toReversed()) {
          for (const action of ['revert', 'unload'] as const) {
            expect(await host.act({ action, name: `kind${index}`, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
          }
        }
        await observer.ask('set number 0 0 1\r\n0')
        for (const kind of KINDS) expect(await observer.ask(kind.request)).toMatch(kind.before)
      }
    } finally {
      observer.close()
    }
  })
})
