/** Kinds whose effect lies between objects, and those of other files. */
import { ASKED, body, type Kind, NOINLINE, pair, USER } from './kind.ts'
import { MORE_KINDS } from './more-kinds.ts'
import { SOURCE_KINDS } from './source-kinds.ts'

const G = 'int g(int i) { return i; }\n'

export const KINDS: readonly Kind[] = [
  {
    name: 'a function that moves to another file, and changes',
    draw(draw) {
      const [old, next] = pair(draw)
      const user = draw(2) === 0 ? { user: USER, one: `int f(int i) ${body(old)}` } : undefined
      const called = `int f(int); ${'int entry(int i) { return f(i) + 1; }\n'}`
      return {
        before: { two: G, ...(user ?? { one: `${NOINLINE}int f(int i) ${body(old)}${USER}` }) },
        after: { one: user === undefined ? called : '', two: `${G}int f(int i) ${body(next)}` },
      }
    },
  },
  {
    name: 'a strong definition beside a weak one',
    codes: ['other-definition'],
    draw(draw) {
      const [old, next] = pair(draw)
      const weak = `static volatile int n = 2;\n__attribute__((weak, noinline)) int f(int i) { return i * ${old} + n; }\n`
      const units = draw(2) === 0 ? { weak: weak + USER } : { weak, user: USER }
      return { before: { ...units, strong: G }, after: { strong: `${G}int f(int i) ${body(next)}` } }
    },
  },
  {
    name: 'an entry that is added to a set which the linker gathers',
    codes: ['unknown-section'],
    isRefused: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const entry = (name: string, factor: number) =>
        `static int ${name}(int i) ${body(factor)}static const struct h h_${name} __attribute__((section("handlers"), used)) = { ${name} };\n`
      const head = `struct h { int (*fn)(int); };\nextern const struct h __start_handlers[], __stop_handlers[];\n`
      const user = `${head}int entry(int i) { int s = 0; for (const struct h *p = __start_handlers; p < __stop_handlers; p++) s = s * 10 + p->fn(i); return s; }\n`
      const one = head + entry('one', old)
      const isApart = draw(2) === 0
      const text = isApart ? one : user + entry('one', old)
      return {
        before: isApart ? { user, one } : { one: text },
        after: { one: text + entry('two', next) },
      }
    },
  },
  {
    name: 'labels of a changed function in a static table',
    onlyC: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (number: number) => `static volatile int n = 2;
${NOINLINE}static int run(const unsigned char *p, int a)
{
  static const void *const ops[] = { &&add, &&sub, &&mul, &&end };
  goto *ops[*p++];
  add: a += ${number}; goto *ops[*p++];
  sub: a -= 1; goto *ops[*p++];
  mul: a *= n; goto *ops[*p++];
  end: return a;
}
int entry(int i) { static const unsigned char p[] = { 0, 1, 2, 0, 3 }; return run(p, i); }
`
      return { before: { run: text(old) }, after: { run: text(next) } }
    },
  },
  {
    name: 'a common variable that grows',
    codes: ['data-layout', 'other-definition'],
    onlyC: true,
    isRefused: true,
    flags: ['-fcommon'],
    draw(draw) {
      const size = 4 + draw(8)
      const text = (many: number) => `int slots[${many}]; int after[8];
int entry(int i) { for (int k = 0; k < ${many}; k++) slots[k] += i; return slots[${many} - 1] + after[0]; }
`
      return { before: { common: text(size) }, after: { common: text(size + 8) } }
    },
  },
  {
    name: 'a common variable that is new',
    onlyC: true,
    flags: ['-fcommon'],
    draw(draw) {
      const [old, next] = pair(draw)
      return {
        before: { common: `int entry(int i) ${body(old)}` },
        after: { common: `int fresh;\nint entry(int i) { return fresh++ > 1000 ? 0 : i * ${next}; }\n` },
      }
    },
  },
  {
    name: 'two static variables of one name that change places',
    codes: ['ambiguous-static', 'state-left-behind'],
    draw(draw) {
      const [first, second] = pair(draw)
      const blocks = [
        `{ static int count; count += ${first}; all += count; }`,
        `{ static int count; count += ${second}; all += 1000 * count; }`,
      ]
      const text = (parts: readonly string[]) => `${NOINLINE}static int serve(int i)
{
  int all = i;
  ${parts.join('\n  ')}
  return all;
}
int entry(int i) { return serve(i); }
`
      const says = ASKED.map((asked, at) => asked + (first + 1000 * second) * (at + 1 + ASKED.length))
      return { before: { serve: text(blocks) }, after: { serve: text([...blocks].reverse()) }, says }
    },
  },
  {
    name: 'a static variable of a function that is renamed',
    codes: ['state-left-behind'],
    draw(draw) {
      const [start, more] = pair(draw)
      const text = (name: string, add: number) => `${NOINLINE}static int ${name}(int i)
{
  static int count = ${start};
  count += i;
  return count;
}
int entry(int i) { return ${name}(i) + ${add}; }
`
      const total = ASKED.reduce((sum, asked) => sum + asked, start)
      const says = ASKED.map((_, at) => total + ASKED.slice(0, at + 1).reduce((sum, one) => sum + one, 0) + more)
      return { before: { step: text('step', 1) }, after: { step: text('pace', more) }, says }
    },
  },
  {
    name: 'an absent weak function',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (factor: number) => `extern int maybe(void) __attribute__((weak));
static volatile int n = 2;
${NOINLINE}static int f(int k) { return maybe ? maybe() : k * ${factor} + n; }
int entry(int i) { return f(i); }
`
      return { before: { f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'constants of one name in one function',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (factor: number) => `static const char *volatile last;
#define SAY(s) do { static const char text[] = s; last = text; } while (0)
${NOINLINE}static int f(int k) { if (k > 3) SAY("too big"); else SAY("fine"); return k * ${factor} + last[0]; }
int entry(int i) { return f(i); }
`
      return { before: { f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'a function that sections which nobody uses dropped',
    codes: ['symbol-not-found'],
    flags: ['-ffunction-sections', '-fdata-sections'],
    link: ['-Wl,--gc-sections'],
    draw(draw) {
      const [factor, data] = pair(draw)
      const isData = draw(2) === 0
      const spare = isData
        ? `static const int by[] = { ${data}, 6, 7, 8 }; int spare(int n) { return n * by[n & 3]; }\n`
        : `int spare(int n) { return n * ${data}; }\n`
      const text = (value: string) => `int spare(int n); int entry(int n) { return ${value} * ${factor}; }\n`
      return { before: { user: text('n'), spare }, after: { user: text('spare(n)') } }
    },
  },
  {
    name: 'an alias that is led elsewhere',
    codes: ['alias-moved'],
    onlyC: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (target: string) =>
        `static volatile int n = 2;\n${NOINLINE}int f1(int i) { return i * ${old} + n; }\n${NOINLINE}int f2(int i) { return i * ${next} + n; }\nint f(int) __attribute__((alias("${target}")));\n`
      return { before: { user: USER, two: text('f1') }, after: { two: text('f2') } }
    },
  },
  {
    name: 'a jump table that leads into a cold part',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (number: number) => `static volatile int n = 2, calls;
__attribute__((cold, noinline)) static void rare(int k) { calls += k; }
${NOINLINE}static int f(int i)
{
  switch (i & 7) {
  case 0: rare(1); return n + 1;
  case 1: return n * 5;
  case 2: rare(2); return n + 4;
  case 3: return n * ${number} + i;
  case 4: rare(3); return n * ${number} + calls;
  case 5: return n - i;
  case 6: rare(4); return n ^ i;
  }
  return calls;
}
int entry(int i) { return f(i); }
`
      return {
        before: { f: text(old) },
        after: { f: text(next) },
        says: [2 * next + 3, 2 * next + 6],
      }
    },
  },
  {
    name: 'a constant: a string, a table that is read only, or a number in code',
    codes: ['changed-constant'],
    draw(draw) {
      const [old, next] = pair(draw)
      const what = draw(3)
      const text = (number: number) =>
        [
          `static const int by[] = { 1, 2, ${number}, ${number} }; int entry(int i) { return i * by[(i & 1) + 2]; }\n`,
          `int entry(int i) { return atoi("${number}000${number}") + i; }\n`,
          `int entry(int i) ${body(number)}`,
        ][what] ?? ''
      const isCxx = what === 1 ? '#include <stdlib.h>\n' : ''
      return { before: { t: isCxx + text(old) }, after: { t: isCxx + text(next) } }
    },
  },
  ...MORE_KINDS,
  ...SOURCE_KINDS,
]
