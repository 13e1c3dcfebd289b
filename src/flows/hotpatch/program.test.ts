/** From objects of a whole program to what is selected: whose definition counts decides what is replaced. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectionLines } from '../../../tests/support/judge.ts'
import { openTree } from '../../../tests/support/opened.ts'
import { select } from '../../select/select.ts'
import { quiet } from '../../trees/index.ts'
import { inProgram } from './program.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none', '-fcommon']
const HEAD = 'extern int out(int);\n'
const WEAK = '__attribute__((weak, noinline)) '
const LIMIT = 'int limit(int i) { return out(i) * 5000; }\n'
const G = 'int g(int i) { return out(i) * 7; }\n'

interface Row {
  readonly name: string
  /** By file, its text before and after; one text where the patch does not concern it. */
  readonly files: Readonly<Record<string, readonly [string, string] | readonly [string]>>
  readonly selected: readonly string[]
}

test.skipIf(!hasGcc).for<Row>([
  {
    name: 'a weak function that lost is left alone',
    files: { 'w.c': [WEAK + LIMIT, WEAK + LIMIT.replace('5000', '6000')], 's.c': [LIMIT] },
    selected: [],
  },
  {
    name: 'a weak function that is the only one is replaced',
    files: { 'w.c': [WEAK + LIMIT, WEAK + LIMIT.replace('5000', '6000')], 's.c': [G] },
    selected: ['replacement limit'],
  },
  {
    name: 'a strong function beside a weak one in a file that the patch does not concern',
    files: { 's.c': [G, G + LIMIT], 'w.c': [WEAK + LIMIT] },
    selected: ['refused other-definition limit'],
  },
  {
    name: 'a function that moves to another file and changes',
    files: { 'a.c': [G + LIMIT, G], 'b.c': ['int b;', LIMIT.replace('5000', '6000')] },
    selected: ['replacement limit'],
  },
  {
    name: 'a function that moves, and that a third file defines as well',
    files: { 'a.c': [G + LIMIT, G], 'b.c': ['int b;', LIMIT.replace('5000', '6000')], 'c.c': [LIMIT] },
    selected: ['refused other-definition limit'],
  },
  {
    name: 'a COMMON variable that another file has already is that one',
    files: {
      'a.c': [G, `int total; ${G.replace('* 7', '* 9 + total')}`],
      'b.c': ['int total; int h(void) { return total; }'],
    },
    selected: ['replacement g', 'g -> total of the running system'],
  },
  {
    name: 'a function that two programs of one tree have is new to this one',
    files: { 'a.c': [G, `__attribute__((noinline)) ${LIMIT}${G.replace('* 7', '* limit(i)')}`], 'b.c': [LIMIT] },
    selected: ['replacement g', 'new-function limit'],
  },
  {
    name: 'an inline function of two files is replaced once',
    files: {
      'a.c': [WEAK + LIMIT, WEAK + LIMIT.replace('5000', '6000')],
      'b.c': [WEAK + LIMIT, WEAK + LIMIT.replace('5000', '6000')],
    },
    selected: ['replacement limit'],
  },
])(`$name${withoutGcc}`, async ({ files, selected }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    const tree = await openTree({ ...OPTIONS, tree: folderOf(folder, files), cacheFolder: join(folder, 'cache') })
    const units = Object.entries(files).flatMap(([file, [before, after]]) => {
      if (after === undefined) return []
      const [original, patched] = [compile(HEAD + before, FLAGS, file), compile(HEAD + after, FLAGS, file)]
      return [
        {
          unit: file.replace('.c', '.o'),
          fileSymbol: file,
          verdicts: judge(original, patched, PROGRAM_RULES.target.loader),
        },
      ]
    })
    const program = inProgram(tree, { units, refusals: [], notices: [] }, RUNNING)
    const selection = select(program.units, PROGRAM_RULES)
    const lines = selectionLines({ ...selection, refusals: [...program.refusals, ...selection.refusals] })
    const kept = selection.pieces.flatMap(({ piece, references }) =>
      references.flatMap(({ link }) =>
        link.to === 'running' && link.name !== 'out' ? [`${piece.name} -> ${link.name} of the running system`] : [],
      ),
    )
    expect([...lines, ...kept].toSorted()).toEqual([...selected].toSorted())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const OPTIONS = { target: 'process', jobs: 1, progress: quiet } as const
const RUNNING = { isImage: false, program: undefined }

/** The tree as its build left it: sources, objects, and how they were made. */
function folderOf(folder: string, files: Row['files']): string {
  mkdirSync(join(folder, 'cache'), { mode: 0o700 })
  const entries = Object.entries(files).map(([file, [before]]) => {
    const object = file.replace('.c', '.o')
    writeFileSync(join(folder, file), HEAD + before)
    writeFileSync(join(folder, object), compile(HEAD + before, FLAGS, file))
    return { directory: folder, file, command: `gcc ${FLAGS.join(' ')} -c ${file} -o ${object}` }
  })
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
  return folder
}
