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
]
