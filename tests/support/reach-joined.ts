/** Uses of a function whose name no file has as a word: macros join it. */
import type { Case } from './reach-cases.ts'

const NEXT_HEADER = '#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\n'
export const named = (name: string) => ({
  before: `static inline int ${name}(int p) { return p + 1; }\n`,
  after: `static inline int ${name}(int p) { return p + 2; }\n`,
})

export const JOINED: readonly Case[] = [
  {
    name: 'joined inside a body',
    ...named('get'),
    units: { '+': 'int f(int p) {\n#define CALL(x) g ## x\nreturn CALL(et)(p); }' },
  },
  {
    name: 'joined of a number',
    ...named('get64'),
    beside: `${NEXT_HEADER}#define BITS 64\n`,
    units: { '+': 'int f(int p) { return JOIN(get, BITS)(p); }' },
  },
  {
    name: 'joined of what the compiler defines',
    ...named('get8'),
    beside: NEXT_HEADER,
    units: { '+': 'int f(int p) { return JOIN(get, __SIZEOF_LONG__)(p); }' },
  },
  {
    name: 'joined on the command line',
    ...named('get'),
    options: ['-DCALL(x)=g##x'],
    units: { '+': 'int f(int p) { return CALL(et)(p); }' },
  },
  {
    name: 'joined to what may be nothing',
    ...named('get'),
    beside: '#define CALL(p, ...) g##__VA_OPT__(et)(p)\n',
    units: { '+': 'int f(int p) { return CALL(p, 1); }' },
  },
  {
    name: 'joined of a number that the compiler brings',
    ...named('get_0x7fffffff'),
    beside: NEXT_HEADER,
    units: { '+': 'int f(int p) { return JOIN(get_, __INT_MAX__)(p); }' },
  },
  {
    name: 'joined by a macro whose name the unit joins',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define M(x) JO##x\nint f(int p) { return M(IN)(g, et)(p); }' },
  },
  {
    name: 'joined of a part whose name the unit joins',
    ...named('get'),
    beside: `${NEXT_HEADER}#define PART g\n`,
    units: { '+': '#define Q(x) PA##x\nint f(int p) { return JOIN(Q(RT), et)(p); }' },
  },
  {
    name: 'joined of a part that the unit joins',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define Q(x) g##x\nint f(int p) { return JOIN(Q(e), t)(p); }' },
  },
  {
    name: 'joined by another name that the unit gives',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define MY JOIN\nint f(int p) { return MY(g, et)(p); }' },
  },
  {
    name: 'joined by way of a macro of the unit',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define MY(a) JOIN(a, et)\nint f(int p) { return MY(g)(p); }' },
  },
  {
    name: 'joined of what the unit joins to no name',
    ...named('get_one'),
    beside: NEXT_HEADER,
    units: { '+': '#define Q(x) x##_\nint f(int p) { return JOIN(Q(get), one)(p); }' },
  },
  {
    name: 'joined of a list that another header has',
    ...named('get'),
    beside: '#define LIST X(et)\n',
    units: { '+': '#define X(n) g##n\nint f(int p) { return LIST(p); }' },
  },
  {
    name: 'joined of what the unit joins in another macro',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define Q(x) g##x\n#define K(x) JOIN(Q(x), t)\nint f(int p) { return K(e)(p); }' },
  },
  {
    name: 'joined of another word for what the unit joins',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define Q(x) g##x\n#define W Q(e)\nint f(int p) { return JOIN(W, t)(p); }' },
  },
  {
    name: 'joined by the unit with nothing',
    ...named('get'),
    units: { '+': '#define Q(x) get##x\nint f(int p) { return Q()(p); }' },
  },
  {
    name: 'joined by the unit with what becomes nothing',
    ...named('get'),
    beside: '#define NONE\n',
    units: { '+': '#define Q(x) get##x\n#define K(x) Q(x)\nint f(int p) { return K(NONE)(p); }' },
  },
  {
    name: 'joined by the unit with arguments that are not given',
    ...named('get'),
    units: { '+': '#define Q(x, ...) get##__VA_ARGS__\nint f(int p) { return Q(1)(p); }' },
  },
  {
    name: 'joined by the unit, behind a list of its own',
    ...named('get'),
    beside: NEXT_HEADER,
    units: { '+': '#define Q(x) g##x\n#define PASS(m) m\nint f(int p) { return PASS(JOIN)(Q(e), t)(p); }' },
  },
  {
    name: 'joined by the unit, of the last of several words',
    ...named('get'),
    units: { '+': '#define ROW(a, b) a##b##et\nint f(int p) { int xt = 0; return ROW(x, t + g)(p); }' },
  },
  {
    name: 'joined by a macro that another name of a macro calls',
    ...named('get'),
    beside: `${NEXT_HEADER}#define CALL(m) m(g, et)\n#define OTHER CALL\n`,
    units: { '+': 'int f(int p) { return OTHER(JOIN)(p); }' },
  },
  {
    name: 'joined by a macro that the result of a macro calls',
    ...named('get'),
    beside: `${NEXT_HEADER}#define CALL(m) m(g, et)\n#define CALLING() CALL\n`,
    units: { '+': 'int f(int p) { return CALLING()(JOIN)(p); }' },
  },
  {
    name: 'joined of rows of three, where an argument is several words',
    ...named('getx'),
    beside: '#define ROW(a, b) a##b##x\n',
    units: { '+': 'int f(int p) { int g0 = 0; return ROW(g, 0 + get)(p); }' },
  },
  {
    name: 'joined twice, and defined in between',
    before: '\n',
    after: '#define getone gettwo\n',
    beside: '#define AGAIN(z) z##_t\n#define MORE(y) AGAIN(y)\n#define JOIN(x) MORE(get##x)\n',
    units: { '+': 'int f(int getone_t, int gettwo_t) { return JOIN(one); }' },
  },
]
