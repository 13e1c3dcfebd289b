import { expect, test } from 'vitest'
import { assemble } from '../../src/assemble/assemble.ts'
import type { TargetName } from '../../src/loaders/loaders.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { loadPayload } from './loader.ts'
import {
  factLines,
  hasReadelf,
  ID,
  optionsFor,
  payloadOf,
  readelfComplaints,
  selectSources,
  withoutReadelf,
} from './support.ts'

const HEAD = `
extern int printk(const char *format, ...);
extern int flag;
#define NOINLINE __attribute__((noinline, noclone))
#define HOOK(kind, fn) void *__attribute__((weak, section(".livepatch.hooks." #kind))) const data_##fn = fn;
`

const OLD = 'int f(int a) { return a + flag * 11; }'

/** Three bytes, and others for them on some processors. */
const ALTERNATIVE = `
#define alternative(bytes) asm volatile("1: nop; nop; nop; 2:" \\
  ".pushsection .altinstructions,\\"a\\"; .long 1b - ., 3f - .; .word 5; .byte 3, 4f - 3f, 0, 0; .popsection;" \\
  ".pushsection .altinstr_replacement,\\"ax\\"; 3: .byte " bytes "; 4: .popsection")
`

const together = (g: string, f: string) => `#define TOGETHER __attribute__((section(".text.both")))
  static NOINLINE TOGETHER int g(int a) { return ${g}; } TOGETHER int f(int a) { return ${f}; }`
interface Row {
  readonly name: string
  readonly before?: string
  readonly after: string
  /** A second unit, changed in the same patch. */
  readonly second?: { readonly before: string; readonly after: string }
  readonly target?: TargetName
  readonly flags?: readonly string[]
  readonly facts: readonly string[]
}

const PROGRAM = ['-O2', '-ffunction-sections', '-fdata-sections', '-fpic', '-fno-asynchronous-unwind-tables']

