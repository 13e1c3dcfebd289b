/** Patches that change types of a small program: which are refused, and which are harmless. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { buildProgram, type Edit, hotpatch, type Program } from './support.ts'

let program: Program
beforeAll(() => {
  if (hasGcc) program = buildProgram()
})
afterAll(() => program?.close())

/** Makes sure that there is something to patch, whatever else the edits do. */
const CODE: Edit = ['one.c', 'item->weight > 100', 'item->weight > 200']

interface Refused {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly code?: 'shape-changed' | 'prototype-changed'
  readonly symbol: string
  /** What the refusal must say. */
  readonly says: readonly string[]
  /** Members go, and nothing comes. */
  readonly isLess?: true
}

const inItem = (from: string, to: string): Edit => ['types.h', from, to]

const REFUSED: readonly Refused[] = [
  {
    name: 'a member added at the end',
    edits: [inItem('  extent_t extent;\n', '  extent_t extent;\n  long more;\n')],
    symbol: 'struct item',
    says: ['more is new, at byte 56', 'its size went from 56 to 64 bytes', 'with it struct box changes too'],
  },
  {
    name: 'a member added in the middle',
    edits: [inItem('  int weight;\n', '  int weight;\n  int price;\n')],
    symbol: 'struct item',
    says: ['price is new, at byte 16', 'moved from byte 20 to byte 24'],
  },
  {
    name: 'a member added into a hole, so that no size changes',
    edits: [inItem('  unsigned rest : 5;\n', '  unsigned rest : 5;\n  unsigned short price;\n')],
    symbol: 'struct item',
    says: ['price is new, at byte 18'],
  },
  {
    name: 'a member taken out',
    edits: [inItem('  char name[8];\n', '')],
    symbol: 'struct item',
    says: ['name is gone'],
    isLess: true,
  },
  {
    name: 'a widened bit-field',
    edits: [inItem('flags : 3', 'flags : 4')],
    symbol: 'struct item',
    says: ['flags was 3 bits wide and is 4 bits wide', 'rest moved from byte 16 bit 3 to byte 16 bit 4'],
  },
  {
    name: 'a reordered enumeration',
    edits: [inItem('IDLE, BUSY, GONE', 'IDLE, GONE, BUSY')],
    symbol: 'enum state',
    says: ['BUSY was 1 and is 2'],
  },
  {
    name: 'a reordered enumeration without a name',
    edits: [inItem('LOW, HIGH', 'HIGH, LOW')],
    symbol: 'enum { LOW, … }',
    says: ['LOW was 0 and is 1'],
  },
  {
    name: 'a changed array bound',
    edits: [inItem('name[8]', 'name[12]')],
    symbol: 'struct item',
    says: ['name was char[8] and is char[12]'],
  },
  {
    name: 'a structure of one member that is larger',
    edits: [inItem('  char name[8];\n', '  struct { _Alignas(16) char of[8]; } name;\n')],
    symbol: 'struct item',
    says: ['name was char[8] and is struct {…}'],
  },
  {
    name: 'a structure of one member of another kind',
    edits: [inItem('  char name[8];\n', '  struct { float of[2]; } name;\n')],
    symbol: 'struct item',
    says: ['name was char[8] and is struct {…}'],
  },
  {
    name: 'members that change places where they are put into a structure',
    edits: [inItem('  char name[8];\n  extent_t extent;\n', '  struct { extent_t extent; char name[8]; } of;\n')],
    symbol: 'struct item',
    says: ['of is new, at byte 36', 'name is gone'],
  },
  {
    name: 'a structure that takes the place of another with the same members',
    edits: [
      inItem('  extent_t extent;\n', '  struct spot extent;\n'),
      inItem('struct spot;\n', 'struct spot { int row; int column; };\n'),
      inItem(
        'struct sums { int total; int most; };\nstruct spot { int row; int column; };\n',
        'struct sums { int total; int most; };\n',
      ),
    ],
    symbol: 'struct item',
    says: ['extent was extent_t and is struct spot'],
  },
  {
    name: 'a parameter that becomes a structure of one member: another place may hold it',
    edits: [
      inItem('int weigh(int amount);', 'struct amount { int of; };\nint weigh(struct amount amount);'),
      ['one.c', 'int weigh(int amount) { return amount * 3', 'int weigh(struct amount amount) { return amount.of * 3'],
      ['one.c', 'weigh(item->weight)', 'weigh((struct amount){ item->weight })'],
      ['two.c', 'weigh(3)', 'weigh((struct amount){ 3 })'],
    ],
    code: 'prototype-changed',
    symbol: 'weigh',
    says: ['amount'],
  },
  {
    name: 'a typedef that hides it',
    edits: [inItem('typedef unsigned int counter_t', 'typedef float counter_t')],
    symbol: 'struct item',
    says: ['the meaning of counter_t changed'],
  },
  {
    name: 'a structure that only a typedef names',
    edits: [inItem('int width; int height;', 'int height; int width;')],
    symbol: 'typedef extent_t',
    says: ['width moved from byte 0 to byte 4'],
  },
  {
    name: 'an anonymous union',
    edits: [inItem('union { int number; float part; };', 'union { int number; double part; };')],
    symbol: 'struct item',
    says: ['part was float and is double'],
  },
  {
    name: 'an unnamed structure of a member',
    edits: [inItem('struct { short x, y; } at;', 'struct { short y, x; } at;')],
    symbol: 'struct item',
    says: ['at', 'changed'],
  },
  {
    name: 'two members that swap names',
    edits: [inItem('  int id;\n  int weight;\n', '  int weight;\n  int id;\n')],
    symbol: 'struct item',
    says: ['id moved from byte 8 to byte 12', 'weight moved from byte 12 to byte 8'],
  },
  {
    name: 'static data that keeps its size',
    edits: [
      ['one.c', 'static long level', 'static double level'],
      ['one.c', '(int)level', '(int)(level * 2)'],
    ],
    symbol: 'data level',
    says: ['it was long int and is double'],
  },
  {
    name: 'static data of another sign, of which a user stays',
    edits: [
      ['one.c', 'static long level', 'static unsigned long level'],
      ['one.c', '(int)level', '(int)(level / 2)'],
    ],
    symbol: 'data level',
    says: ['it was long int and is long unsigned int', 'these may take it for what it was: rise'],
  },
  {
    name: 'what a function pointer in a structure takes',
    edits: [
      inItem('int (*weigh)(struct item *)', 'int (*weigh)(struct item *, int)'),
      inItem('int heavy(struct item *item)', 'int heavy(struct item *item, int than)'),
      [
        'one.c',
        'int heavy(struct item *item) { return item->weight > 100',
        'int heavy(struct item *item, int than) { return item->weight > than',
      ],
    ],
    symbol: 'struct ops',
    says: ['weigh was'],
  },
  {
    name: 'a prototype that a unit declares for itself',
    edits: [
      inItem('int weigh(int amount)', 'int weigh(int amount, int more)'),
      ['one.c', 'int weigh(int amount) { return amount * 3', 'int weigh(int amount, int more) { return amount * more'],
      ['one.c', 'weigh(item->weight)', 'weigh(item->weight, 3)'],
      ['two.c', 'weigh(3)', 'weigh(3, 3)'],
    ],
    code: 'prototype-changed',
    symbol: 'weigh',
    says: ['it was int weigh(int) and is int weigh(int, int)', 'apart.o'],
  },
  {
    name: 'a prototype of which a caller stays the same',
    edits: [
      inItem('int weigh(int amount)', 'int weigh(long amount)'),
      ['one.c', 'int weigh(int amount) { return amount * 3', 'int weigh(long amount) { return (int)amount * 5'],
      ['apart.c', 'int weigh(int amount)', 'int weigh(long amount)'],
    ],
    code: 'prototype-changed',
    symbol: 'weigh',
    says: ['it was int weigh(int) and is int weigh(long int)', 'three'],
  },
]

