/**
 * Wrong inputs for every reader of the command, as command lines: what each must end with is 0 to 3, whatever is in them.
 * A case is told by a seed and a number, so that one can be repeated alone.
 *
 * To add a reader: a row in READERS.
 */
import { emptyReport, type RunReport } from '../../src/report/model.ts'
import { Random } from '../verify/random.ts'
import { toyPayload } from '../verify/toy.ts'
import { damagedJson, damagedText, type Size } from './damage.ts'
import { damagedCase, type Specimen, specimen } from './elf-fuzz.ts'

/** In arguments and texts `@` stands for the folder that the case has for itself. */
export interface WrongInput {
  readonly args: readonly string[]
  readonly files: Readonly<Record<string, Uint8Array | string>>
  readonly stdin?: Uint8Array
  /** Goes to the memory of a program that says it has an agent; see false-agent.ts. */
  readonly agent?: readonly string[]
}

export interface Sound {
  readonly objects: readonly Specimen[]
  /** Something that symbols can be read from. */
  readonly symbols: Uint8Array
  /** In PEM: private keys, public ones, a certificate where openssl is. */
  readonly keys: readonly string[]
  readonly size: Size
}

export const READER_NAMES = [
  'objects',
  'payloads',
  'symbols',
  'patches',
  'reports',
  'commands',
  'logs',
  'scripts',
  'keys',
  'agents',
] as const
export type Reader = (typeof READER_NAMES)[number]