const rows: readonly Row[] = [
  {
    name: 'one changed function, and only the symbols that it needs',
    after: 'int f(int a) { return a + flag * 13; }',
    facts: ['needs flag', 'replaces f'],
  },
  {
    name: "a static function is named by its file, as Xen's table names it",
    before: 'static NOINLINE int g(int a) { return a * flag + 3; } int f(int a) { return g(a) + g(a + 1); }',
    after: 'static NOINLINE int g(int a) { return a * flag + 5; } int f(int a) { return g(a) + g(a + 1); }',
    facts: ['needs flag', 'replaces unit0.c#g'],
  },
  {
    name: 'new functions and new data get names, local ones by file',
    after: `static int seen; int total; static NOINLINE int note(int a) { return seen += a; }
      NOINLINE int count(int a) { return total += a; } int f(int a) { return note(a) + count(a) + flag * 11; }`,
    facts: [
      'brings count',
      'brings total',
      'brings unit0.c#note',
      'brings unit0.c#seen',
      'needs flag',
      'notice apply-once',
      'replaces f',
      'section .bss writable',
    ],
  },
  {
    name: 'a new static local has a number for a name, so it is named by its function',
    after: 'int f(int a) { static int count = 7; return count++ + a + flag * 11; }',
    facts: ['brings unit0.c#f#count', 'needs flag', 'notice apply-once', 'replaces f', 'section .data writable'],
  },
  {
    name: 'a static local that lives on is found under the number it has in the running system',
    before: 'int f(int a) { static int count; return count++ + flag * 11; }',
    after:
      'int g(void) { static int count; return count++; } int f(int a) { static int count; return count++ + flag * 12; }',
    facts: ['needs flag', 'needs unit0.c#count.0', 'replaces f'],
  },
  {
    name: 'the cold part of a function has a name with a mark, or the running one of that name would be in the way',
    before: 'extern void die(void) __attribute__((cold)); int f(int a) { if (a == 5) die(); return a * flag; }',
    after: 'extern void die(void) __attribute__((cold)); int f(int a) { if (a == 6) die(); return a * flag; }',
    facts: ['brings unit0.c#f.cold#MARK', 'needs die', 'needs flag', 'replaces f'],
  },
  {
    name: 'equal strings of several functions and units are kept once',
    before: 'int f(int a) { return printk("f %d", a); } int g(int a) { return printk("g %d", a); }',
    after: 'int f(int a) { return printk("same %d", a); } int g(int a) { return printk("same %d", a); }',
    second: {
      before: 'int h(int a) { return printk("h %d", a); }',
      after: 'int h(int a) { return printk("same %d", a); }',
    },
    facts: ['needs printk', 'replaces f', 'replaces g', 'replaces h', 'section .rodata.str read-only'],
  },
  {
    name: 'wide strings are whole, and apart from others',
    before: 'void print(const int *); int f(int a) { print(L"hello 1"); return a + flag * 11; }',
    after: 'void print(const int *); int f(int a) { print(L"hello 2"); return a + flag * 11; }',
    facts: ['needs flag', 'needs print', 'replaces f', 'section .rodata read-only'],
  },
  {
    name: 'constant pointers are relocated, and still no writable data',
    after: `static const char *const names[] = { "zero", "one" };
      int f(int a) { return printk(names[a & 1]) + flag * 11; }`,
    facts: [
      'brings unit0.c#names',
      'needs flag',
      'needs printk',
      'replaces f',
      'section .rodata read-only',
      'section .rodata.str read-only',
    ],
  },
  {
    name: 'special entries of the functions taken, and of no other',
    before: `${OLD} int g(int a) { asm volatile("1: nop; .pushsection .ex_table,\\"a\\"; .long 1b - ., 1b - .; .popsection"); return a; }`,
    after: `int f(int a) { asm volatile("1: nop; 2: .pushsection .fixup,\\"ax\\"; 3: mov $1,%0; jmp 2b; .popsection; .pushsection .ex_table,\\"a\\"; .long 1b - ., 3b - .; .popsection" : "+r" (a)); return a + flag * 11; }
      int g(int a) { asm volatile("1: nop; .pushsection .ex_table,\\"a\\"; .long 1b - ., 1b - .; .popsection"); return a; }`,
    facts: ['entries .ex_table 1', 'needs flag', 'replaces f', 'section .ex_table read-only', 'section .fixup code'],
  },
  {
    name: 'alternatives without a single replacement byte still bring the empty section that Xen asks for',
    after: `int f(int a) { asm volatile("1: nop; 2: .pushsection .altinstructions,\\"a\\"; .long 1b - ., 3f - .; .word 5; .byte 1, 0, 0, 0; .popsection; .pushsection .altinstr_replacement,\\"ax\\"; 3: .popsection"); return a + flag * 11; }`,
    facts: [
      'entries .altinstructions 1',
      'needs flag',
      'replaces f',
      'section .altinstr_replacement code',
      'section .altinstructions read-only',
    ],
  },
  {
    name: 'a replacement may run on: it is copied over the code that it replaces',
    before: `${ALTERNATIVE} ${OLD} int g(int a) { alternative("0x0f, 0x01, 0xca"); return a; }`,
    after: `${ALTERNATIVE} int f(int a) { alternative("0x0f, 0x01, 0xcb"); return a + flag * 11; }
      int g(int a) { alternative("0x0f, 0x01, 0xca"); return a; }`,
    facts: [
      'entries .altinstructions 1',
      'needs flag',
      'replaces f',
      'section .altinstr_replacement code',
      'section .altinstructions read-only',
    ],
  },
  {
    name: 'load and unload hooks of several units are collected',
    after: `static void one(void) { flag = 1; } HOOK(load, one) static void two(void) { flag = 2; } HOOK(unload, two) ${OLD}`,
    second: {
      before: 'int h(int a) { return a * flag; }',
      after: 'int h(int a) { return a * flag; } static void three(void) { flag = 3; } HOOK(load, three)',
    },
    facts: [
      'brings unit0.c#one',
      'brings unit0.c#two',
      'brings unit1.c#three',
      'hook .livepatch.hooks.load unit0.c#one unit1.c#three',
      'hook .livepatch.hooks.unload unit0.c#two',
      'needs flag',
    ],
  },
  {
    name: 'two hooks where Xen takes one',
    after: `static void one(void) { flag = 1; } HOOK(apply, one) ${OLD}`,
    second: {
      before: 'int h(int a) { return a * flag; }',
      after: 'int h(int a) { return a * flag; } static void two(void) { flag = 3; } HOOK(apply, two)',
    },
    facts: ['refused several-hooks data_one'],
  },
  {
    name: 'a hook that Xen does not know',
    after: `static void one(void) { flag = 1; } HOOK(later, one) ${OLD}`,
    facts: ['refused unknown-hook data_one'],
  },
  {
    name: 'a name longer than Xen keeps',
    after: `NOINLINE int ${'n'.repeat(127)}(int a) { return a * flag; } int f(int a) { return ${'n'.repeat(127)}(a) + flag * 11; }`,
    facts: [`refused name-too-long ${'n'.repeat(127)}`],
  },
  {
    name: 'a name exactly as long as Xen keeps',
    after: `NOINLINE int ${'n'.repeat(126)}(int a) { return a * flag; } int f(int a) { return ${'n'.repeat(126)}(a) + flag * 11; }`,
    facts: [`brings ${'n'.repeat(126)}`, 'needs flag', 'replaces f'],
  },
  {
    name: 'an absolute address of 4 bytes, which Xen does not relocate',
    after: 'extern char here[]; int f(int a) { asm volatile("mov $here, %%eax" ::: "eax"); return a + flag * 11; }',
    facts: ['refused relocation-not-allowed f'],
  },
  {
    name: 'the same for a program, whose loader checks that it fits',
    target: 'process',
    flags: PROGRAM,
    after: 'int f(int a) { asm volatile("mov $here, %%eax" ::: "eax"); return a + flag * 11; }',
    facts: ['needs flag', 'needs here', 'replaces f', 'section .got read-only'],
  },
  {
    name: 'a reference through a table of the linker, which Xen has not',
    after: 'extern __attribute__((visibility("default"))) int far; int f(int a) { return a + far + flag * 11; }',
    facts: ['refused relocation-not-allowed f'],
  },
  {
    name: 'a program reaches data and functions through slots of the payload',
    target: 'process',
    flags: PROGRAM,
    after: 'extern int puts(const char *); int f(int a) { puts("x"); return a + flag * 13; }',
    facts: [
      'needs flag',
      'needs puts',
      'replaces f',
      'section .got read-only',
      'section .plt code',
      'section .rodata.str read-only',
    ],
  },
  {
    name: 'thread-local variables cannot be reached',
    target: 'process',
    flags: PROGRAM,
    before: 'extern __thread int mine; int f(int a) { return mine + a; }',
    after: 'extern __thread int mine; int f(int a) { return mine + a * 3; }',
    facts: ['refused relocation-not-allowed f'],
  },
  {
    name: 'functions that share a section and reach each other without a relocation cannot be parted',
    before: together('a * flag', 'g(a) * 3'),
    after: together('a * flag', 'g(a) * 5'),
    facts: ['refused hidden-reference f'],
  },
  {
    name: 'assembly that runs on through a label behind a call cannot be parted from what follows',
    before: `__asm__(".section .text.both, \\"ax\\"; .globl first; .type first, @function; first: nop; nop; nop; nop; nop; movl $5, %eax; call callee; .globl second; .type second, @function; second: nop; nop; nop; nop; nop; nop; nop; nop; ret; .previous");`,
    after: `__asm__(".section .text.both, \\"ax\\"; .globl first; .type first, @function; first: nop; nop; nop; nop; nop; movl $7, %eax; call callee; .globl second; .type second, @function; second: nop; nop; nop; nop; nop; nop; nop; nop; ret; .previous");`,
    facts: ['refused hidden-reference first'],
  },
  {
    name: 'when both are taken they stay neighbours, and all is well',
    before: together('a * flag', 'g(a) * 3'),
    after: together('a * flag + 3', 'g(a) * 5'),
    facts: ['needs flag', 'replaces f', 'replaces unit0.c#g'],
  },
]