describe.skipIf(!hasGcc)(`refused${withoutGcc}`, () => {
  test.for(sampled(REFUSED))('$name', async ({ edits, code = 'shape-changed', symbol, says, isLess }) => {
    const run = await hotpatch(program, [...edits, ...(edits.some(([, from]) => from.includes('> 100')) ? [] : [CODE])])
    expect(run.payload).toBeUndefined()
    const refusals = run.refusals.filter(each => each.code === code)
    expect(
      refusals.map(each => each.symbol),
      JSON.stringify(run.refusals, null, 1),
    ).toContain(symbol)
    const { text, place, hint } = refusals.find(each => each.symbol === symbol) ?? { text: '', hint: '' }
    for (const words of says) expect(text).toContain(words)
    expect(place?.line).toBeGreaterThan(0)
    expect(hint).toContain('--accept-type')
    expect(hint.includes('leave the members where they are')).toBe(isLess === true)
  })
})

const HARMLESS: readonly {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly notices?: readonly string[]
}[] = [
  { name: 'code only', edits: [] },
  { name: 'a renamed member', edits: [inItem('char name[8]', 'char label[8]')] },
  { name: 'a comment', edits: [inItem('  int weight;\n', '  int weight; /* in grams */\n')] },
  { name: 'a new type', edits: [inItem('struct spot;\n', 'struct spot;\nstruct fresh { int a; long b; };\n')] },
  { name: 'a forward declaration', edits: [inItem('struct spot;\n', 'struct spot;\nstruct unseen;\n')] },
  { name: 'a macro', edits: [inItem('struct spot;\n', '#define LIMIT 12\nstruct spot;\n')] },
  { name: 'a value added to an enumeration', edits: [inItem('GONE }', 'GONE, LOST }')] },
  { name: 'a typedef for the same', edits: [inItem('  int weight;\n', '  signed weight;\n')] },
  {
    name: 'static data of another sign, all users of which change',
    edits: [
      ['one.c', 'static long level', 'static unsigned long level'],
      ['one.c', '(int)level', '(int)(level / 2)'],
      ['one.c', 'level += by', 'level += by * 2'],
    ],
    notices: ['type-changed'],
  },
  {
    name: 'a number that becomes a structure of one member',
    edits: [
      ['one.c', 'static long level;', 'static struct { long of; } level;'],
      ['one.c', 'level += by', 'level.of += by'],
      ['one.c', '(int)level', '(int)level.of'],
    ],
  },
  {
    name: 'the same of a member, through two of them',
    edits: [
      inItem('  char name[8];\n', '  struct name { struct { char of[8]; } in; } name;\n'),
      inItem('  counter_t seen;\n', '  union { counter_t of; } seen;\n'),
    ],
  },
  {
    name: 'members that are put into a structure of their own',
    edits: [
      inItem('int count; struct item first; int last;', 'struct { int count; struct item first; } in; int last;'),
      ['two.c', 'box.count++', 'box.in.count++'],
    ],
  },
  {
    name: 'members that are taken out of one',
    edits: [inItem('  struct { short x, y; } at;\n', '  short x;\n  short y;\n')],
  },
  {
    name: 'a const parameter',
    edits: [
      inItem('int heavy(struct item *item)', 'int heavy(const struct item *item)'),
      inItem('(*weigh)(struct item *)', '(*weigh)(const struct item *)'),
      ['one.c', 'int heavy(struct item *item)', 'int heavy(const struct item *item)'],
    ],
  },
  {
    name: 'a structure that only lives in variables of replaced functions',
    edits: [
      inItem('struct spot { int row; int column; }', 'struct spot { long row; int column; int depth; }'),
      ['one.c', 'spot.row = row * 2;', 'spot.row = row * 4; spot.depth = row; spot.column = spot.depth;'],
    ],
    notices: ['type-changed'],
  },
  {
    name: 'a prototype whose callers are all replaced',
    edits: [
      inItem('int tally(struct sums *sums, int by)', 'int tally(struct sums *sums, int by, int at)'),
      [
        'one.c',
        'int tally(struct sums *sums, int by) { sums->total += by',
        'int tally(struct sums *sums, int by, int at) { sums->total += by * at',
      ],
      ['one.c', 'tally(&sums, weigh(item->weight))', 'tally(&sums, weigh(item->weight), 2)'],
    ],
  },
]

