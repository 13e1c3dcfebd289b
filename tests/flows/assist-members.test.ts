/**
 * New members of structures whose objects live: what assist writes is built, and compiled as a whole program beside the
 * patch as it is, which says the same.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { describe, expect, test } from 'vitest'
import { type Assisted, assist } from '../../src/flows/assist/assist.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { sampled } from '../support/sampled.ts'
import { type Edit, inProgram } from '../support/small-program.ts'

const HEADER = `struct item {
  int id;
  struct item *next;
#ifdef WITH_NAME
  const char *name;
#endif
};
struct box { int size; struct { struct item first; } in; };
struct item *make_item(int id);
int use_item(struct item *item);
void end_item(struct item *item);
struct box *make_box(int size);
int use_box(struct box *box);
void end_box(struct box *box);
`
const ITEM = `#include <stdlib.h>
#include "item.h"
struct item *make_item(int id) { struct item *item = malloc(sizeof(*item)); *item = (struct item){ .id = id }; return item; }
int use_item(struct item *item) { return item->id * 1000; }
void end_item(struct item *item) { free(item); }
`
const BOX = `#include <stdlib.h>
#include "item.h"
struct box *make_box(int size) { struct box *box = malloc(sizeof(*box)); *box = (struct box){ .size = size }; return box; }
int use_box(struct box *box) { return box->size * 1000; }
void end_box(struct box *box)
{
  if (box)
    free(box);
}
`
/** An object at the address of the last one; a box, which holds one. */
const MAIN = `#include <stdio.h>
#include "item.h"
int main(void)
{
  for (int round = 0; round < 3; round++) {
    struct item *item = make_item(7), *other = make_item(8);
    struct box *box = make_box(9);
    item->next = other;
    for (int i = 0; i < 4; i++)
      printf("%d %d %d\\n", use_item(item), use_item(other), use_box(box));
    end_item(item); end_item(other); end_box(box); end_box(0);
  }
  return 0;
}
`
const FILES = { 'lib/item.h': HEADER, 'lib/item.c': ITEM, 'lib/box.c': BOX }
const EDIT = {
  'lib/item.h': HEADER.replace('int id;', 'int id;\n  /* How often. */\n  int uses, twice[2];').replace(
    '  const char *name;\n',
    '  const char *name;\n  int length;\n',
  ),
  'lib/item.c': ITEM.replace(
    'return item->id * 1000;',
    'struct item *n = item->next; item->twice[item->uses & 1] += 2; if (n) n->twice[(n)->uses & 1]++; return item->id * 1000 + item->uses++ + item->twice[1];',
  ),
  'lib/box.c': BOX.replace(
    'return box->size * 1000;',
    'box->in.first.uses += 3; return box->size + (*box).in.first.uses;',
  ),
}

const assisted = (files: Readonly<Record<string, string>>, edit: Readonly<Record<string, string>>) =>
  inProgram({ files }, edit, options => assist({ ...options, version: '0', output: 'own.c' }))

const filledIn = (source: string) =>
  source.replace(/^ *FILL_IN_(?:first_values|where_it_ends).*\n/gm, '').replace('FILL_IN_how_many', '8')

