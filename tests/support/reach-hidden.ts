/** Uses that hide: none of these units may be left out. */
import type { Case } from './reach-cases.ts'

const NEXT_HEADER = '#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\n'
const named = (name: string) => ({
  before: `static inline int ${name}(int p) { return p + 1; }\n`,
  after: `static inline int ${name}(int p) { return p + 2; }\n`,
})
export const HIDDEN: readonly Case[] = [
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
    name: 'an option of two words',
    ...named('get'),
    options: ['-D', 'FETCH=get'],
    units: { '+': 'int f(int p) { return FETCH(p); }' },
  },
  {
    name: 'kept by the command line',
    ...named('get'),
    options: ['-D', 'inline=inline __attribute__((used))'],
    units: { '+': 'int n;' },
  },
  { name: 'a name over lines with blanks', ...named('get'), units: { '+': 'int f(int p) { return ge\\ \nt(p); }' } },
  {
    name: 'a variable beside a prototype',
    before: 'int proto(int);\n',
    after: 'int proto(int), x;\n',
    units: { '+': 'int n;' },
  },
  { name: 'a variable in parentheses', before: 'char (x);\n', after: 'short (x);\n', units: { '+': 'int n;' } },
  {
    name: 'parameters as of old',
    before: 'int kr(p) char p; { return p; }\n',
    after: 'int kr(p) short p; { return p; }\n',
    units: { '+': 'int n;' },
  },
  {
    name: 'a count in a body that stays',
    before: '#define MAYBE(x)\nstatic inline int next(void) { return 0 MAYBE(+__COUNTER__); }\n',
    after: '#define MAYBE(x) x\nstatic inline int next(void) { return 0 MAYBE(+__COUNTER__); }\n',
    units: { '+': 'int f(void) { return __COUNTER__; }' },
  },
  {
    name: 'a body that says something of another symbol',
    before: 'static inline int get(int p) { return p; }\n',
    after: 'static inline int get(int p) { extern int shared __attribute__((visibility("hidden"))); return p; }\n',
    options: ['-fpic'],
    units: { '+': 'extern int shared; int f(void) { return shared; }' },
  },
  {
    name: 'an alias whose name is made',
    ...named('do_get'),
    beside: '#define ALIAS(n) int n(int) __attribute__((alias("do_" #n)));\n',
    units: { '+': 'ALIAS(get)' },
  },
  {
    name: 'a blank in a character',
    before: "static const char c[] = { ' ', 'b' };\n",
    after: "static const char c[] = { '\t', 'b' };\n",
    units: { '+': 'const char *f(void) { return c; }' },
  },
  {
    name: 'blanks in a string',
    before: 'static const char c[] = "a  b";\n',
    after: 'static const char c[] = "a b";\n',
    units: { '+': 'const char *f(void) { return c; }' },
  },
  {
    name: 'a body that gives another symbol a name',
    before: 'static inline int get(int p) { return p; }\n',
    after: 'static inline int get(int p) { int h(int) __asm__("other"); return h(p); }\n',
    units: { '+': 'int h(int); int f(int p) { return h(p); }' },
  },
  {
    name: 'a header that was empty',
    before: '',
    after: 'static inline __attribute__((used)) int up(void) { return 3; }\n',
    units: { '+': 'int n;' },
  },
  {
    name: 'joined to what may be nothing',
    ...named('get'),
    beside: '#define CALL(p, ...) g##__VA_OPT__(et)(p)\n',
    units: { '+': 'int f(int p) { return CALL(p, 1); }' },
  },
  {
    name: 'a body that says that another function does not return',
    before: 'static inline int get(int p) { return p; }\n',
    after: 'static inline int get(int p) { _Noreturn void h(int); h(p); }\n',
    options: ['-O2'],
    units: { '+': 'void h(int); int f(int p) { h(p); return 1; }' },
  },
  {
    name: 'a body with an attribute in brackets',
    before: 'static inline int get(int p) { return p; }\n',
    after: 'static inline int get(int p) { [[gnu::visibility("hidden")]] int shared(void); return shared(); }\n',
    options: ['-fpic', '-std=gnu2x'],
    units: { '+': 'int shared(void); void *f(void) { return shared; }' },
  },
  {
    name: 'a macro by a long option',
    ...named('get'),
    options: ['--define-macro=FETCH=get'],
    units: { '+': 'int f(int p) { return FETCH(p); }' },
  },
  {
    name: 'a macro behind the list of what is read',
    ...named('get'),
    options: ['-Wp,-MD,/dev/null,-DFETCH=get'],
    units: { '+': 'int f(int p) { return FETCH(p); }' },
  },
  {
    name: 'a parameter that is static',
    before: 'extern inline int g(int a[const static 3]) { return a[0]; }\n',
    after: 'extern inline int g(int a[const static 3]) { return a[1]; }\n',
    units: { '+': 'int n;' },
  },
  {
    name: 'an enumeration in a head',
    before: 'static inline __typeof__(sizeof(enum { A = 1 })) get(void) { return 1; }\n',
    after: 'static inline __typeof__(sizeof(enum { A = 2 })) get(void) { return 1; }\n',
    units: { '+': 'int f(void) { return A; }' },
  },
  {
    name: 'a comment that goes on by three characters',
    before: '// really??\nint n;\n',
    after: '// really??/\nint n;\n',
    options: ['-trigraphs'],
    units: { '+': 'int m;' },
  },
  {
    name: 'a word that the compiler brings',
    before: '#define unsigned unsigned\n',
    after: '#define unsigned signed\n',
    units: { '+': '__SIZE_TYPE__ n; int f(void) { return n > -1; }' },
  },
  {
    name: 'joined of a number that the compiler brings',
    ...named('get_0x7fffffff'),
    beside: NEXT_HEADER,
    units: { '+': 'int f(int p) { return JOIN(get_, __INT_MAX__)(p); }' },
  },
  {
    name: 'a macro that goes on with a declaration',
    before: '#define ALSO , extra\nint proto(int) ALSO;\n',
    after: '#define ALSO , extra\nlong proto(int) ALSO;\n',
    units: { '+': 'int n; void *f(void) { return &extra + 1; }' },
  },
]