describe.skipIf(!hasGcc)(`harmless${withoutGcc}`, () => {
  test.for(sampled(HARMLESS))('$name', async ({ edits, notices = [] }) => {
    const run = await hotpatch(program, [...edits, CODE])
    expect(run.refusals).toEqual([])
    expect(run.payload).toBeDefined()
    expect(run.notices.map(({ code }) => code).filter(code => code.startsWith('type-'))).toEqual(notices)
  })
})

describe.skipIf(!hasGcc)(`who knows better${withoutGcc}`, () => {
  const added: Edit = inItem('  unsigned rest : 5;\n', '  unsigned rest : 5;\n  unsigned short price;\n')

  test.for(['item', 'struct item', '*'])('--accept-type %s', async name => {
    const run = await hotpatch(program, [added, CODE], [name])
    expect(run.refusals).toEqual([])
    expect(run.payload).toBeDefined()
    expect(run.notices).toContainEqual(expect.objectContaining({ code: 'type-accepted' }))
  })

  test('a name that nothing changes accepts nothing, and says so', async () => {
    const run = await hotpatch(program, [added, CODE], ['sums'])
    expect(run.refusals.map(({ code }) => code)).toEqual(['shape-changed'])
    expect(run.warnings.map(({ code }) => code)).toContain('type-not-changed')
  })

  test('where no code changes there is nothing to do, whatever types say', async () => {
    const run = await hotpatch(program, [inItem('GONE }', 'GONE, LOST }')])
    expect([run.refusals, run.payload, run.selection.pieces]).toEqual([[], undefined, []])
  })
})