/** A program of the files with patches upon them, and what it prints. */
function printed(patches: readonly string[], own: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-members-'))
  try {
    const all = { ...FILES, 'lib/main.c': MAIN }
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    for (const input of patches) execFileSync('patch', ['-s', '-p1'], { cwd: folder, input })
    if (own !== undefined) writeFileSync(join(folder, 'lib/own.c'), own)
    const sources = ['item.c', 'box.c', 'main.c', ...(own === undefined ? [] : ['own.c'])].map(name => `lib/${name}`)
    const include = new URL('../../include', import.meta.url).pathname
    execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-I', include, ...sources, '-o', 'program'], { cwd: folder })
    return execFileSync(join(folder, 'program'), { encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const patchOf = (edit: Readonly<Record<string, string>>) =>
  Object.entries(edit)
    .map(([path, text]) => createTwoFilesPatch(`a/${path}`, `b/${path}`, FILES[path as keyof typeof FILES], text))
    .join('')

describe.skipIf(!hasGcc)(`new members${withoutGcc}`, () => {
  test('written, built, and saying what the patch as it is says', async () => {
    const { report, source, patch } = await assisted(FILES, EDIT)
    expect([report.outcome, report.remaining, report.unwritten]).toEqual(['written', [], []])
    expect(report.ways.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(['shape-changed struct item'])
    // What a person has to say: three lines.
    expect(report.fill.map(({ text }) => text)).toEqual([
      'FILL_IN_first_values;',
      expect.stringMatching(/^FILL_IN_where_it_ends /),
      'HOTSPLICE_SHADOW(item, first_of_item, FILL_IN_how_many)',
    ])
    expect(patch).toContain('free(hotsplice_end_of_item(item))')
    expect(patch).toContain('do { if ( box ) hotsplice_end_of_item(&box->in.first); free(box); } while ( 0 )')
    for (const tag of ['item', 'box'])
      expect(source).toMatch(
        new RegExp(`lib/${tag}\\.c, line \\d+: \\*${tag} = \\.\\.\\. copies a struct ${tag} as a whole`),
      )
    const own = filledIn(source)
    const run = await inProgram({ files: FILES, own: [{ name: 'own.c', text: own }] }, EDIT, options =>
      createHotpatch({
        ...options,
        patches: [...options.patches, { name: 'own.patch', text: patch }],
        sources: [{ name: 'own.c', text: own, beside: 'lib/item.o' }],
      }),
    )
    expect(run.refusals).toEqual([])
    expect(run.selection.replacements.map(({ runningName }) => runningName.replace(/.*#/, '')).sort()).toEqual([
      'end_box',
      'end_item',
      'use_box',
      'use_item',
    ])
    expect(printed([patchOf(EDIT), patch], own)).toBe(printed([patchOf(EDIT)], undefined))
    const leaking = patch.replaceAll('hotsplice_end_of_item(item)', 'item')
    expect(printed([patchOf(EDIT), leaking], own)).not.toBe(printed([patchOf(EDIT)], undefined))
  })
})

test.skipIf(!hasGcc)("names are read as the patch's own are", async () => {
  const text = patchOf(EDIT).replaceAll(/^(---|\+\+\+) ([ab])\//gm, '$1 $2/b/')
  const { report, patch } = await inProgram({ files: FILES }, EDIT, options =>
    assist({ ...options, patches: [{ name: 'change.patch', text, strip: 2 }], version: '0', output: 'own.c' }),
  )
  expect([report.outcome, report.remaining, report.unwritten]).toEqual(['written', [], []])
  expect(patch).toContain('+++ b/a/lib/item.c\n')
})

/** Reads the header, and uses nothing that is new. */
const OTHER = '#include "item.h"\nint other(struct item *item) { return item->next != 0; }\n'

describe.skipIf(!hasGcc)(`a structure that surely lives${withoutGcc}`, () => {
  /** What comes of it, and how many units were compiled at once. */
  const told = async (files: Readonly<Record<string, string>>, edit: Edit, acceptTypes: readonly string[] = []) => {
    const steps: string[] = []
    const progress = { ...quiet, step: (text: string) => steps.push(text) }
    const found = await inProgram({ files }, edit, options =>
      assist({ ...options, acceptTypes, progress, version: '0', output: 'own.c' }),
    )
    return { found, most: Math.max(...steps.map(step => Number(/compiling (\d+) units?/.exec(step)?.[1] ?? 0))) }
  }
  const files = { ...FILES, 'lib/other.c': OTHER, 'lib/more.c': OTHER.replace('other', 'more') }

  test('the patch is built with what is written, and never as it is', async () => {
    const edit = { ...EDIT, 'lib/item.c': `${EDIT['lib/item.c']}int limit = 5;\n` }
    const all = { ...files, 'lib/item.c': `${ITEM}int limit = 4;\n` }
    for (const [before, after] of [
      [files, EDIT],
      [all, edit],
    ] as const) {
      const early = await told(before, after)
      // A type that was accepted may be this one: then it is built as it is first.
      const late = await told(before, after, ['no_such_type'])
      expect(early.found).toEqual(late.found)
      expect(early.found.report.remaining).toEqual([])
      expect([early.most, late.most]).toEqual([3, 4])
    }
  })

  test.for([
    {
      what: 'whose objects end with the functions that are replaced',
      files: {
        'lib/a.c': 'struct pair { int a; };\nint f(int x) { struct pair p; p.a = x * x + 7; return p.a % 5; }\n',
      },
      edit: {
        'lib/a.c':
          'struct pair { int a;\nint b;\n};\nint f(int x) { struct pair p; p.a = x * x + 9; p.b = x + 4; return p.a % p.b; }\n',
      },
    },
    {
      what: 'which no code uses',
      files: { 'lib/a.c': 'struct item { int a; } *all;\nint f(void) { return all->a; }\n' },
      edit: { 'lib/a.c': 'struct item { int a;\nint b;\n} *all;\nint f(void) { return all->a; }\n' },
    },
    {
      what: 'whose member is not compiled',
      files: { 'lib/a.c': 'struct item { int a; } *all;\nint f(void) { return all->a; }\n' },
      edit: {
        'lib/a.c': 'struct item { int a;\n#ifdef SUCH\nint b;\n#endif\n} *all;\nint f(void) { return all->a + 1; }\n',
      },
    },
  ])('and one $what', async ({ files, edit }) => {
    const { found } = await told(files, edit)
    expect([found.report.outcome, found.report.remaining]).toEqual(['nothing-to-do', []])
  })
})

const unwritten = ({ report }: Assisted) => report.unwritten.map(({ symbol, why }) => `${symbol}: ${why}`)

describe.skipIf(!hasGcc)(`members that are not plain${withoutGcc}`, () => {
  test.for([
    {
      what: 'a member that goes as well',
      header: HEADER.replace('  struct item *next;\n', '  int uses;\n'),
      why: 'struct item: the patch changes or takes away other lines of it',
    },
    {
      what: 'a member of a structure without a tag',
      header: HEADER.replace('{ struct item first; }', '{\n struct item first;\n int uses;\n }'),
      why: undefined,
    },
  ])('$what', async ({ header, why }) => {
    const edit = { 'lib/item.h': header, 'lib/item.c': ITEM.replace('item->id * 1000', 'item->id * 1001') }
    const result = await assisted(FILES, edit)
    expect(result.report.outcome).toBe('refused')
    expect(unwritten(result)).toEqual(why === undefined ? [expect.stringContaining('struct box: ')] : [why])
  })

  test('where the accesses cannot be written, nothing of them is, beside what can be', async () => {
    const more = 'int limit = 4;\nstruct item first = { .id = 1 };\n'
    const files = { ...FILES, 'lib/item.c': ITEM + more }
    const text = EDIT['lib/item.c'] + more.replace('= 4', '= 5').replace('.id = 1', '.id = 1, .uses = 2')
    const { report, patch, source } = await assisted(files, { ...EDIT, 'lib/item.c': text })
    expect(report.unwritten.map(({ symbol }) => symbol)).toEqual(['struct item'])
    expect(report.ways.map(({ code }) => code)).toEqual(['changed-data'])
    expect([patch, report.patch]).toEqual(['', null])
    expect(source).not.toContain('HOTSPLICE_SHADOW(')
  })

  test('one is freed by a cast pointer', async () => {
    const cast = (text: string) => text.replace('free(item)', 'free((void *)item)')
    const files = { ...FILES, 'lib/item.c': cast(ITEM) }
    const { patch, source } = await assisted(files, { ...EDIT, 'lib/item.c': cast(EDIT['lib/item.c']) })
    expect(patch).toContain('free(hotsplice_end_of_item((void *)item))')
    expect(source).toContain('(free of struct item)')
  })

  test('where nothing frees an object, that is for a person to say', async () => {
    const files = {
      ...FILES,
      'lib/item.c': ITEM.replace('free(item)', '(void)item'),
      'lib/box.c': BOX.replace('free(box)', '(void)box'),
    }
    const edit = {
      ...EDIT,
      'lib/item.c': EDIT['lib/item.c'].replace('free(item)', '(void)item'),
      'lib/box.c': EDIT['lib/box.c'].replace('free(box)', '(void)box'),
    }
    const { report } = await assisted(files, edit)
    expect(report.fill.map(({ text }) => text.replace(/ .*/, ''))).toEqual([
      'FILL_IN_first_values;',
      'FILL_IN_where_it_ends',
      'HOTSPLICE_SHADOW(item,',
    ])
  })

  test.for([
    ...sampled([
      {
        what: 'one of many',
        more: 'struct many { struct item items[4]; };\n',
        doubt: 'lib/item.h:15 has many in struct many',
      },
      {
        what: 'in a function',
        more: 'static inline int g(void) { struct item one = { 1 }; return use_item(&one); }\n',
        doubt: 'lib/item.h:15 has one as a variable',
      },
      {
        what: 'in many of what holds one',
        more: 'struct shelf { struct box boxes[3]; };\n',
        doubt: 'lib/item.h:15 has many in struct shelf',
      },
      {
        what: 'a variable of the whole file',
        more: 'extern struct item *at, pool[8];\n',
        doubt: 'lib/item.h:15 has many as a variable',
      },
      {
        what: 'freed in a header',
        more: '#include <stdlib.h>\nstatic inline void g(struct item *item) { free(item); }\n',
        doubt: 'lib/item.h, line 16: free(item) frees a struct item, in a header: say there that it ends',
      },
      {
        what: 'freed without its type',
        more: '#include <stdlib.h>\nstatic inline void g(void *it) { free(it); }\n',
        doubt: 'lib/item.h, line 16: free(it) frees something of no type',
      },
      {
        what: 'freed in a macro',
        more: '#include <stdlib.h>\n#define drop(it) free(it)\n',
        doubt: 'lib/item.h:16 has free in a macro',
      },
      {
        what: 'freed where it was not compiled',
        more: '#ifdef NEVER\nstatic inline void g(struct item *item) { free(item); }\n#endif\n',
        doubt: 'lib/item.h, line 16: free(item) was not compiled, or the compiler did not say what it frees',
      },
      { what: 'in what no unit that uses it knows', more: '', doubt: 'lib/other.c:2 has one in struct other' },
    ]),
  ])('an object that ends otherwise: $what', async ({ more, doubt }) => {
    const other =
      '#include "item.h"\nstruct other { int a; struct item item; };\nint h(struct other *o) { return o->a; }\n'
    const files = { ...FILES, 'lib/item.h': HEADER + more, ...(more === '' ? { 'lib/other.c': other } : {}) }
    const edit = { ...EDIT, 'lib/item.h': EDIT['lib/item.h'] + more }
    const { report } = await assisted(files, edit)
    expect(report.source).toContain(`\n *   ${doubt}\n`)
    expect(report.fill.some(({ text }) => text.startsWith('FILL_IN_where_it_ends'))).toBe(true)
  })
})
