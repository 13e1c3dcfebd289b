/** Static variables of one name in one function, told apart by the lines of their declarations, or refused. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Way } from '../../src/lines/way.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram } from '../support/small-program.ts'

const HEAD = `extern int out(int); extern int say(const char *, int);
#define SAY_ONCE(text, n) do { static int once; if (once++ == 0) say(text, n); } while (0)
static inline int taken(int *p)
{
    int was = *p;
    *p = 1;
    return was;
}
`
const block = (...lines: readonly string[]) => [
  '    {',
  '        static int count;',
  ...lines.map(line => `        ${line}`),
  '    }',
]
const f = (...lines: readonly string[]) => `${HEAD}int f(int n)\n{\n${lines.join('\n')}\n    return n;\n}\n`

const ADD = block('count += out(n);', 'out(count);')
const NOTE = block('count ^= n;', 'say("noted", count);')
const first = (what: string, unless = '') => block(`if (!taken(&count)${unless})`, `    say("${what}", n);`)
const ONCE = ['    SAY_ONCE("small", n);', '    n += out(n);', '    SAY_ONCE("large", n);']

const WAYS: readonly Way[] = ['auto', 'mask', 'neutral']

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly refused?: readonly string[]
  /** New variables that the payload brings. */
  readonly fresh?: number
}