test.skipIf(!hasGcc || !hasReadelf).for(rows)(`$name${withoutGcc || withoutReadelf}`, row => {
  const { before = OLD, after, second, target, flags, facts } = row
  const sources = [{ before: HEAD + before, after: HEAD + after }]
  if (second !== undefined) sources.push({ before: HEAD + second.before, after: HEAD + second.after })
  const selection = selectSources(sources, { target, flags })
  expect(selection.refusals).toEqual([])
  const options = optionsFor(target)
  expect(factLines(selection, options)).toEqual(facts)
  const assembly = assemble(selection, options)
  if (assembly.kind === 'refused') return
  expect(readelfComplaints(assembly.payload.bytes)).toBe('')
  // Every field fits, and every symbol resolves: the loader throws otherwise.
  loadPayload(assembly.payload.bytes, () => 0x1234_5678n)
})

const CHANGE = {
  before: `${HEAD} static NOINLINE int g(int a) { return a * flag; } int f(int a) { return g(a) + printk("one"); }`,
  after: `${HEAD} static int seen; static NOINLINE int g(int a) { return a * flag + 1; } int f(int a) { seen++; return g(a) + printk("two"); }`,
}

test.skipIf(!hasGcc)(`the same source gives the same bytes in another folder${withoutGcc}`, () => {
  const [first, second] = [payloadOf(selectSources([CHANGE], {})), payloadOf(selectSources([CHANGE], {}))]
  expect(Buffer.from(first.bytes).equals(second.bytes)).toBe(true)
  expect(first.buildId).toMatch(/^[0-9a-f]{40}$/)
})

