/** One suite, two hosts: the same operations on the real Xen and on a running process; every difference is known. */

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errnoName } from '../../src/hosts/abi/errno.ts'
import type { Host } from '../../src/hosts/host.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { openRehearsal } from '../../src/hosts/rehearsal/xen/rehearsal-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { type Operation, type PayloadKind, SCRIPTS } from './hosts-scripts.ts'
import { type BuiltDaemon, buildDaemon, type HandPayload, handPayload, idOf, RunningDaemon } from './process-daemon.ts'
import { readTarget } from './rehearsal-payloads.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0
const possible = hasGcc && hasQemu && process.arch === 'x64'

/** What payloads must know of a system. */
interface Ground {
  readonly buildId: string
  readonly name: string
  readonly size: number
  /** The first bytes of the function. */
  readonly start: readonly number[]
  /** A C function that shows the number. */
  readonly body: (symbol: string, number: number) => string
  /** A symbol that the system has. */
  readonly taken: string
  /** A function that is too small for a jump, and its size, as the table would have it. */
  readonly smallSize: number
}

/** What the rows below make payloads from. */
function makingFor(ground: Ground) {
  const { buildId, name, size, body } = ground
  const make = (number: number, more: Partial<HandPayload> = {}): Uint8Array => {
    const by = `hs_new_${number}`
    return handPayload({
      code: body(by, number),
      functions: [{ name, oldSize: size, by }],
      buildId: idOf(number),
      depends: buildId,
      programDepends: buildId,
      ...more,
    })
  }
  const entry = (number: number, more: object = {}) => ({
    functions: [{ name, oldSize: size, by: `hs_new_${number}`, ...more }],
  })
  const saying = (number: number, hook: string) => ({
    code: `${body(`hs_new_${number}`, number)}\nint hs_no_${number}(void) { return -13; }`,
    hooks: { [hook]: [`hs_no_${number}`] },
  })
  return { make, entry, saying, body, size, ground }
}

function payloadFor(kind: PayloadKind, ground: Ground): Uint8Array {
  return PAYLOADS[kind](makingFor(ground))
}

const PAYLOADS: Readonly<Record<PayloadKind, (making: ReturnType<typeof makingFor>) => Uint8Array>> = {
  first: ({ make }) => make(1),
  second: ({ make }) => make(2, { depends: idOf(1) }),
  other: ({ make }) => make(3),
  'with-data': ({ make, body }) => make(4, { code: `int hs_data = 7;\n${body('hs_new_4', 4)}` }),
  'wrong-expectation': ({ make, entry }) => make(5, entry(5, { expect: [0xf4, 0xf4, 0xf4] })),
  'right-expectation': ({ make, entry, body, ground }) =>
    make(26, {
      ...entry(26, { expect: ground.start.slice(0, 5) }),
      code: `${body('hs_new_26', 26)}\nint hs_yes(void) { return 0; }`,
      hooks: { preapply: ['hs_yes'] },
    }),
  'no-to-apply': ({ make, saying }) => make(7, saying(7, 'preapply')),
  'no-to-revert': ({ make, body }) =>
    make(8, {
      code: `${body('hs_new_8', 8)}\nstatic int calls; int hs_once(void) { return calls++ == 0 ? -13 : 0; }`,
      hooks: { prerevert: ['hs_once'] },
    }),
  'same-id': ({ make }) => make(9, { buildId: idOf(1) }),
  'for-another-system': ({ make }) => make(10, { programDepends: idOf(99) }),
  'unknown-function': ({ make, size }) =>
    make(11, { functions: [{ name: 'hs_nobody', oldSize: size, by: 'hs_new_11' }] }),
  'unknown-symbol': ({ make, body }) =>
    make(12, {
      code: `extern const char hs_nowhere[];\nconst char *hs_ref = hs_nowhere;\n${body('hs_new_12', 12)}`,
    }),
  'existing-symbol': ({ make, body, ground }) => make(13, { code: `int ${ground.taken};\n${body('hs_new_13', 13)}` }),
  'nothing-in-it': ({ make }) => make(14, { functions: [] }),
  'no-elf': () => new Uint8Array(5000).fill(0x20),
  empty: () => new Uint8Array(),
  'too-large': () => new Uint8Array(2 * 1024 * 1024 + 1),
  'old-version': ({ make, entry }) => make(15, entry(15, { version: 1 })),
  'too-small': ({ make, entry, ground }) => make(16, entry(16, { oldSize: ground.smallSize })),
  'two-pointers': ({ make, body }) =>
    make(17, {
      code: `${body('hs_new_17', 17)}\nint hs_p(void) { return 0; }`,
      hooks: { preapply: ['hs_p', 'hs_p'] },
    }),
  'writable-code': ({ make, body }) =>
    make(18, {
      code: `${body('hs_new_18', 18)}\nasm(".pushsection .wx,\\"awx\\",@progbits\\n.quad 1\\n.popsection");`,
    }),
}

interface Stage {
  readonly host: Host
  readonly ground: Ground
  /** `original`, or the number of what runs. */
  readonly effect: () => Promise<string>
}

