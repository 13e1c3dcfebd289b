/** `hotsplice report`, `diff --html` and `build --html` as processes: what is in the page's file, and when there is none. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PageData } from '../../src/report/page/model.ts'
import { readReport } from '../../src/report/schema.ts'
import { built, rehearsed, verified } from '../page/support/reports.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { hotsplice } from '../xen/command.ts'

const SOURCE = 'int f1(int a) { return a % 7 + a + 1; }\nint same(int a) { return a; }\n'
const PATCH = `Subject: [PATCH] two more

--- a/f.c
+++ b/f.c
@@ -1,2 +1,2 @@
-int f1(int a) { return a % 7 + a + 1; }
+int f1(int a) { return a % 7 + a + 2; }
 int same(int a) { return a; }
`

let folder = ''
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  const command = { directory: folder, file: 'f.c', arguments: ['gcc', '-O2', '-g', '-c', 'f.c', '-o', 'f.o'] }
  writeFileSync(at('compile_commands.json'), JSON.stringify([command]))
  writeFileSync(at('f.c'), SOURCE)
  writeFileSync(at('fix.patch'), PATCH)
  writeFileSync(at('wrong.patch'), PATCH.replace('a + 1', 'a + 7'))
  writeFileSync(at('built.json'), JSON.stringify(built(3)))
  writeFileSync(at('verify.json'), JSON.stringify({ schema: 1, ...verified(), checks: stagesOf(verified()) }))
  writeFileSync(at('text.json'), 'no JSON')
  const error = { code: 'cli/cannot-read', text: 'no', trail: [], hint: null }
  writeFileSync(
    at('failed.json'),
    JSON.stringify({ schema: 1, command: 'verify', version: '', outcome: 'error', error }),
  )
  if (!hasGcc) return
  writeFileSync(at('original.o'), compile(SOURCE))
  writeFileSync(at('patched.o'), compile(SOURCE.replace('a + 1', 'a + 2')))
})
afterAll(() => rmSync(folder, { recursive: true }))

const stagesOf = ({ checks }: ReturnType<typeof verified>) => checks.map(check => ({ ...check, stage: 'upload' }))
const run = (...args: string[]) => hotsplice(args, { cwd: folder })

function dataOf(file: string): PageData {
  const text = readFileSync(at(file), 'utf8')
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)?.[1] ?? '')
}

test('a build and what verify and rehearse said of it are in one page', async () => {
  const { operations, timings } = { ...rehearsed(), timings: { boot: 1, script: 1, total: 2 } }
  const rehearsal = { schema: 1, ...rehearsed(), operations: operations.map(each => ({ ...each, time: 1 })), timings }
  writeFileSync(at('rehearse.json'), JSON.stringify(rehearsal))
  const { status, stdout } = await run('report', 'built.json', 'verify.json', 'rehearse.json', '-o', 'one.html')
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'wrote one.html\n' })
  const { builds, verifications, rehearsals } = dataOf('one.html')
  expect(builds.map(({ report }) => report)).toEqual([built(3)])
  expect(verifications[0]?.report.checks).toHaveLength(3)
  expect(rehearsals[0]?.report.console).toEqual(rehearsed().console)
  // Written beside and renamed: nothing is left of that.
  expect(readdirSync(folder).filter(name => !/^[\w.]+\.(?:html|json|c|o|patch|livepatch)$/.test(name))).toEqual([])
})

test.each([
  ['no JSON', ['text.json', '-o', 'none.html'], 'report/not-json'],
  ['a file that is not there', ['nowhere.json', '-o', 'none.html'], 'cli/cannot-read'],
  [
    'a run of another command that failed',
    ['failed.json', '-o', 'none.html'],
    'tells of a run of verify that failed: no',
  ],
  ['standard output', ['built.json', '-o', '-'], 'cli/usage'],
  ['a report that the page would replace', ['built.json', '-o', 'built.json'], 'cli/same-file'],
])('%s is refused, and no page is written', async (_what, args, words) => {
  const { status, stderr } = await run('report', ...args)
  expect(status).toBe(1)
  expect(stderr).toContain(words)
  expect(existsSync(at('none.html'))).toBe(false)
})

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  test('diff --html has what the JSON has, instructions too', async () => {
    expect((await run('diff', 'original.o', 'patched.o', '--html', 'd.html', '--json', 'd.json')).status).toBe(0)
    const report = readReport(readFileSync(at('d.json'), 'utf8'), 'd.json')
    const [build] = dataOf('d.html').builds
    expect({ ...build?.report, timings: {} }).toEqual({ ...report, timings: {} })
    expect(build?.report.details?.listings.map(({ name }) => name)).toEqual(['f1'])
    // Without a page nobody asked for them.
    await run('diff', 'original.o', 'patched.o', '--json', 'plain.json')
    expect(readReport(readFileSync(at('plain.json'), 'utf8'), '').details).toBeNull()
  })

  test('a failed run takes the place of an earlier page, and of nothing else', async () => {
    writeFileSync(at('mine.html'), 'my own notes')
    await run('diff', 'original.o', 'patched.o', '--html', 'old.html')
    for (const page of ['old.html', 'mine.html']) {
      expect((await run('diff', 'original.o', 'text.json', '--html', page)).status).toBe(1)
    }
    expect(dataOf('old.html').builds[0]?.headline).toMatch(/^The comparison failed: /)
    expect(readFileSync(at('mine.html'), 'utf8')).toBe('my own notes')
  })

  test('build --html: the patch, its subject, and which function has code of its hunk', async () => {
    const args = ['build', '--target', 'process', '--tree', '.', '--patch', 'fix.patch', '--html', 'b.html']
    expect((await run(...args, '--json', 'b.json')).status).toBe(0)
    const [build] = dataOf('b.html').builds
    expect(build?.title).toBe('two more')
    expect(build?.report.details?.patches).toEqual([PATCH])
    expect(build?.report.lines.code.map(({ symbol }) => symbol)).toEqual(['f1'])
    const report = readReport(readFileSync(at('b.json'), 'utf8'), '')
    expect(report.patches).toEqual([{ name: 'fix.patch', subject: 'two more' }])
    await run('report', 'b.json', '-o', 'again.html')
    expect(dataOf('again.html').builds[0]?.report).toEqual(build?.report)
  })

  test('of a patch that does not fit, the page says so', async () => {
    const args = ['build', '--target', 'process', '--tree', '.', '--patch', 'wrong.patch', '--html', 'w.html']
    expect((await run(...args)).status).toBe(1)
    expect(dataOf('w.html').builds[0]).toMatchObject({ word: 'failed', tone: 'bad' })
  })
})