test.skipIf(!hasGcc)(`the build-id depends on everything: content, dependency, module information${withoutGcc}`, () => {
  const selection = selectSources([CHANGE], {})
  const other = selectSources([{ ...CHANGE, after: CHANGE.after.replace('two', 'six') }], {})
  const options = optionsFor()
  const ids = [
    payloadOf(selection, options),
    payloadOf(other, options),
    payloadOf(selection, { ...options, depends: ID.slice(4) }),
    payloadOf(selection, { ...options, modinfo: ['author=somebody'] }),
  ].map(({ buildId }) => buildId)
  expect(new Set(ids).size).toBe(4)
})

test.skipIf(!hasGcc)(`a payload without a known build-id of the system is an error with a way out${withoutGcc}`, () => {
  const selection = selectSources([CHANGE], {})
  const wanted = { code: 'assemble/no-build-id', hint: expect.stringContaining('--target process') }
  expect(() => assemble(selection, { target: optionsFor().target })).toThrow(expect.objectContaining(wanted))
})

test.skipIf(!hasGcc)(`refusals of the selection come along with our own${withoutGcc}`, () => {
  const selection = selectSources([CHANGE], {})
  const refusal = { code: 'changed-data', unit: 'unit0.o', symbol: 'limit', text: 'it changed', hint: 'leave it' }
  const assembly = assemble({ ...selection, refusals: [refusal] }, optionsFor())
  expect(assembly).toEqual({ kind: 'refused', refusals: [refusal] })
})

test.skipIf(!hasGcc)(`two replacements of one running name are refused${withoutGcc}`, () => {
  const selection = selectSources([CHANGE, CHANGE], {})
  const units = selection.units.map(unit => ({ ...unit, fileSymbol: 'same.c' }))
  const replacements = selection.replacements.map(one => ({ ...one, runningName: 'same.c#g' }))
  const assembly = assemble({ ...selection, units, replacements }, optionsFor())
  expect(assembly.kind === 'refused' && assembly.refusals.map(({ code }) => code)).toEqual(
    replacements.slice(1).map(() => 'duplicate-name'),
  )
})

test.skipIf(!hasGcc)(`an expectation is written where Xen looks for it${withoutGcc}`, () => {
  const selection = selectSources([CHANGE], {})
  const expected = Uint8Array.of(0x55, 0x48, 0x89)
  const { bytes } = payloadOf(selection, { ...optionsFor(), expectations: new Map([['unit0.c#g', expected]]) })
  const table = loadPayload(bytes, () => 0n).bytesOf('.livepatch.funcs')
  // struct livepatch_func is 104 bytes; expect lies at 72: enabled in bit 0, len in bits 1 to 5, then the bytes.
  expect(table.length).toBe(208)
  expect([...table.subarray(72, 77)]).toEqual([1 | (3 << 1), 0x55, 0x48, 0x89, 0])
  expect([...table.subarray(104 + 72, 104 + 77)]).toEqual([0, 0, 0, 0, 0])
})

