import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, verdictLines } from '../../tests/support/judge.ts'
import { diffObjects } from '../flows/diff.ts'

const HEAD = `
typedef unsigned long u64;
extern int printk(const char *format, ...);
extern void helper(int);
extern int flag;
#define NOINLINE __attribute__((noinline, noclone))
#define COLD __attribute__((cold, noinline))
`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly verdicts: readonly string[]
}

const rows: readonly Row[] = [
  {
    name: 'an object against itself',
    before: 'int f(int a) { return a + flag; }',
    after: 'int f(int a) { return a + flag; }',
    verdicts: [],
  },
  {
    name: 'a changed constant',
    before: 'int f(int a) { return a + 7; } int g(int a) { return a; }',
    after: 'int f(int a) { return a + 8; } int g(int a) { return a; }',
    verdicts: ['f: changed (byte)'],
  },
  {
    name: 'an argument of printk that looks like a line number',
    before: 'void f(void) { printk("limit %d", 100); }',
    after: 'void f(void) { printk("limit %d", 200); }',
    verdicts: ['f: changed (byte)'],
  },
  {
    name: 'a function that becomes local to its file, and one that stops being so',
    before:
      'NOINLINE int f(int a) { return a + 7; } static NOINLINE int g(int a) { return a; } int h(int a) { return g(a) - f(a); }',
    after:
      'static NOINLINE int f(int a) { return a + 8; } NOINLINE int g(int a) { return a; } int h(int a) { return g(a) - f(a); }',
    verdicts: ['f: changed (byte)', 'g: changed (reaches)', 'h: changed (relocation)'],
  },
  {
    name: 'a variable that becomes local to its file',
    before: 'int seen; int f(void) { return ++seen; }',
    after: 'static int seen; int f(void) { return ++seen; }',
    verdicts: [],
  },
  {
    name: 'a string literal of the same length',
    before: 'void f(void) { printk("cat"); } void g(void) { printk("dog"); }',
    after: 'void f(void) { printk("cow"); } void g(void) { printk("dog"); }',
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'strings that move without changing',
    before: 'void g(void) { printk("dog"); }',
    after: 'void f(void) { printk("a longer text in front"); } void g(void) { printk("dog"); }',
    verdicts: ['f: new'],
  },
  {
    name: 'renumbered static locals',
    before: 'int f(void) { static int count; return ++count; } int g(void) { static int count; return count += 2; }',
    after:
      'int n(void) { static int other; return ++other; } int f(void) { static int count; return ++count; } int g(void) { static int count; return count += 2; }',
    verdicts: ['n: new', 'other.2: new'],
  },
  {
    name: 'two static locals that swap their functions',
    before: 'int f(void) { static int a; return ++a; } int g(void) { static int b; return ++b; }',
    after: 'int f(void) { static int b; return ++b; } int g(void) { static int a; return ++a; }',
    verdicts: ['f: changed (reaches)', 'g: changed (reaches)', 'a.0: new', 'b.1: new', 'b.0: gone', 'a.1: gone'],
  },
  {
    name: 'a change in the cold part only',
    before: 'COLD void oops(int a); int f(int a) { if (a > 9) { oops(1); helper(2); } return a; }',
    after: 'COLD void oops(int a); int f(int a) { if (a > 9) { oops(1); helper(3); } return a; }',
    verdicts: ['f: changed (part)'],
  },
  {
    name: 'a call to another function',
    before:
      'NOINLINE int a(void) { return flag; } NOINLINE int b(void) { return flag + 1; } int f(void) { return a() * 3; }',
    after:
      'NOINLINE int a(void) { return flag; } NOINLINE int b(void) { return flag + 1; } int f(void) { return b() * 3; }',
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'another member of an array',
    before: 'int table[8]; int f(void) { return table[1]; }',
    after: 'int table[8]; int f(void) { return table[2]; }',
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'an initial value',
    before: 'int limit = 5; int f(void) { return limit; }',
    after: 'int limit = 6; int f(void) { return limit; }',
    verdicts: ['limit: changed (byte)'],
  },
  {
    name: 'an array that grows',
    before: 'int table[8]; int f(int i) { return table[i]; }',
    after: 'int table[9]; int f(int i) { return table[i]; }',
    verdicts: ['table: changed (size)'],
  },
  {
    name: 'zero-initialised data that gets a value',
    before: 'int limit; int f(void) { return limit; }',
    after: 'int limit = 1; int f(void) { return limit; }',
    verdicts: ['limit: changed (section)'],
  },
  {
    name: 'a table of pointers to strings, one text changed',
    before: 'const char *const names[] = { "one", "two" }; const char *f(int i) { return names[i]; }',
    after: 'const char *const names[] = { "one", "tow" }; const char *f(int i) { return names[i]; }',
    verdicts: ['names: changed (reaches)'],
  },
  {
    name: 'a static function that becomes global',
    before: 'static NOINLINE int a(int x) { return x * flag; } int f(int x) { return a(x); }',
    after: 'NOINLINE int a(int x) { return x * flag; } int f(int x) { return a(x); }',
    verdicts: ['a: changed (reaches)', 'f: changed (relocation)'],
  },
  {
    name: 'a compiler-made table whose content changes',
    before:
      'int f(int i) { switch (i) { case 0: return 3; case 1: return 5; case 2: return 9; case 3: return 11; case 4: return 77; } return 0; }',
    after:
      'int f(int i) { switch (i) { case 0: return 3; case 1: return 5; case 2: return 8; case 3: return 11; case 4: return 77; } return 0; }',
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'an alias that appears',
    before: 'int f(int a) { return a * 3; }',
    after: 'int f(int a) { return a * 3; } int g(int) __attribute__((alias("f")));',
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'a function that becomes boot code',
    before: 'int f(int a) { return a * 3; }',
    after: '__attribute__((section(".init.text"))) int f(int a) { return a * 3; }',
    verdicts: ['f: changed (section)'],
  },
  {
    name: 'only a fixup changes',
    before: guarded('8'),
    after: guarded('9'),
    verdicts: ['f: changed (entry)'],
  },
  {
    name: 'a bug frame for another line',
    before: bug(100),
    after: bug(102),
    verdicts: ['f: changed (entry)'],
  },
  {
    name: 'a part that nothing of its function leads to, and that is new',
    before: 'int f(int a) { return a * 3; }',
    after: `int f(int a) { return a * 3; } ${coldPart('nop')}`,
    verdicts: ['f: changed (part)'],
  },
  {
    name: 'a part that nothing of its function leads to, and that is gone',
    before: `int f(int a) { return a * 3; } ${coldPart('nop')}`,
    after: 'int f(int a) { return a * 3; }',
    verdicts: ['f: changed (part)'],
  },
  {
    name: 'a part that nothing of its function leads to, and that changes',
    before: `int f(int a) { return a * 3; } ${coldPart('nop')}`,
    after: `int f(int a) { return a * 3; } ${coldPart('clc')}`,
    verdicts: ['f: changed (part)'],
  },
  ...looseRows('.text.loose,\\"ax\\"', 'nop; ret', 'clc; ret', '.text.loose+0x0: changed (byte)'),
  ...looseRows('.initcall1.init,\\"aw\\"', '.quad helper', '.quad printk', '.initcall1.init+0x0: changed (reaches)'),
  ...looseRows('.unknown,\\"a\\"', '.long 1', '.long 2', '.unknown+0x0: changed (byte)'),
  ...looseRows(
    '.ex_table,\\"a\\"',
    '.long helper - ., flag - .',
    '.long helper - ., flag + 1 - .',
    '.ex_table+0x0: changed (reaches)',
  ),
  {
    name: 'another absolute address',
    before: absolute('0x1234', 'first'),
    after: absolute('0x1235', 'first'),
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'the same absolute address under another name',
    before: absolute('0x1234', 'first'),
    after: absolute('0x1234', 'second'),
    verdicts: [],
  },
  {
    name: 'unnamed bytes that become writable',
    before: unnamed('.rodata.u,\\"a\\"', '.Lx: .long 7'),
    after: unnamed('.data.u,\\"aw\\"', '.Lx: .long 7'),
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'unnamed writable bytes in another section',
    before: unnamed('.data.u,\\"aw\\"', '.Lx: .long 7'),
    after: unnamed('.data.v,\\"aw\\"', '.Lx: .long 7'),
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'unnamed writable bytes at another place of their section, which looks alike',
    before: unnamed('.data.u,\\"aw\\"', '.long 7; .Lx: .long 7'),
    after: unnamed('.data.u,\\"aw\\"', '.Lx: .long 7; .long 7'),
    verdicts: ['f: changed (reaches)'],
  },
  {
    name: 'unnamed writable bytes whose section grows behind them',
    before: unnamed('.data.u,\\"aw\\"', '.Lx: .long 7; .skip 4; .globl g; .type g,@object; .size g,4; g: .long 1'),
    after: unnamed(
      '.data.u,\\"aw\\"',
      '.Lx: .long 7; .skip 4; .globl g; .type g,@object; .size g,4; g: .long 1; .long 2',
    ),
    verdicts: ['f: changed (reaches)'],
  },
]

