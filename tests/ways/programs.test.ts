/** What the ways do in a program: types that take their values from line numbers, and numbers that nobody can set. */
import { describe, expect, test } from 'vitest'
import type { Way } from '../../src/lines/way.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { patchProgram } from '../support/small-program.ts'

const ORDER = `/* the order of lines */
enum order { first = __LINE__,
  second = __LINE__ };
volatile int held, n;
void take(void) { held = second; }
int check(void) { return held >= first; }
int other(int i) { return i * 7 + n; }
`
const SIZED = `/* as large as it is far down */
struct room { char of[__LINE__ * 8]; };
extern void use(struct room *);
static struct room room;
void enter(void) { use(&room); }
int other(int i) { return i * 7; }
`
const below = (text: string) => text.replace(' */\n', '\n * and more words */\n')
const edited = (text: string) => below(text).replace('* 7', '* 9')
const inserted = edited(ORDER).replace('second', 'between = 77,\n  second')

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly way: Way
  readonly refused: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'an enumeration of lines that move', before: ORDER, after: edited(ORDER), way: 'neutral', refused: [] },
  { name: 'an enumeration of lines that move', before: ORDER, after: edited(ORDER), way: 'auto', refused: [] },
  {
    name: 'an enumeration of lines that move',
    before: ORDER,
    after: edited(ORDER),
    way: 'mask',
    refused: ['shape-changed enum order'],
  },
  {
    name: 'an enumeration of lines that move',
    before: ORDER,
    after: edited(ORDER),
    way: 'ignore',
    refused: ['shape-changed enum order'],
  },
  { name: 'a size that is a line which moves', before: SIZED, after: edited(SIZED), way: 'neutral', refused: [] },
  {
    name: 'an enumeration whose own values the patch changes',
    before: ORDER,
    after: edited(ORDER).replace('second = __LINE__', 'second = __LINE__ + 4'),
    way: 'neutral',
    refused: ['shape-changed enum order'],
  },
  {
    name: 'an enumeration that gains a value',
    before: ORDER,
    after: inserted.replace('second = __LINE__', 'second = 78'),
    way: 'auto',
    refused: ['shape-changed enum order'],
  },
]

describe.skipIf(!hasGcc)(`line numbers in a program${withoutGcc}`, () => {
  test.for(ROWS)('$name, $way', async ({ before, after, way, refused }) => {
    const found = await patchProgram({ files: { 'o.c': before } }, { 'o.c': after }, way)
    expect([found.error, [...new Set(found.refused)]]).toEqual([undefined, refused])
    expect(found.replaced?.includes('other') ?? false).toBe(refused.length === 0)
  })

  const WHERE = `
volatile int n;
__attribute__((noinline)) int other(int i) { return i * 7 + n; }
__attribute__((noinline)) int where(void) { return __LINE__ + n; }
`
  test.for([
    { name: 'moves a number', after: `\n\n${WHERE.replace('* 7', '* 9')}`, way: 'table' as const, told: 1 },
    { name: 'moves none', after: WHERE.replace('* 7', '* 9'), way: 'table' as const, told: 0 },
    {
      name: 'moves a number, and none was to be set',
      after: `\n\n${WHERE.replace('* 7', '* 9')}`,
      way: 'mask' as const,
      told: 0,
    },
  ])('a patch that $name tells so under $way', async ({ after, way, told }) => {
    const { run, replaced } = await patchProgram({ files: { 'o.c': WHERE } }, { 'o.c': after }, way)
    expect(replaced).toEqual(['other'])
    expect(run?.notices.filter(({ code }) => code === 'line-not-set')).toHaveLength(told)
  })
})