const ROWS: readonly Row[] = [
  {
    name: 'a line more in one of two blocks',
    before: f(...ADD, ...NOTE),
    after: f(...block('count += out(n);', 'out(count + n);'), ...NOTE),
  },
  {
    name: 'the only use of one of them changes',
    before: f(...block('out(++count);'), ...NOTE),
    after: f(...block('out(count += 2 + n);'), ...NOTE),
  },
  {
    name: 'lines before all of them',
    before: f(...ADD, ...NOTE),
    after: f('    if (n < 0)', '        return out(-n);', ...ADD, ...NOTE),
  },
  {
    name: 'another one before them',
    before: f(...ADD, ...NOTE),
    after: f(...block('count -= out(n + 5);', 'say("first", count);'), ...ADD, ...NOTE),
    fresh: 1,
  },
  { name: 'one before another', before: f(...NOTE), after: f(...ADD, ...NOTE), fresh: 1 },
  { name: 'the first goes', before: f(...ADD, ...NOTE), after: f(...NOTE) },
  {
    name: 'one that hid another goes',
    before: f(
      '    static int count;',
      '    if (n > 3) {',
      '        static int count;',
      '        out(count ^= n);',
      '    }',
      '    say("x", count += n);',
    ),
    after: f(
      '    static int count;',
      '    if (n > 3) {',
      '        out(count ^= n);',
      '    }',
      '    say("y", count -= n * 3);',
    ),
    refused: ['ambiguous-static'],
  },
  {
    name: 'what macros declare',
    before: f(...ONCE),
    after: f('    SAY_ONCE("negative", n);', ...ONCE),
    fresh: 1,
  },
  {
    name: 'one more behind a long comment',
    before: f(...ONCE),
    after: f(
      '    /*',
      ...Array.from({ length: 8 }, (_, at) => `     * ${at} of the lines that nothing stands on`),
      '     */',
      '    SAY_ONCE("negative", n);',
      ...ONCE,
    ),
    fresh: 1,
  },
  {
    name: 'two that change places, each with its lines',
    before: f(...ADD, ...NOTE),
    after: f(...NOTE, ...ADD),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'two that change places, where only what is said goes',
    before: f(...block('count++;', 'say("a", count);'), ...block('count++;', 'say("b", count);')),
    after: f(...block('count++;', 'say("b", count);'), ...block('count++;', 'say("a", count);')),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'uses of both change, so that they could have changed places',
    before: f(...block('out(count += n);'), ...block('out(count ^= n);')),
    after: f(...block('say("x", count ^= n * 3);'), ...block('say("y", count += n * 5);')),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'uses by way of one inlined function',
    before: f(...first('odd'), ...first('even')),
    after: f('    if (n < 0)', '        return out(-n);', ...first('odd'), '    n += out(n);', ...first('even')),
  },
  {
    name: 'one of them changes',
    before: f(...first('odd'), ...first('even')),
    after: f(...first('odd'), ...first('even', ' || n > 3')),
  },
  {
    name: 'both of them do',
    before: f(...first('odd'), ...first('even')),
    after: f(...first('odd', ' || n > 5'), ...first('even', ' || n > 3')),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'they change places',
    before: f(...first('odd'), ...first('even')),
    after: f(...first('even'), ...first('odd')),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'two macros on one line',
    before: f('    SAY_ONCE("small", n); SAY_ONCE("large", n);'),
    after: f('    n += out(n);', '    SAY_ONCE("small", n); SAY_ONCE("large", n);', '    n += out(n) * 2;'),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
]

async function check({ before, after, refused = [], fresh = 0 }: Row, way: Way, command?: readonly string[]) {
  const files = { 'm.c': before }
  const { run, ...found } = await patchProgram(command ? { files, command } : { files }, { 'm.c': after }, way)
  const codes = found.refused.map(each => each.split(' ')[0])
  expect([found.error, codes]).toEqual([undefined, refused])
  if (refused.length > 0) return
  expect(found.replaced?.length).toBe(1)
  expect(run?.selection.pieces.filter(({ role }) => role === 'new-data').length).toBe(fresh)
}

describe.skipIf(!hasGcc)(`static variables of one name${withoutGcc}`, () => {
  const cases = ROWS.flatMap(row => WAYS.map(way => ({ ...row, way })))
  test.for([...sampled(cases)])('$name: $way', ({ way, ...row }) => check(row, way))
})

const OTHERS = [
  ['clang-14', '-O2'],
  ['clang-14', '-O1', '-fPIC'],
  ['g++', '-O2', '-fno-exceptions'],
  ['gcc', '-O0', '-ffunction-sections'],
  ['gcc', '-O3', '-fPIC', '-g'],
].filter(([compiler = '']) => spawnSync(compiler, ['--version']).status === 0)

describe('the same by the other compilers that are here', () => {
  const cases = OTHERS.flatMap((command, at) =>
    ROWS.filter(({ name }, row) => row === at + 1 || row === 3 || name.startsWith('uses by way')).map(row => ({
      ...row,
      command,
    })),
  )
  test.for([...sampled(cases)])('$command: $name', ({ command, ...row }) => check(row, 'auto', command))
})

const SELDOM = '{ static int seldom = 3; seldom += out(n + seldom); }'
const KEPT = '__attribute__((noinline)) static int kept(int n) { return out(n) * 3; }\n'
const within = (text: string) => `${HEAD}${KEPT}int f(int n)\n{\n    ${text}\n    return kept(n);\n}\n`
const moved = (text: string) =>
  within('n = apart(n);').replace(
    'int f(',
    `__attribute__((noinline)) static int apart(int n)\n{\n    ${text}\n    return n;\n}\n\nint f(`,
  )

interface Moving {
  readonly name: string
  readonly after: string
  readonly refused?: string
  /** New variables that the payload brings. */
  readonly fresh?: number
}

const MOVING: readonly Moving[] = [
  { name: 'as it is', after: moved(SELDOM) },
  { name: 'beside a line that is new', after: moved(`if (n > 3) ${SELDOM}\n    n += out(n);`) },
  { name: 'with another use', after: moved(SELDOM.replace('+ seldom', '- seldom')), refused: 'seldom' },
  { name: 'with another first value', after: moved(SELDOM.replace('3', '4')), refused: 'seldom' },
  { name: 'and its namesake', after: moved(SELDOM).replace('n = apart', `${SELDOM} n = apart`), fresh: 1 },
]

const MISSING = new Map(
  ['gcc', 'clang-14', 'g++'].map(compiler => [compiler, spawnSync(compiler, ['--version']).status !== 0]),
)

describe.each(['gcc', 'clang-14', 'g++'])(
  'a block with its variable becomes a function of its own, by %s',
  compiler => {
    test.skipIf(MISSING.get(compiler)).for(sampled(MOVING))('$name', async ({ after, refused, fresh = 0 }) => {
      const found = await patchProgram(
        {
          files: { 'f.c': within(SELDOM) },
          command: [compiler, '-O2', '-fcf-protection=none', '-fno-exceptions'],
        },
        { 'f.c': after },
      )
      expect(found.error).toBe(undefined)
      const states = found.refused.filter(each => /^(?:ambiguous-static|state-left-behind) /.test(each))
      expect(states.map(each => each.includes(refused ?? 'nothing'))).toEqual(refused === undefined ? [] : [true])
      if (refused !== undefined) return
      const brought = found.run?.selection.pieces.filter(({ role }) => role === 'new-data')
      expect([found.refused, brought?.length]).toEqual([[], fresh])
    })
  },
)
