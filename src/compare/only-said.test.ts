/** Boot code of which only what it printed is another: left as it is with a word; whatever else differs is refused. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc, XEN_LIKE } from '../../tests/support/gcc.ts'
import { RULES, selectFrom } from '../../tests/support/judge.ts'

const HEAD = `
  #pragma GCC visibility push(hidden)
  #define INIT __attribute__((section(".init.text"), noinline, used))
  extern int limit, printk(const char *, ...), panic(const char *, ...), keep(const char *);
  extern const char *name;
  int f(int x) { return keep("f") + x; }
`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  /** Not where it is left as it is. */
  readonly refused?: readonly string[]
}

const REFUSED = ['init-code setup']
const ROWS: readonly Row[] = [
  { name: 'a message', before: 'if (x) printk("checks off");', after: 'if (x) printk("checks off\\n");' },
  {
    name: 'messages with numbers',
    before: 'printk("at %d", x); limit = x; printk("%d of %d\\n", limit, x);',
    after: 'printk("at: %d\\n", x); limit = x; printk("%d and %d\\n", limit, x);',
  },
  {
    name: 'a message, and a number that is set',
    before: 'printk("checks off"); limit = 5;',
    after: 'printk("checks off\\n"); limit = 6;',
    refused: REFUSED,
  },
  {
    name: 'a message, and a condition',
    before: 'if (x > 5) limit = 1; printk("a");',
    after: 'if (x > 6) limit = 1; printk("b");',
    refused: REFUSED,
  },
  { name: 'what is stored', before: 'name = "a";', after: 'name = "b";', refused: REFUSED },
  { name: 'what another function takes', before: 'keep("a");', after: 'keep("b");', refused: REFUSED },
  {
    name: 'what is stored, and printed too',
    before: 'const char *s = "a"; name = s; printk(s);',
    after: 'const char *s = "b"; name = s; printk(s);',
    refused: REFUSED,
  },
  {
    name: 'what is printed as an argument',
    before: 'printk("%s", "a");',
    after: 'printk("%s", "b");',
    refused: REFUSED,
  },
  { name: 'one message more', before: 'printk("a");', after: 'printk("a"); printk("b");', refused: REFUSED },
  { name: 'another function with it', before: 'printk("a");', after: 'panic("a");', refused: REFUSED },
]

const FLAGS = [XEN_LIKE, [...XEN_LIKE, '-fpie'], [...XEN_LIKE, '-fno-pie']]
const CASES = ROWS.flatMap(row => FLAGS.map(flags => ({ ...row, flags, how: flags.at(-1) })))

test.skipIf(!hasGcc).for(CASES)(`$name, $how${withoutGcc}`, ({ before, after, refused = [], flags }) => {
  const objects = [before, after].map(body => compile(`${HEAD}INIT void setup(int x) { ${body} }\n`, flags)) as [
    Uint8Array,
    Uint8Array,
  ]
  const { refusals, notices, replacements } = selectFrom(...objects, { ...RULES, countRunning: () => 1 })
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
  expect(notices.filter(({ code }) => code === 'init-message').length).toBe(refused.length === 0 ? 1 : 0)
  if (refused.length === 0) expect(replacements).toEqual([])
})
