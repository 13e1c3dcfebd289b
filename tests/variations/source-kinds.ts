/** Kinds that lie in the texts and in what they are held against: names of sources, numbers of lines, another text that runs. */
import { ASKED, body, HEAD, type Kind, NOINLINE, pair, USER } from './kind.ts'

const N = 'static volatile int n = 2;\n'
const lineOf = (text: string, words: string) => (HEAD + text).slice(0, (HEAD + text).indexOf(words)).split('\n').length

export const SOURCE_KINDS: readonly Kind[] = [
  {
    name: 'a program that was built from another text',
    codes: ['changed-object', 'not-the-running-code'],
    isRefused: true,
    isRefusedAtLoad: true,
    draw(draw) {
      const [old, next] = pair(draw)
      const other = old + 100
      const what = draw(3)
      const text = (limit: number, factor: number) =>
        N +
        (what === 0
          ? `${NOINLINE}int f(int i) { return i > ${limit} ? ${limit} : i * ${factor} + n; }\n`
          : what === 1
            ? `static int g(int i) { return i + ${limit}; }\n${NOINLINE}int f(int i) { return g(i) * ${factor} + n; }\n`
            : `${NOINLINE}int f(int i) { return (i ^ ${limit}) * ${factor} + n * n; }\n`)
      return {
        before: { user: USER, f: text(old, 7) },
        after: { f: text(old, 100 + next) },
        ran: { texts: { f: text(other, 7) }, isTree: draw(2) === 0 },
      }
    },
  },
  {
    name: 'a source that is renamed or gone',
    // Nothing is known of what stands in a new source, so that all that was in the old one is missed.
    codes: ['new-unit', 'constant-by-patch', 'other-definition'],
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (factor: number) => `${N}${NOINLINE}int f(int i) { return i * ${factor} + n; }\n`
      const before = { user: USER, old: text(old) }
      const how = draw(3)
      if (how === 0) return { before, after: { new: text(next) }, renamed: { old: 'new' } }
      if (how === 1) return { before, after: { new: text(next) }, gone: ['old'] }
      return { before, after: { user: `int entry(int i) ${body(next)}` }, gone: ['old'] }
    },
  },
  {
    name: 'an enumeration that takes its values from lines',
    codes: ['shape-changed'],
    draw(draw) {
      const [old, next] = pair(draw)
      const order = `enum order { first = __LINE__,\n  second = __LINE__ };\n`
      const text = (words: string, factor: number) => `/* ${words} the order of lines */
${order}${N}static volatile int held;
${NOINLINE}void take(void) { held = second; }
${NOINLINE}int check(void) { return held >= first; }
${NOINLINE}int other(int i) { return i * ${factor} + n; }
int entry(int i) { take(); return other(i) + check() * 1000; }
`
      const before = text('', old)
      return {
        before: { f: before },
        after: { f: text('more\nwords\n'.repeat(1 + draw(3)), next) },
        says: ASKED.map(asked => asked * next + 2 + 1000),
        lines: draw(2) === 0 ? 'neutral' : 'auto',
      }
    },
  },
  {
    name: 'line numbers of functions that stay, under each way',
    draw(draw) {
      const [old, next] = pair(draw)
      const text = (lines: number, factor: number) => `${'\n'.repeat(lines)}${N}
${NOINLINE}int where(void) { return __LINE__ + n; }
${NOINLINE}int other(int i) { return i * ${factor} + n; }
int entry(int i) { return other(i) + where() * 1000; }
`
      const before = text(0, old)
      const lines = (['table', 'mask', 'neutral', 'auto', 'ignore'] as const)[draw(5)] ?? 'auto'
      const line = lineOf(before, 'int where')
      return {
        before: { f: before },
        after: { f: text(1 + draw(3), next) },
        says: ASKED.map(asked => asked * next + 2 + (line + 2) * 1000),
        lines,
        ...(lines === 'table' ? { told: 'line-not-set' } : {}),
      }
    },
  },
]
