/** A small program whose types the tests change: two units and a header, built as a user's tree would be. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import type { HotpatchRun } from '../../src/flows/hotpatch/hotpatch.ts'
import { quiet } from '../../src/trees/index.ts'
import { createHotpatch } from '../support/opened.ts'

export const FILES = {
  'types.h': `
enum { LOW, HIGH };
enum state { IDLE, BUSY, GONE };
typedef unsigned int counter_t;
typedef struct { int width; int height; } extent_t;
struct spot;
struct item {
  struct item *next;
  int id;
  int weight;
  unsigned flags : 3;
  unsigned rest : 5;
  counter_t seen;
  enum state state;
  union { int number; float part; };
  struct { short x, y; } at;
  char name[8];
  extent_t extent;
};
struct box { int count; struct item first; int last; };
struct sums { int total; int most; };
struct spot { int row; int column; };
struct ops { int (*weigh)(struct item *); };
extern struct item *items;
int weigh(int amount);
int heavy(struct item *item);
int tally(struct sums *sums, int by);
`,
  'one.c': `
#include <stdlib.h>
#include "types.h"
struct item *items;
static long level;
void rise(long by) { level += by; }
int weigh(int amount) { return amount * 3 + (int)level; }
int heavy(struct item *item) { return item->weight > 100; }
int tally(struct sums *sums, int by) { sums->total += by; return sums->total; }
int count(void) {
  enum { FROM, TO };
  struct sums sums = { FROM, 0 };
  for (struct item *item = items; item; item = item->next) tally(&sums, weigh(item->weight));
  return sums.total;
}
int middle(int row, int column) {
  enum { TO, FROM };
  struct spot spot;
  spot.row = row * 2;
  spot.column = column * 2 + FROM;
  return spot.row + spot.column;
}
`,
  'two.c': `
#include <stdlib.h>
#include "types.h"
static struct box box;
int limit = 100;
int over(int by) { return by > limit; }
const struct ops ops = { heavy };
struct item *add(int id) {
  struct item *item = calloc(1, sizeof *item);
  item->id = id;
  item->next = items;
  items = item;
  box.count++;
  return item;
}
int three(void) { return weigh(3); }
int fetch(int id) {
  for (struct item *item = items; item; item = item->next)
    if (item->id == id) return item->state == BUSY ? item->number : item->rest;
  return LOW;
}
`,
  'apart.c': `
int weigh(int amount);
int apart(int by) { return weigh(by) + 1; }
`,
} as const

export type File = keyof typeof FILES
export type Edit = readonly [file: File, from: string, to: string]

/** The program, built once, and a cache beside it: a run writes to neither source nor objects. */
export interface Program {
  readonly folder: string
  readonly close: () => void
}

export function buildProgram(): Program {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-shapes-'))
  const entries = Object.entries(FILES).map(([file, text]) => {
    writeFileSync(join(folder, file), text)
    const object = file.replace('.c', '.o')
    return { directory: folder, file, arguments: ['gcc', '-O2', '-fno-inline', '-c', file, '-o', object] }
  })
  const sources = entries.filter(({ file }) => file.endsWith('.c'))
  for (const { arguments: args } of sources) execFileSync(args[0] ?? '', args.slice(1), { cwd: folder })
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(sources))
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Patches the program by the edits, and gives back what the run found out. */
export function hotpatch(
  { folder }: Program,
  edits: readonly Edit[],
  acceptTypes: readonly string[] = [],
): Promise<HotpatchRun> {
  return createHotpatch({
    tree: folder,
    target: 'process',
    lines: 'ignore',
    patches: [{ name: 'change.patch', text: patchOf(edits) }],
    jobs: 2,
    progress: quiet,
    cacheFolder: join(folder, '.cache'),
    acceptTypes,
  })
}

/** The edits as a patch. */
export function patchOf(edits: readonly Edit[]): string {
  const texts = new Map<File, string>()
  for (const [file, from, to] of edits) {
    const before = texts.get(file) ?? FILES[file]
    if (!before.includes(from)) throw new Error(`${file} holds no ${from}`)
    texts.set(
      file,
      before.replace(from, () => to),
    )
  }
  return [...texts].map(([file, text]) => createTwoFilesPatch(`a/${file}`, `b/${file}`, FILES[file], text)).join('')
}