test.skipIf(!hasGcc).for(rows)(`$name${withoutGcc}`, ({ before, after, verdicts }) => {
  expect(verdictLines(judge(compile(HEAD + before), compile(HEAD + after)))).toEqual(verdicts)
})

/** A function whose load may fault; its fixup sets the result. */
function guarded(result: string): string {
  return `int f(int *p) { int r = 0; __asm__ volatile("1: movl (%1), %0\\n2:\\n.section .fixup,\\"ax\\"\\n3: movl $${result}, %0\\njmp 2b\\n.previous\\n\\
.section .ex_table,\\"a\\"\\n.balign 4\\n.long 1b - ., 3b - .\\n.previous" : "+r"(r) : "r"(p)); return r; }`
}

/** A function with a frame as Xen's BUG() makes it, for a line of our choice. */
function bug(line: number): string {
  return `void f(void) { __asm__ volatile(".Lbug: ud2\\n.pushsection .bug_frames.2, \\"a\\", @progbits\\n.p2align 2\\n.Lfrm:\\n\\
.long (.Lbug - .Lfrm) + %c0\\n.long (%c1 - .Lfrm) + %c2\\n.popsection" :: "i"(${(line >> 7) << 24}), "i"("file.c"), "i"(${(line & 127) << 24})); }`
}

