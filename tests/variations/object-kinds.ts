/** Kinds of which two objects show all: names that are none, names that stand twice, reasons that say nothing. */
import { type Draw, pair } from './kind.ts'

export interface ObjectKind {
  readonly name: string
  readonly compilers: readonly string[]
  readonly isAssembly?: true
  /** Options of objcopy that runs on each object. */
  readonly afterwards?: readonly (readonly string[])[]
  draw(draw: Draw): {
    readonly flags: readonly string[]
    readonly before: string
    readonly after: string
    /** Functions and variables that differ; none where it is held against itself. */
    readonly changed: readonly string[]
  }
}

const HOST = ['gcc-12', 'gcc-11', 'gcc', 'clang-14', 'clang-19']
const SECTIONS = ['-ffunction-sections', '-fdata-sections']
const level = (draw: Draw) => `-O${draw(4)}`

export const OBJECT_KINDS: readonly ObjectKind[] = [
  {
    name: 'mapping symbols of AArch64',
    compilers: ['aarch64-linux-gnu-gcc'],
    draw(draw) {
      const [old, next] = pair(draw)
      const what = draw(4)
      const text = (table: number, factor: number, place: number) => `extern int puts(const char *);
extern int out(int);
const int table[4] = { 3, 1, ${table}, 1 };
int choose(int i)
{
  switch (i) {
  case 0: return out(11); case 1: return out(7) * 2; case 2: puts("x"); return 3; case 3: return out(i + ${place});
  case 4: return out(i * 3); case 5: puts("five"); return -1; case 6: return out(99); default: return 0;
  }
}
int plain(int i) { return i * ${factor}; }
double half(double d) { return d * 0.${old + 100} + 7.125; }
`
      const before = text(old, old, old)
      const after = [before, text(next, old, old), text(old, next, old), text(old, old, next)][what] ?? before
      const more = [[], ['-fpatchable-function-entry=4,2'], ['-fPIC']][draw(3)] ?? []
      return {
        flags: [level(draw), ...(draw(2) === 0 ? SECTIONS : SECTIONS.slice(0, 1)), ...more],
        before,
        after,
        changed: [[], ['table'], ['plain'], ['choose']][what] ?? [],
      }
    },
  },
  {
    name: 'two local variables of one name in an object',
    compilers: HOST,
    isAssembly: true,
    afterwards: [['--redefine-sym', 'second=_entry']],
    draw(draw) {
      const [old, next] = pair(draw)
      const writable = draw(2) === 0
      const section = (name: string) => (writable ? `.section .data.${name},"aw"` : `.section .rodata.${name},"a"`)
      const variable = (name: string, at: string, value: number) =>
        `${section(at)}\n${name}: .quad ${value}\n.type ${name},@object\n.size ${name},8\n`
      const user = (name: string) =>
        `.section .text.use_${name},"ax"\n.globl use_${name}\n.type use_${name},@function\nuse_${name}: mov ${name}(%rip),%rax\nret\n.size use_${name},.-use_${name}\n`
      const isUsed = draw(2) === 0
      const text = (value: number) =>
        variable('_entry', 'a', old) + variable('second', 'b', value) + (isUsed ? user('_entry') + user('second') : '')
      const isSame = draw(2) === 0
      return {
        flags: [],
        before: text(old + 1),
        after: text(isSame ? old + 1 : next + 1),
        changed: isSame ? [] : ['_entry'],
      }
    },
  },
  {
    name: 'a table that leads elsewhere in the same function',
    compilers: HOST,
    draw(draw) {
      const many = 5 + draw(5)
      const first = draw(many - 1)
      const cases = [...Array(many).keys()].map(at => ({ at, says: `return out(${at * 3 + 1}) + ${at};` }))
      const swapped = cases.map(({ at, says }) => ({
        says,
        at: at === first ? first + 1 : at === first + 1 ? first : at,
      }))
      const text = (all: typeof cases) =>
        `int out(int); int choose(int i) { switch (i) { ${all.map(({ at, says }) => `case ${at}: ${says}`).join(' ')} } return 0; }\n`
      return {
        flags: [level(draw), ...SECTIONS, ...(draw(2) === 0 ? [] : ['-fPIC'])],
        before: text(cases),
        after: text(swapped),
        changed: ['choose'],
      }
    },
  },
]
