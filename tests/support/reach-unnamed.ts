/** Functions that compilers keep or call although no text has their names; mostly one compiler alone does, hence `?`. */
import type { Case } from './reach-cases.ts'

const edit = (head: string, one = '{ return 3; }', other = '{ return 5; }') => ({
  before: `${head} ${one}\n`,
  after: `${head} ${other}\n`,
})
const at = (file: string) =>
  `# 1 "${file}" 1\nstatic inline const char *where(void) { return __builtin_FILE(); }\n# 1 "unit.c" 2\n`

export const UNNAMED: readonly Case[] = [
  {
    name: 'what a builtin is called by',
    ...edit('static inline int memcmp(const void *a, const void *b, unsigned long n)'),
    units: { '?': 'int f(char *a, char *b, unsigned long n) { return __builtin_memcmp(a, b, n); }' },
  },
  {
    name: 'what a builtin that checks is called by',
    ...edit('static inline void *__memcpy_chk(void *a, const void *b, unsigned long n, unsigned long m)'),
    units: { '?': 'void *f(void *a, void *b, unsigned long n) { return __builtin___memcpy_chk(a, b, n, 99); }' },
  },
  {
    name: 'a function of the runtime, for complex numbers',
    ...edit('static inline double __muldc3(double a, double b, double c, double d)'),
    units: { '?': '_Complex double f(_Complex double a, _Complex double b) { return a * b; }' },
  },
  {
    name: 'a function of the runtime, for what is atomic',
    ...edit('static inline void __atomic_load(unsigned long n, void *a, void *b, int c)', '{ *(int *)a = 3; }', '{}'),
    units: { '?': 'struct s { char a[40]; }; struct s f(_Atomic(struct s) *p) { return *p; }' },
  },
  {
    name: 'a function of the runtime, for exceptions',
    ...edit('static inline int __gcc_personality_v0(void)'),
    options: ['-fexceptions'],
    units: {
      '?': 'void h(void); void k(int *p) { *p = 1; }\nint f(int x) { int y __attribute__((cleanup(k))) = 2; h(); return x; }',
    },
  },
  {
    name: 'an attribute that keeps it without saying so',
    ...edit(
      '__attribute__((target("general-regs-only"), interrupt)) static inline void get(void *p)',
      '{ *(int *)8 = 3; }',
      '{}',
    ),
    units: { '?': 'int n;' },
  },
  {
    name: 'an attribute that gives it another name',
    ...edit('static inline __attribute__((overloadable)) int get(int p)'),
    units: { '?': 'int other(int) __asm__("_ZL3geti"); int f(int p) { return other(p); }' },
  },
  {
    name: 'another name whose letters are spelled by their numbers',
    ...edit('static inline int get(int p)'),
    units: { '?': 'int other(int) __asm__("\\x67" "et"); int f(int p) { return other(p); }' },
  },
  {
    name: 'nothing in place of the number of a line',
    before: '#define HERE __LINE__\n',
    after: '#define HERE 0\n',
    units: { '?': 'int f(void) { return HERE; }' },
  },
  {
    name: 'what a program begins with',
    ...edit('static inline int main(void)'),
    units: { '?': 'int n;' },
  },
  {
    name: 'a file that is asked for its name',
    before: at('one.h'),
    after: at('other.h'),
    units: { '?': 'const char *f(void) { return where(); }' },
  },
]