test.skipIf(!hasGcc)(`several line numbers add up: in code, in what it reaches, in its frames${withoutGcc}`, () => {
  const text = `${HEAD}
    int both(int a) { __asm__(".pushsection .rodata.u,\\"a\\"; .balign 4; .Lx: .long %c0, 7; .popsection; leaq .Lx(%%rip), %%rax"
      : : "i"(__LINE__) : "rax"); printk("%d", __LINE__); return a; }`
  const shifted = { object: compile(`#line 4\n${text}`), shift: 3 }
  const verdicts = diffObjects({ original: compile(text), patched: compile(`\n\n${text}`), shifted, target: 'xen' })
  expect(verdictLines(verdicts)).toEqual(['both: line-only'])
  const other = compile(`\n\n${text.replace('%c0, 7', '%c0, 8')}`)
  expect(verdictLines(diffObjects({ original: compile(text), patched: other, shifted, target: 'xen' }))).toEqual([
    'both: changed (reaches)',
  ])
})

/** Bytes that no symbol names and no function reaches, where the system walks or runs them: changed, new and gone. */
function looseRows(section: string, before: string, after: string, verdict: string): readonly Row[] {
  const loose = (bytes: string) =>
    `__asm__(".pushsection ${section}; ${bytes}; .popsection"); int f(int a) { return a; }`
  const name = verdict.replace(/:.*/, '')
  return [
    { name: `what nothing names in ${name} changes`, before: loose(before), after: loose(after), verdicts: [verdict] },
    { name: `what nothing names in ${name} comes`, before: loose(''), after: loose(after), verdicts: [`${name}: new`] },
    {
      name: `what nothing names in ${name} goes`,
      before: loose(before),
      after: loose(''),
      verdicts: [`${name}: gone`],
    },
    { name: `what nothing names in ${name} stays`, before: loose(before), after: loose(before), verdicts: [] },
  ]
}

/** A function that calls a fixed address. */
function absolute(address: string, name: string): string {
  return `__asm__(".globl ${name}; ${name} = ${address}"); void f(void) { __asm__ volatile("call ${name}"); }`
}

/** An out-of-line part of f, which only its name says. */
function coldPart(code: string): string {
  return `__asm__(".pushsection .text.unlikely.f,\\"ax\\"; .type f.cold,@function; f.cold: ${code}; nop; ret; .size f.cold, . - f.cold; .popsection");`
}

/** A function that reads .Lx, which lies among bytes that no symbol names. */
function unnamed(section: string, bytes: string): string {
  return `__asm__(".pushsection ${section}; ${bytes}; .popsection"); int f(void) { int a; __asm__("movl .Lx(%%rip), %0" : "=r"(a)); return a; }`
}