/** Damaged by its fields, or as a text is. */
function damagedObject(object: Specimen, random: Random, sound: Sound): Uint8Array {
  if (random.below(4) > 0) return damagedCase([object], random.next() & 0xffff, random.below(1e6))
  const text = Buffer.from(object.bytes.buffer, object.bytes.byteOffset, object.bytes.length).toString('latin1')
  return latin1(damagedText(text, random, sound.size))
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const toy = () => specimen('payload', toyPayload())

const SOURCE = [
  '#define M(x) \\\n  do { f(x); \\\n  } while (0)\n',
  'int f(int x)\n{\n    return x + __LINE__;\n}\n#if A\nint g(void)\n{\n',
  '    /* words\n       more */\n    M(1);\n    return f(\n        2);\n}\n#endif\n',
  'static int table[] = {\n    1,\n    2,\n    __LINE__,\n};\n',
].join('')

const PATCHES = [
  '--- a/f.c\n+++ b/f.c\n@@ -3,7 +3,8 @@\n   } while (0)\n int f(int x)\n {\n-    return x + __LINE__;\n+    x++;\n+    return x + __LINE__;\n }\n #if A\n int g(void)\n',
  '--- a/f.c\n+++ b/f.c\n@@ -17,6 +17,7 @@\n #endif\n static int table[] = {\n     1,\n+    7,\n     2,\n     __LINE__,\n };\n',
  'diff --git a/f.c b/g.c\nsimilarity index 90%\nrename from f.c\nrename to g.c\n--- a/f.c\n+++ b/g.c\n@@ -1,3 +1,3 @@\n #define M(x) \\\n-  do { f(x); \\\n+  do { f(x + 1); \\\n   } while (0)\n',
  'diff --git "a/d/x\\303\\251.h" "b/d/x\\303\\251.h"\nnew file mode 100644\n--- /dev/null\n+++ "b/d/x\\303\\251.h"\n@@ -0,0 +1,2 @@\n+int x;\n+int y;\n',
  'diff --git a/d/old.h b/d/old.h\ndeleted file mode 100644\n--- a/d/old.h\n+++ /dev/null\n@@ -1 +0,0 @@\n-int old;\n',
] as const

const TREE = { 'tree/f.c': SOURCE, 'tree/d/old.h': 'int old;\n' }
const commandsOf = (file: string) => [{ directory: '@/tree', file, arguments: ['gcc', '-O2', '-c', file, '-o', 'f.o'] }]
const COMMANDS = [...commandsOf('f.c'), { directory: '@/tree', file: 'f.c', command: 'gcc -O1 -DA -c f.c -o "g h.o"' }]

const REPORT: RunReport = {
  ...emptyReport('build', '0'),
  outcome: 'built',
  target: { name: 'xen', version: '4.17', machine: 62 },
  functions: [
    {
      unit: 'a.o',
      name: 'f1',
      symbols: ['f1', 'f1.part.0'],
      verdict: 'changed',
      included: true,
      reasons: [{ code: 'size', text: 'it is longer' }],
    },
  ],
  refusals: [{ code: 'init-code', unit: 'a.o', symbol: 'g', text: 'it is gone', hint: 'leave it' }],
  lines: {
    way: 'neutral',
    root: '/build',
    files: [
      {
        file: 'a.c',
        way: 'neutral',
        insertions: 1,
        unsafe: [3],
        reason: 'so',
        original: { path: 'a.c', sha256: 'old', lines: 14 },
        patched: { path: 'a.c', sha256: 'new', lines: 16 },
        map: [
          [1, 1, 5],
          [6, 8, 9],
        ],
        numbers: [
          [1, 1, 5],
          [15, 6, 2],
          [6, 8, 9],
        ],
        numbering: 'above',
        embedded: [{ line: 4, stays: ['f2'], replaced: ['f1'], set: [] }],
      },
    ],
    held: [4, 12, 15],
    code: [
      {
        unit: 'a.o',
        symbol: 'f1',
        size: 64,
        files: ['a.c'],
        rows: [
          [0, 0, 4],
          [16, 0, 12],
        ],
      },
    ],
  },
  payload: { file: 'fix.livepatch', size: 1, sha256: '', buildId: 'ab' },
  pieces: [
    { unit: 'a.o', name: 'f1', role: 'replacement', size: 64, reason: { code: 'size', text: 'longer' }, because: null },
    { unit: 'a.o', name: '.rodata+0x10', role: 'content', size: 4, reason: { code: 'used', text: 'used' }, because: 0 },
  ],
}

const LOG = [
  "(XEN) Assertion 'x' failed at a.c:12\n(XEN) ----[ Xen-4.17 ]----\n(XEN) RIP:    e008:[<ffff82d040201234>] f1+0x10/0x40 [fix]\n",
  '(XEN) livepatch: fix: APPLY\n(XEN) a.c:4: f2: odd\n(XEN)    [<ffff82d040201234>] R a.c#f1+0x20/0x40\n',
].join('')

const SCRIPT =
  'upload fix a.livepatch\napply fix\n! EINVAL revert none\nlist\nexpect-output fix\nnap 1\nhypercall 40 1 2 3\necho "words"\ndebug-keys x\n'

const damagedOr = (text: string, random: Random, sound: Sound) =>
  random.below(4) === 0 ? text : damagedText(text, random, sound.size)

const READERS: Readonly<Record<Reader, (random: Random, sound: Sound) => WrongInput>> = {
  objects: (random, sound) => {
    const [a, b] = [random.pick(sound.objects), random.pick(sound.objects)]
    const files = { 'a.o': damagedObject(a, random, sound), 'b.o': random.below(2) === 0 ? b.bytes : a.bytes }
    return {
      files,
      args: random.pick([
        ['dump', '@/a.o'],
        ['inspect', '@/a.o'],
        ['diff', '@/a.o', '@/b.o'],
        ['diff', '@/b.o', '@/a.o', '--target', 'process'],
      ]),
    }
  },
  payloads: (random, sound) => {
    const files = {
      'a.livepatch': damagedObject(toy(), random, sound),
      xen: sound.symbols,
      'b.livepatch': toyPayload(),
    }
    const verify = ['verify', '@/a.livepatch', '--symbols', '@/xen']
    return {
      files,
      args: random.pick([
        verify,
        [...verify, '--all', '--xen-version', '4.19'],
        [...verify, '--on', '@/b.livepatch'],
        ['inspect', '@/a.livepatch', '--json', '-'],
      ]),
    }
  },
  symbols: (random, sound) => {
    const files = { 'a.livepatch': toyPayload(), xen: damagedObject(specimen('symbols', sound.symbols), random, sound) }
    return { files, args: ['verify', '@/a.livepatch', '--symbols', '@/xen'] }
  },
  patches: (random, sound) => {
    const [first, second] = [
      damagedText(random.pick(PATCHES), random, sound.size),
      damagedOr(random.pick(PATCHES), random, sound),
    ]
    const together = random.below(3) === 0 ? first + second : first
    const files = {
      ...TREE,
      'a.patch': latin1(together),
      'tree/compile_commands.json': JSON.stringify(commandsOf('f.c')),
    }
    const neutralize = ['neutralize', '--tree', '@/tree', '--patch', '@/a.patch', '-o', '@/n.patch']
    // A build reads patches in the same way, and takes longer: where they apply, it compiles.
    if (random.below(20) === 0)
      return {
        files,
        args: ['build', '--target', 'process', '--tree', '@/tree', '--patch', '@/a.patch', '-o', '@/o.lp'],
      }
    return { files, args: [...neutralize, '--style', random.pick(['auto', 'directive', 'reformat'])] }
  },
  reports: (random, sound) => {
    const text = JSON.stringify(random.below(3) === 0 ? REPORT : damagedJson(REPORT, random))
    const files = { 'a.json': random.below(3) === 0 ? latin1(damagedText(text, random, sound.size)) : text }
    return {
      files,
      stdin: latin1(LOG),
      args: random.pick([
        ['explain', '@/a.json'],
        ['explain', '@/a.json', 'f1'],
        ['translate', '@/a.json'],
        ['translate', '--from-log', 'fix=@/a.json', '--json', '-'],
      ]),
    }
  },
  commands: (random, sound) => {
    const text = JSON.stringify(random.below(3) === 0 ? COMMANDS : damagedJson(COMMANDS, random))
    const commands = random.below(3) === 0 ? damagedText(text, random, sound.size) : text
    const files = { ...TREE, 'a.patch': PATCHES[0], 'tree/compile_commands.json': latin1(commands) }
    return { files, args: ['build', '--target', 'process', '--tree', '@/tree', '--patch', '@/a.patch', '-o', '@/o.lp'] }
  },
  logs: (random, sound) => {
    const log = damagedText(LOG, random, sound.size)
    return {
      files: { 'a.json': JSON.stringify(REPORT) },
      stdin: latin1(log),
      args: [
        'translate',
        ...random.pick([[], ['--from-log'], ['--replace'], ['--source', 'original']]),
        'fix=@/a.json',
      ],
    }
  },
  scripts: (random, sound) => {
    const files = { 'a.livepatch': toyPayload(), script: latin1(damagedText(SCRIPT, random, sound.size)) }
    return { files, args: ['rehearse', '@/a.livepatch', '--hypervisor', '@/none', '--script', '@/script'] }
  },
  keys: (random, sound) => {
    // Mostly those that fit; else nothing would be signed.
    const fitting = (at: number) =>
      latin1(random.below(3) === 0 ? (sound.keys[at] ?? '') : damagedText(sound.keys[at] ?? '', random, sound.size))
    const key = () => latin1(damagedOr(random.pick(sound.keys), random, sound))
    const files = {
      'a.livepatch': random.below(3) === 0 ? damagedObject(toy(), random, sound) : toyPayload(),
      key: random.below(4) === 0 ? key() : fitting(0),
      cert: random.below(4) === 0 ? key() : fitting(1),
      xen: sound.symbols,
    }
    const format = random.pick(['cms', 'rsa'])
    return {
      files,
      args: random.pick([
        ['sign', '@/a.livepatch', '--key', '@/key', '--cert', '@/cert', '-o', '@/out', '--format', format],
        ['verify', '@/a.livepatch', '--symbols', '@/xen', '--key', '@/cert'],
      ]),
    }
  },
  agents: random => {
    const edges = [
      '0',
      '1',
      'ff',
      'ffff',
      'fffff',
      'ffffffff',
      '7fffffffffffffff',
      'ffffffffffffffff',
      '100000',
      '8000000000000000',
    ]
    const field = () => 8 * random.below(random.pick([16, 48, 160]))
    const agent = Array.from(
      { length: 1 + random.below(4) },
      () => `${(random.below(2) * 4096 + field()).toString(16)} ${random.pick(edges)}`,
    )
    return {
      files: { 'a.lp': toyPayload() },
      agent,
      args: random.pick([
        ['list', '--host', 'AGENT'],
        ['get', 'fix', '--host', 'AGENT'],
        ['upload', 'new', '@/a.lp', '--host', 'AGENT', '--dry-run'],
        ['apply', 'fix', '--host', 'AGENT', '--dry-run'],
      ]),
    }
  },
}

/** The case of that number. */
export function wrongInput(reader: Reader, seed: number, number: number, sound: Sound): WrongInput {
  const random = new Random(seed * 1_000_003 + number)
  random.next()
  return READERS[reader](random, sound)
}
