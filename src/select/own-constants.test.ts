/** Constants that change: the payload brings its own copy where nobody can tell the two apart, else who can is named. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc, XEN_LIKE } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, RULES, selectFrom } from '../../tests/support/judge.ts'

const HEAD = `extern int flag, out(int), take(const void *), same(const void *, const void *);
extern const int *kept;
struct range { int from, to; };\n`
const ARRAY = (values: string) => `static const struct range known[] = { ${values} };\n`
const LOOP =
  'int f(unsigned n) { return n < sizeof(known) / sizeof(known[0]) && known[n].from < flag ? known[n].to * 3 : flag; }\n'
const FEW = ARRAY('{ 1, 3 }, { 8, 20 }')
const MORE = ARRAY('{ 1, 3 }, { 8, 20 }, { 40, 44 }')
const OTHER = ARRAY('{ 1, 3 }, { 8, 21 }')
const READER = 'int g(int i) { return known[i & 1].to * flag; }\n'
const INIT = (body: string) => `__attribute__((section(".init.text"))) int early(int i) { ${body} }\n`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  /** Codes, and a word of each text; none where the payload brings its own. */
  readonly refused?: readonly (readonly [code: string, names: string])[]
  /** Instead of all. */
  readonly flags?: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'an entry more', before: FEW + LOOP, after: MORE + LOOP },
  {
    name: 'an entry more, beside a reader of what both have',
    before: FEW + LOOP + READER,
    after: MORE + LOOP + READER,
  },
  {
    name: 'an entry less, beside a reader',
    before: MORE + LOOP + READER,
    after: FEW + LOOP + READER,
    refused: [['data-layout', 'g, which is not replaced, reads it']],
  },
  {
    name: 'another first entry, beside a reader',
    before: FEW + LOOP + READER,
    after: ARRAY('{ 0, 3 }, { 8, 20 }, { 40, 44 }') + LOOP + READER,
    refused: [['data-layout', 'g, which is not replaced, reads it']],
  },
  {
    name: 'an entry more, and a reader that only ran at boot',
    before: MORE + LOOP + INIT('return known[i & 1].to * flag;'),
    after: FEW + LOOP + INIT('return known[i & 1].to * flag;'),
  },
  {
    name: 'an entry more, and its address stored at boot',
    before: FEW + LOOP + INIT('kept = &known[i & 1].to; return 0;'),
    after: MORE + LOOP + INIT('kept = &known[i & 1].to; return 0;'),
    refused: [['data-layout', 'early may keep or compare its address']],
  },
  {
    name: 'one that holds its own address',
    before: `struct n { const struct n *next; int v; }; static const struct n known[2] = { { &known[1], 1 }, { 0, 2 } }; int f(unsigned i) { return known[i % 2u].v * flag; }`,
    after: `struct n { const struct n *next; int v; }; static const struct n known[3] = { { &known[1], 1 }, { 0, 2 }, { 0, 3 } }; int f(unsigned i) { return known[i % 3u].v * flag; }`,
    refused: [['data-layout', 'it holds its own address']],
  },
  {
    name: 'one beside another in its section',
    before: `static const int other[4] = { 9, 9, 9, 9 }; int h(int i) { return other[i & 3]; } static const int known[4] = { 1, 3, 8, 20 }; int f(unsigned n) { return known[n & 3] * flag; }`,
    after: `static const int other[4] = { 9, 9, 9, 9 }; int h(int i) { return other[i & 3]; } static const int known[4] = { 1, 3, 8, 21 }; int f(unsigned n) { return known[n & 3] * flag + 1; }`,
    refused: [['changed-constant', 'it is not alone in its section']],
    flags: ['-O1', '-fno-pie', '-ffunction-sections', '-fno-data-sections'],
  },
  {
    name: 'one whose reader goes, but may be entered still',
    before: `${FEW}${LOOP}extern int (*hook)(unsigned); static int cb(unsigned i) { return known[i & 1].to * flag; } void reg(void) { hook = cb; }\n`,
    after: `${OTHER}${LOOP}extern int (*hook)(unsigned); void reg(void) { hook = 0; }\n`,
    refused: [['changed-constant', 'cb, which is not replaced, reads it']],
  },
  {
    name: 'other content, and its only reader changes too',
    before: FEW + LOOP,
    after: OTHER + LOOP.replace('to * 3', 'to * 5'),
  },
  {
    name: 'other content, and its only reader does not change',
    before: FEW + LOOP,
    after: OTHER + LOOP,
    refused: [['changed-constant', 'f, which is not replaced, reads it']],
  },
  {
    name: 'its address handed on',
    before: `${FEW}int f(int n) { return take(known) + sizeof(known) * n; }`,
    after: `${MORE}int f(int n) { return take(known) + sizeof(known) * n; }`,
    refused: [['data-layout', 'f may keep or compare its address']],
  },
  {
    name: 'its address handed on by the old code only',
    before: `${FEW}${LOOP}int g(int n) { return take(known) * n; }`,
    after: `${MORE}${LOOP}int g(int n) { return known[n & 1].to * n; }`,
    refused: [['data-layout', 'g may keep or compare its address']],
  },
  {
    name: 'its address left where a call may find it',
    before: `${FEW}int f(unsigned n) { return n < 2 && known[n].from < flag ? out(known[n].to) : flag; }`,
    after: `${MORE}int f(unsigned n) { return n < 3 && known[n].from < flag ? out(known[n].to) : flag; }`,
    refused: [['data-layout', 'f may keep or compare its address']],
    flags: XEN_LIKE,
  },
  {
    name: 'its address compared',
    before: `${FEW}${LOOP}int g(const void *p) { return p == known ? out(1) : out(5); }`,
    after: `${MORE}${LOOP}int g(const void *p) { return p == known ? out(1) : out(5); }`,
    refused: [['data-layout', 'g may keep or compare its address']],
  },
  {
    name: 'its address in a table',
    before: `${FEW}${LOOP}const void *const tables[] = { known, 0 };`,
    after: `${MORE}${LOOP}const void *const tables[] = { known, 0 };`,
    refused: [['data-layout', 'tables holds its address']],
  },
  {
    name: 'a constant that other files know',
    before: FEW.replace('static ', '') + LOOP,
    after: MORE.replace('static ', '') + LOOP,
    refused: [['data-layout', 'with another size']],
  },
  {
    name: 'a variable',
    before: `${FEW.replace('const ', '') + LOOP}void set(int i) { known[i & 1].to = flag; }`,
    after: `${MORE.replace('const ', '') + LOOP}void set(int i) { known[i & 1].to = flag; }`,
    refused: [['data-layout', 'with another size']],
  },
  {
    name: 'strings',
    before: `static const char *const words[] = { "one", "two" };\nint f(int i) { return i < 2 ? words[i][flag] : 0; }`,
    after: `static const char *const words[] = { "one", "two", "three" };\nint f(int i) { return i < 3 ? words[i][flag] : 0; }`,
  },
  {
    name: 'one of a function, which is alone there',
    before: `int f(unsigned n) { ${FEW} return n < 2 ? known[n].from * flag : out(n); }`,
    after: `int f(unsigned n) { ${MORE} return n < 3 ? known[n].from * flag : out(n); }`,
  },
]

const PLAIN = ['-O1', '-fno-pie', '-ffunction-sections', '-fdata-sections']

const CASES = ROWS.flatMap(row => (row.flags ? [row.flags] : [XEN_LIKE, PLAIN]).map(flags => ({ ...row, flags })))

test.skipIf(!hasGcc).for(CASES)(`$name, $flags.0 $flags.1${withoutGcc}`, ({ before, after, refused = [], flags }) => {
  const rules = flags === XEN_LIKE || before.includes('.init.text') ? RULES : PROGRAM_RULES
  const objects = [compile(HEAD + before, flags), compile(HEAD + after, flags)] as const
  const { refusals, pieces, replacements } = selectFrom(...objects, rules)
  expect(refusals.map(({ code }) => code)).toEqual(refused.map(([code]) => code))
  for (const [at, { text }] of refusals.entries()) expect(text).toContain(refused[at]?.[1])
  if (refused.length > 0) return
  expect(replacements.length).toBeGreaterThan(0)
  const copies = pieces.filter(({ piece: { name } }) => /^(?:known|words)/.test(name))
  expect(copies.map(({ role }) => role)).toEqual([expect.stringMatching(/^(?:content|new-data)$/)])
})