test.skipIf(!hasGcc)(`the function table leads to the names and the new code${withoutGcc}`, () => {
  const selection = selectSources([CHANGE], {})
  const loaded = loadPayload(payloadOf(selection).bytes, () => 0x1000n)
  const strings = loaded.addressOf('.livepatch.strings')
  const text = Buffer.from(loaded.bytesOf('.livepatch.strings')).toString('latin1')
  const names = [0, 104].map(
    at => text.slice(Number(loaded.pointerAt('.livepatch.funcs', at) - strings)).split('\0')[0],
  )
  expect(names).toEqual(['unit0.c#g', 'f'])
  const code = [0, 104].map(at => loaded.pointerAt('.livepatch.funcs', at + 8))
  expect(code).toEqual([loaded.symbol('unit0.c#g'), loaded.symbol('f')])
  expect(loaded.pointerAt('.livepatch.funcs', 16)).toBe(0n)
  expect(loaded.bytesOf('.livepatch.funcs')[32]).toBe(2)
})

test.skipIf(!hasGcc)(
  `a program calls far functions through a jump to the slot that holds their address${withoutGcc}`,
  () => {
    const source = {
      before: 'int puts(const char *); int f(int a) { return puts("y") + a; }',
      after: 'int puts(const char *); int f(int a) { return puts("x") + a * 3; }',
    }
    const selection = selectSources([source], { target: 'process', flags: PROGRAM })
    const far = 0x7fff_1234_5678n
    const loaded = loadPayload(payloadOf(selection, optionsFor('process')).bytes, () => far)
    const code = loaded.bytesOf('.text')
    const call = code.indexOf(0xe8)
    const jump = loaded.targetAt('.text', call + 1) + 4n
    expect(jump).toBe(loaded.addressOf('.plt'))
    expect([...loaded.bytesOf('.plt').subarray(0, 2)]).toEqual([0xff, 0x25])
    expect(loaded.targetAt('.plt', 2) + 4n).toBe(loaded.addressOf('.got'))
    expect(loaded.pointerAt('.got', 0)).toBe(far)
  },
)

const ABSOLUTE = PROGRAM.map(flag => (flag === '-fpic' ? '-fno-pic' : flag))

test.skipIf(!hasGcc).for([
  { kind: 'relative', flags: PROGRAM, width: 4 },
  { kind: 'absolute', flags: [...ABSOLUTE, '-fno-pie'], width: 8 },
])(`the entries of a jump table of $kind addresses lead into the new function${withoutGcc}`, ({ flags, width }) => {
  const numbers = Array.from({ length: 12 }, (_, index) => index)
  const text = (factor: number) => `${numbers.map(i => `int call${i}(void);`).join(' ')}
    int f(int a) { switch (a) { ${numbers.map(i => `case ${i}: return a * ${i * factor + 7} + call${i}();`).join(' ')} } return 0; }`
  const selection = selectSources([{ before: text(3), after: text(5) }], { target: 'process', flags })
  const payload = payloadOf(selection, optionsFor('process'))
  const loaded = loadPayload(payload.bytes, () => 0x1000n)
  const table = payload.map.find(({ selected }) => selected.role === 'content')
  const size = payload.map.find(({ selected }) => selected.role === 'replacement')?.selected.piece.size ?? 0
  expect(table?.selected.references).toHaveLength(12)
  const start = table?.offset ?? 0
  const bytes = Buffer.from(loaded.bytesOf('.rodata'))
  for (const entry of numbers) {
    const at = start + entry * width
    const target =
      width === 8
        ? loaded.pointerAt('.rodata', at)
        : BigInt(bytes.readInt32LE(at)) + loaded.addressOf('.rodata') + BigInt(start)
    expect(Number(target - loaded.symbol('f'))).toBeGreaterThan(0)
    expect(Number(target - loaded.symbol('f'))).toBeLessThan(size)
  }
})
