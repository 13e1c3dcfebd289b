/** Several patches on one file: a hunk is linked to what became of its lines, not to what stands where they once stood. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { hunkViews } from '../../src/report/page/hunks.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const FIRST = `int total;
int early(int a)
{
    total += a;
    return total;
}
int middle(int a)
{
    total -= a;
    return total;
}
int late(int a)
{
    total ^= a;
    return total;
}
`
/** The second moves all lines down; the third writes a line anew that the first wrote. */
const SECOND = FIRST.replace('total -= a;', 'total -= a + 1;').replace('total ^= a;', 'total ^= a + 1;')
const THIRD = `int more;\nint another;\nint last;\nint further;\nint most;\n${SECOND}`.replace(
  'total +=',
  'total += 2 *',
)
const FOURTH = THIRD.replace('total ^= a + 1;', 'total ^= a + 3;')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.skipIf(!hasGcc)(`by text and by debug information${withoutGcc}`, async () => {
  writeFileSync(join(folder, 'sum.c'), FIRST)
  const words = ['gcc', '-O2', '-g', '-c', 'sum.c', '-o', 'sum.o']
  const entry = { directory: folder, file: 'sum.c', arguments: words }
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify([entry]))
  const texts = [FIRST, SECOND, THIRD, FOURTH]
  const patches = texts.slice(1).map((after, at) => ({
    name: `${at + 1}.patch`,
    text: createTwoFilesPatch('a/sum.c', 'b/sum.c', texts[at] ?? '', after, '', '', { context: 1 }),
  }))
  const options = {
    tree: folder,
    target: 'process',
    cacheFolder: join(folder, 'cache'),
    jobs: 1,
    progress: quiet,
  } as const
  const { report } = await build({ ...options, patches, version: '', output: 'sum.livepatch', details: true })
  expect(report.outcome).toBe('built')
  const told = hunkViews(report).map(({ from, bodies, isBodyUnknown, functions }) => ({
    from,
    bodies,
    isBodyUnknown,
    functions: functions.map(({ symbol }) => symbol),
  }))
  expect(told).toEqual([
    { from: 8, bodies: ['middle'], isBodyUnknown: false, functions: ['middle'] },
    // Its line is written anew by the last: by the one beside it the text still tells whose it was.
    { from: 13, bodies: ['late'], isBodyUnknown: true, functions: [] },
    { from: 1, bodies: [], isBodyUnknown: false, functions: [] },
    { from: 8, bodies: ['early'], isBodyUnknown: false, functions: ['early'] },
    { from: 18, bodies: ['late'], isBodyUnknown: false, functions: ['late'] },
  ])
})
