/** More kinds: what compilers, linkers and options make of a text, so that an object is not what one expects. */
import { ASKED, body, type Kind, NOINLINE, pair, USER } from './kind.ts'

/** A plain change of one function, which an option must not hide. */
const plain = (name: string, more: Omit<Kind, 'name' | 'draw'>): Kind => ({
  name,
  ...more,
  draw(draw) {
    const [old, next] = pair(draw)
    const text = (factor: number) =>
      `static volatile int n = 2;\n${NOINLINE}int f(int i) { return i * ${factor} + n; }\n`
    return { before: { user: USER, f: text(old) }, after: { f: text(next) } }
  },
})

export const MORE_KINDS: readonly Kind[] = [
  plain('debug sections that are compressed', { flags: ['-g', '-gz=zlib'] }),
  plain('objects without .comment', { flags: ['-fno-ident'] }),
  plain('patchable entries', { flags: ['-fpatchable-function-entry=5,2'] }),
  plain('objects that hold intermediate code only', {
    compilers: /^g(cc|\+\+)$/,
    flags: ['-flto'],
    error: 'build/unsupported-config',
  }),
  {
    name: 'a function that the linker folds with an equal one',
    flags: ['-ffunction-sections'],
    link: ['-fuse-ld=gold', '-Wl,--icf=all'],
    needs: 'ld.gold',
    codes: ['not-the-running-code'],
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (name: string, factor: number) =>
        `static volatile int n${name} = 2;\n${NOINLINE}int ${name}(int i) { return i * ${factor} + (i ^ 7) * i; }\n`
      const user = 'int f(int); int g(int); int entry(int i) { return f(i) * 1000 + g(i); }\n'
      return { before: { user, f: text('f', old), g: text('g', old) }, after: { f: text('f', next) } }
    },
  },
  {
    name: 'a function that is called startup',
    flags: ['-ffunction-sections'],
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (factor: number) =>
        `static volatile int n = 2;\n${NOINLINE}int startup(int i) { return i * ${factor} + n; }\nint entry(int i) { return startup(i) + 1; }\n`
      return { before: { f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'a clone for the constant that all callers give',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (given: number) => `static volatile int n = 2;
${NOINLINE}static int f(int a, int b) { return a * b + n; }
${NOINLINE}static int g(int a, int b) { return a * b - n; }
int entry(int i) { return f(i, ${given}) + g(i, 9) * 1000; }
`
      return { before: { f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'labels in a static table that move',
    onlyC: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (add: string) => `static volatile int n = 2;
${NOINLINE}static int run(const unsigned char *p, int a)
{
  static const void *const ops[] = { &&add, &&mul, &&end };
  goto *ops[*p++];
  add: ${add} goto *ops[*p++];
  mul: a *= n; goto *ops[*p++];
  end: return a;
}
int entry(int i) { static const unsigned char p[] = { 0, 1, 0, 2 }; return run(p, i); }
`
      return { before: { run: text(`a += ${old};`) }, after: { run: text(`a += n * ${next}; n = n; a ^= n;`) } }
    },
  },
  {
    name: 'labels in a static table, by numbers that are known',
    onlyC: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const end = draw(2) === 0 ? 'goto *ops[2];' : 'if (n > 1) goto *ops[2]; goto *ops[1];'
      const text = (add: number) => `static volatile int n = 2;
${NOINLINE}static int run(unsigned a)
{
  static const void *const ops[] = { &&add, &&mul, &&end };
  goto *ops[a % 2];
  add: a += ${add} + n; if (a & 1) goto *ops[1]; ${end}
  mul: a *= n + 5; ${end}
  end: return a;
}
int entry(int i) { return run(i); }
`
      return { before: { run: text(old) }, after: { run: text(next) } }
    },
  },
  {
    name: 'a step that is kept, past labels of its own',
    codes: ['inner-address'],
    isRefused: true,
    onlyC: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (add: number) => `static volatile int n = 2;
static const void *kept;
${NOINLINE}static int run(int i)
{
  static const void *const ops[] = { &&even, &&odd };
  const void *go = kept, *to = kept && i & 1 ? &&late : &&soon;
  goto *to;
  soon: go = ops[i & n & 1];
  late: i += ${add}; goto *go;
  even: kept = &&odd; return i * n;
  odd: kept = &&even; return i * 7;
}
int entry(int i) { return run(i); }
`
      return { before: { run: text(old) }, after: { run: text(next) } }
    },
  },
  {
    name: 'a tail call of a function that lies near',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (add: number) => `static volatile int n = 2, calls;
${NOINLINE}static int one(int i) { return i * 7 + n; }
${NOINLINE}static int wrap(int i) { calls = 1; return one(i + ${add}); }
int entry(int i) { return wrap(i + n); }
`
      return { before: { f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'two files of one name',
    codes: ['duplicate-name'],
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (name: string, factor: number) =>
        `static volatile int n = 2;\n${NOINLINE}static int own(int i) { return i * ${factor} + n; }\nint ${name}(int i) { return own(i) + n; }\n`
      const user = 'int one(int); int two(int); int entry(int i) { return one(i) * 1000 + two(i); }\n'
      return {
        before: { user, 'a/same': text('one', old), 'b/same': text('two', old) },
        after: { 'b/same': text('two', next) },
      }
    },
  },
  {
    name: 'a function in a section of its own',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (factor: number) =>
        `static volatile int n = 2;\n__attribute__((section("own_code"), noinline)) int f(int i) { return i * ${factor} + n; }\n`
      return { before: { user: USER, f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'hidden functions, which gold makes local',
    flags: ['-fvisibility=hidden'],
    link: ['-fuse-ld=gold'],
    needs: 'ld.gold',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (factor: number) => `int help(int); int entry(int i) { return help(i) * ${factor} + 1; }\n`
      const help = `static volatile int n = 2;\n${NOINLINE}int help(int i) { return i * 5 + n; }\n`
      return { before: { user: text(old), help }, after: { user: text(next) } }
    },
  },
  {
    name: 'a static structure that LLVM takes apart',
    codes: ['ambiguous-static'],
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (add: number) =>
        `int entry(int i) { static struct { unsigned a, b; } last; last.a += i; last.b ^= last.a * 5; return last.b + ${add}; }\n`
      let [a, b] = [0, 0]
      const answer = (asked: number) => {
        a += asked
        b ^= a * 5
        return b
      }
      for (const asked of ASKED) answer(asked)
      return {
        before: { f: text(old) },
        after: { f: text(next) },
        says: ASKED.map(asked => answer(asked) + next),
      }
    },
  },
  {
    name: 'a common variable that gets a value',
    onlyC: true,
    isRefused: true,
    flags: ['-fcommon'],
    codes: ['data-layout', 'changed-data'],
    draw(draw) {
      const [factor, value] = pair(draw)
      const text = (start: string) => `int limit${start};\nint entry(int i) { return i * ${factor} + limit; }\n`
      return { before: { f: text('') }, after: { f: text(` = ${value}`) } }
    },
  },
  {
    name: 'a function that becomes an alias',
    onlyC: true,
    codes: ['alias-moved'],
    draw(draw) {
      const [old, next] = pair(draw)
      const one = `static volatile int n = 2;\n${NOINLINE}int one(int i) { return i * ${old} + n; }\n`
      return {
        before: { user: USER, f: `${one}${NOINLINE}int f(int i) { return i * ${next} - n; }\n` },
        after: { f: `${one}int f(int) __attribute__((alias("one")));\n` },
      }
    },
  },
  {
    name: 'strings of a unit in one object',
    flags: ['-O0', '-fno-merge-constants'],
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (words: number) => `static const char *volatile said;
static int say(const char *text) { said = text; return said[0] * 100 + said[1]; }
int other(void) { return say("other words"); }
int entry(int i) { return i + say("${words} of them") + other(); }
`
      return { before: { f: text(old) }, after: { f: text(next) } }
    },
  },
  {
    name: 'a unit that was empty',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (value: string) => `int more(int); int entry(int i) { return i * ${old} + ${value}; }\n`
      return {
        before: { user: text('1'), empty: '' },
        after: { user: text('more(i)'), empty: `int more(int i) ${body(next)}` },
      }
    },
  },
  {
    name: 'one of two weak definitions that goes',
    onlyC: true,
    isRefused: true,
    codes: ['other-definition'],
    draw(draw) {
      const [old, next] = pair(draw)
      const weak = (factor: number) =>
        `static volatile int n = 2;\n__attribute__((weak, noinline)) int f(int i) { return i * ${factor} + n; }\n`
      const isFirst = draw(2) === 0
      const other = 'int nothing(void) { return 0; }\n'
      return {
        before: { user: USER, a_unit: weak(old) + (isFirst ? other : ''), b_unit: weak(next) + (isFirst ? '' : other) },
        after: { [isFirst ? 'a_unit' : 'b_unit']: other },
      }
    },
  },
  {
    name: 'bounds of a section that nobody has asked for',
    codes: ['symbol-not-found'],
    draw(draw) {
      const [old, next] = pair(draw)
      const set = `extern const int __start_set[], __stop_set[];\n__attribute__((section("set"), used)) static const int first = ${old};\n`
      const text = (value: string) => `${set}int entry(int i) { return i * ${next} + ${value}; }\n`
      return {
        before: { f: text('1') },
        after: { f: text('(int)(__stop_set - __start_set)') },
      }
    },
  },
  {
    name: 'functions of namespaces that are called as in C',
    onlyCxx: true,
    codes: ['state-left-behind'],
    draw(draw) {
      const [old, next] = pair(draw)
      const space = ['a', 'a::b'][draw(2)] ?? ''
      const what = draw(4)
      const text = (factors: readonly number[], other = 'z') => `namespace ${space} {
static volatile int seen;
extern "C" { ${NOINLINE}int f(int i) { seen = seen + i; return i * ${factors[0]} + seen; } }
}
namespace ${other} {
static volatile int seen;
static ${NOINLINE}int own(int i) { return i * ${factors[1]} + seen; }
extern "C" ${NOINLINE}int g(int i) { seen = seen + 1; return own(i) + ${factors[2]}; }
}
extern "C" int f(int), g(int);
int entry(int i) { return f(i) * 1000 + g(i); }
`
      const before = [old, old, old]
      const after = before.map((factor, at) => (at === what ? next : factor))
      const [first = 0, second = 0, third = 0] = after
      const sum = ASKED.reduce((all, asked) => all + asked, 0)
      const says = ASKED.map((asked, at) => {
        const seen = sum + ASKED.slice(0, at + 1).reduce((all, one) => all + one, 0)
        return (asked * first + seen) * 1000 + asked * second + (ASKED.length + at + 1) + third
      })
      // A namespace of another name has another variable, which would begin afresh.
      return {
        before: { f: text(before) },
        after: { f: text(after, what === 3 ? 'y' : 'z') },
        says,
      }
    },
  },
]