const word = (result: number) => (result >= 0 ? String(result) : (errnoName(result) ?? String(result)))
const short = (name: string) => (name.length > 20 ? `<${name.length} bytes>` : name)

async function perform({ host, ground, effect }: Stage, operation: Operation): Promise<string> {
  const [what, name = '', how] = operation
  switch (what) {
    case 'upload': {
      const { result } = await host.upload({ name, payload: payloadFor(operation[2], ground) })
      return `upload ${short(name)} ${operation[2]}: ${word(result)}`
    }
    case 'get': {
      const { result, status } = await host.get(name)
      return `get ${short(name)}: ${status === undefined ? word(result) : `${status.state} ${word(status.rc)}`}`
    }
    case 'list': {
      const { payloads } = await host.list()
      return `list: ${payloads.map(({ name, state, rc }) => `${short(name)} ${state} ${word(rc)}`).join(', ')}`
    }
    case 'effect':
      return `effect: ${await effect()}`
    default: {
      const request = { action: what, name, nodeps: how === 'nodeps', timeoutMs: how === '1ns' ? 1e-6 : undefined }
      const { result } = await host.act(request)
      return `${what} ${short(name)}${how === undefined ? '' : ` ${how}`}: ${word(result)}`
    }
  }
}

/** Runs a script and leaves the host as it was before. */
async function transcript(stage: Stage, operations: readonly Operation[]): Promise<string[]> {
  const lines: string[] = []
  for (const operation of operations) lines.push(await perform(stage, operation))
  for (let round = 0; round < 10; round++) {
    const { payloads } = await stage.host.list()
    if (payloads.length === 0) return lines
    for (const { name, state } of payloads.toReversed()) {
      await stage.host.act({ action: state === 'APPLIED' ? 'revert' : 'unload', name })
    }
  }
  throw new Error('the host could not be cleaned up')
}

describe.skipIf(!possible)('one suite, two hosts (needs gcc and QEMU on x86-64)', () => {
  let xen: Stage
  let program: Stage
  let daemon: BuiltDaemon
  let running: RunningDaemon

  beforeAll(async () => {
    const tree = execFileSync(join(ROOT, 'scripts/xen.sh'), ['release'], { encoding: 'utf8' }).trim()
    const target = readTarget(join(tree, 'xen/xen-syms'))
    const host = await openRehearsal({ hypervisor: join(tree, 'xen/xen'), cpus: 2, cacheFolder: undefined })
    const version = async () => (await host.about()).texts.find(({ name }) => name === 'extra-version')?.value ?? ''
    xen = {
      host,
      effect: async () => /^hs(\d+)$/.exec(await version())?.[1] ?? 'original',
      ground: {
        buildId: target.buildId,
        name: 'xen_extra_version',
        size: target.sizeOf('xen_extra_version'),
        start: bytesOf(join(tree, 'xen/xen-syms'), 'xen_extra_version'),
        body: (symbol, number) => `const char *${symbol}(void) { return "hs${number}"; }`,
        taken: 'do_xen_version',
        smallSize: 4,
      },
    }
    daemon = buildDaemon()
    running = new RunningDaemon(daemon)
    await running.ask('s')
    program = {
      host: openProcess({ pid: running.pid }),
      effect: async () => {
        const answer = await running.ask('a')
        return answer === '6' ? 'original' : answer
      },
      ground: {
        buildId: daemon.buildId,
        name: 'answer',
        size: daemon.sizeOf('answer'),
        start: bytesOf(daemon.program, 'answer'),
        body: (symbol, number) => `int ${symbol}(int x) { return ${number}; }`,
        taken: 'limit',
        smallSize: 4,
      },
    }
  })

  afterAll(async () => {
    await xen?.host.close()
    await program?.host.close()
    running?.stop()
    daemon?.remove()
  })

  test.for(SCRIPTS)('$name', async ({ operations, differs = [] }) => {
    const reference = await transcript(xen, operations)
    const found = await transcript(program, operations)
    const expected = reference.map((line, at) => differs.find(row => row.at === at)?.process ?? line)
    expect(found).toEqual(expected)
    // A difference that is none any more must go from the list.
    for (const { at, process: line } of differs) expect(reference[at]).not.toBe(line)
  })

  test('every difference is in docs/hosts.md, with its reason', () => {
    const text = readFileSync(join(ROOT, 'docs/hosts.md'), 'utf8')
    for (const { name, differs = [] } of SCRIPTS) if (differs.length > 0) expect(text).toContain(name)
  })
})

/** The first bytes of a function as its file has them. */
function bytesOf(file: string, name: string): readonly number[] {
  const listing = execFileSync('objdump', ['-d', `--disassemble=${name}`, file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  const start = listing.indexOf(`<${name}>:`)
  const bytes = [...listing.slice(start).matchAll(/^\s*[0-9a-f]+:\t((?:[0-9a-f]{2} )+)/gm)].flatMap(([, hex]) =>
    (hex ?? '')
      .trim()
      .split(' ')
      .map(pair => Number.parseInt(pair, 16)),
  )
  return bytes.slice(0, 16)
}
