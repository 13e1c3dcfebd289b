/**
 * References to what is freed after boot: one that the running function has in the same way is allowed, with a notice. What
 * the loader follows while it loads is not, however the running code has it.
 */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { RULES, selectFrom } from '../../tests/support/judge.ts'
import type { Loader } from '../loaders/loader.ts'
import { XEN } from '../loaders/xen/xen.ts'
import type { SelectRules } from './model.ts'

/** `early` and what begins with it are freed; of names that are asked for, each exists once. */
const rules: SelectRules = { ...RULES, countRunning: () => 1, isFreed: name => /(^|#)early/.test(name) }

const HEAD = `
  #pragma GCC visibility push(hidden)
  extern int booting, out(int), early(int), early_other(int), early_value, early_table[4];
  extern int (*early_pointer)(void);
  #define INIT __attribute__((section(".init.text"), noinline, used))
  #define INITDATA __attribute__((section(".init.data"), used))
  /* As Xen has it up to 4.20: the entry names the place of the call, and 93 is "always". */
  #define ALTERNATIVE_CALL(pointer) __asm__ volatile( \\
      "1: call *" #pointer "(%%rip)\\n2:\\n" \\
      ".pushsection .altinstructions, \\"a\\"\\n" \\
      ".long 1b - ., 3f - .\\n.word 93\\n.byte 2b - 1b, 4f - 3f, 0, 0\\n.popsection\\n" \\
      ".pushsection .altinstr_replacement, \\"ax\\"\\n3: call 3b\\n4:\\n.popsection" ::: "memory")
  /* As 4.21 has it. */
  #define CALL_SITE(pointer) __asm__ volatile( \\
      "1: call *" #pointer "(%%rip)\\n" \\
      ".pushsection .alt_call_sites, \\"a\\"\\n.long 1b - .\\n.popsection" ::: "memory")
`

interface Row {
  readonly name: string
  /** The body of `f` before and after; both have what `common` has before it. */
  readonly before: string
  readonly after: string
  readonly common?: string
  readonly loader?: Loader
  /** As `code symbol: what the text must have`. */
  readonly refused: readonly string[]
  /** What the notice names. */
  readonly noticed?: readonly string[]
}

const IF = 'if (__builtin_expect(booting, 0))'

const ROWS: readonly Row[] = [
  // What the loader follows comes first: it is a page fault at upload.
  {
    name: 'an alternative call through a pointer of boot time, as before',
    before: `${IF} { ALTERNATIVE_CALL(early_pointer); }`,
    after: `${IF} { ALTERNATIVE_CALL(early_pointer); } x++;`,
    refused: ['reaches-init f: early_pointer'],
  },
  {
    name: 'an alternative call of 4.21 through such a pointer, as before',
    before: `${IF} { CALL_SITE(early_pointer); }`,
    after: `${IF} { CALL_SITE(early_pointer); } x++;`,
    refused: ['reaches-init f: early_pointer'],
  },
  {
    name: 'one of the two kinds, and a plain call of the same function as before',
    before: `${IF} { x = early(x); CALL_SITE(early_pointer); }`,
    after: `${IF} { x = early(x); CALL_SITE(early_pointer); } x++;`,
    refused: ['reaches-init f: early_pointer'],
    noticed: [],
  },
  {
    name: 'an alternative call through a pointer that lives on, beside a plain call as before',
    common: 'extern int (*lasting)(void);',
    before: `${IF} { x = early(x); CALL_SITE(lasting); ALTERNATIVE_CALL(lasting); }`,
    after: `${IF} { x = early(x); CALL_SITE(lasting); ALTERNATIVE_CALL(lasting); } x++;`,
    refused: [],
    noticed: ['early'],
  },
  {
    name: 'a plain call, as before',
    before: `${IF} x = early(x);`,
    after: `${IF} x = early(x); x++;`,
    refused: [],
    noticed: ['early'],
  },
  {
    name: 'a call to a static function of the file, as before',
    common: 'static INIT int early_static(int x) { return out(x) + 5; }',
    before: `${IF} x = early_static(x);`,
    after: `${IF} x = early_static(x); x++;`,
    refused: [],
    noticed: ['unit.c#early_static'],
  },
  {
    name: 'a static variable of the file, as before',
    common: 'static INITDATA volatile int early_static;',
    before: `${IF} x += early_static;`,
    after: `${IF} x += early_static; x++;`,
    refused: [],
    noticed: ['unit.c#early_static'],
  },
  {
    name: 'two of them, in a cold part',
    before: `${IF} { x = early(x) + early_value; out(x); }`,
    after: `${IF} { x = early(x) + early_value; out(x); } x++;`,
    refused: [],
    noticed: ['early', 'early_value'],
  },
  {
    name: 'a distance between two places of boot time, as the trampoline has them',
    before: 'x += (char *)&early_value - (char *)early_table;',
    after: 'x += (char *)&early_value - (char *)early_table; x++;',
    refused: [],
    noticed: ['early_table', 'early_value'],
  },
  {
    name: 'a reference less than before',
    before: `${IF} { x = early(x); x = out(x) ^ early(x + 3); }`,
    after: `${IF} { x = early(x); } x++;`,
    refused: [],
    noticed: ['early'],
  },
  {
    name: 'a new call',
    before: `${IF} x = out(x);`,
    after: `${IF} x = early(x);`,
    refused: ['reaches-init f: early'],
  },
  {
    name: 'another call of the same function',
    before: `${IF} x = early(x);`,
    after: `${IF} x = early(x); x = out(x) + early(x + 3);`,
    refused: ['reaches-init f: early'],
  },
  {
    name: 'a call of another function',
    before: `${IF} x = early(x);`,
    after: `${IF} x = early_other(x);`,
    refused: ['reaches-init f: early_other'],
  },
  {
    name: 'another place of the same table',
    before: `${IF} x += early_table[1];`,
    after: `${IF} x += early_table[2];`,
    refused: ['reaches-init f: early_table'],
  },
  {
    name: 'an address that was only taken and is read now',
    before: 'x += out((long)&early_value);',
    after: 'x += out(early_value);',
    refused: ['reaches-init f: early_value'],
  },
  {
    name: 'a function that was called and whose address is kept now',
    common: 'extern int (*keep)(int);',
    before: `${IF} x = early(x);`,
    after: `${IF} keep = early;`,
    refused: ['reaches-init f: early'],
  },
  {
    name: 'a reference that another function of the file has',
    common: `int other(int x) { ${IF} x = early(x); return x; }`,
    before: 'x = out(x);',
    after: `x = out(x) + 1; ${IF} x = early(x);`,
    refused: ['reaches-init f: early'],
  },
  {
    name: 'a new function that has it',
    before: `${IF} x = early(x);`,
    after: 'extern int fresh(int); x = fresh(x);',
    common: `__attribute__((noinline)) int fresh(int x);
      #ifdef AFTER
      int fresh(int x) { ${IF} x = early(x) + 3; return out(x); }
      #endif`,
    refused: ['reaches-init fresh: early'],
  },
  {
    name: 'a new constant that holds the address',
    before: `${IF} x = early(x);`,
    after: 'extern int (*const fresh[])(int); x = fresh[x & 1](x);',
    common: `
      #ifdef AFTER
      int (*const fresh[])(int) = { early, early };
      #endif`,
    refused: ['reaches-init fresh: early'],
  },
  {
    name: 'a plain call as before, and an entry of which it is not known what the loader reads',
    loader: { ...XEN, followed: () => undefined },
    common: 'extern int (*lasting)(void);',
    before: `${IF} { x = early(x); CALL_SITE(lasting); }`,
    after: `${IF} { x = early(x); CALL_SITE(lasting); } x++;`,
    refused: ['reaches-init f: early'],
  },
]

test.skipIf(!hasGcc).for(ROWS)(
  `$name${withoutGcc}`,
  ({ before, after, common = '', loader = XEN, refused, noticed }) => {
    const text = (body: string) => `${HEAD}\n${common}\nint f(int x) { ${body} return out(x) * 11; }`
    const target = { ...rules.target, loader }
    const selection = selectFrom(compile(text(before)), compile(`#define AFTER\n${text(after)}`), { ...rules, target })
    const found = selection.refusals.map(({ code, symbol, text: said }) => ({ key: `${code} ${symbol}`, said }))
    expect(found.map(({ key }) => key)).toEqual(refused.map(each => each.split(':')[0]))
    refused.forEach((each, index) => {
      expect(found[index]?.said).toMatch(new RegExp(`\\b${each.split(': ')[1]}\\b`))
    })
    const told = selection.notices.map(({ code, text: said }) => `${code}: ${said}`)
    if (noticed === undefined || noticed.length === 0) return
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(`boot-time-reference: f refers to ${noticed.join(', ')}`)
  },
)
