/** The small cases through the command: `diff` of two objects, and `build --target process` of a tree with one file. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { caseFolder, flagsOf, readCases, type SmallCase, targetOf } from '../cases/read.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { type BuildReport, buildPayload, hotsplice } from '../xen/command.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-small-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe.skipIf(!hasGcc)(`diff says what is expected${withoutGcc}`, () => {
  test.for(sampled(readCases()))('$name', async one => {
    const wanted = readFileSync(join(caseFolder, one.name, 'expected/verdicts.txt'), 'utf8')
    const files = [one.before, one.after].map((text, index) => {
      const file = join(folder, `${index}.o`)
      writeFileSync(file, compile(text, flagsOf(one), 'input.c'))
      return file
    })
    const { status, stdout, stderr } = await hotsplice(['diff', ...files, '--target', targetOf(one), '--json', '-'])
    const report = JSON.parse(stdout) as BuildReport
    expect(linesOf(report), stderr).toEqual(familyLines(wanted))
    expect([status, report.outcome]).toEqual(wanted === 'nothing\n' ? [3, 'nothing-to-do'] : [0, 'differs'])
  })
})

describe.skipIf(!hasGcc)(`build for a process${withoutGcc}`, () => {
  const chosen = ['line-number', 'static-locals', 'cold-part', 'new-function', 'strings-merged', 'jump-table']
  test.for(sampled(readCases().filter(({ name }) => chosen.includes(name))))('$name', async one => {
    const { status, report, payload, stderr } = await buildHere(one)
    expect(report, stderr).toMatchObject({ outcome: 'built', refusals: [] })
    expect(status).toBe(0)
    expect(linesOf(report)).toEqual(
      familyLines(readFileSync(join(caseFolder, one.name, 'expected/verdicts.txt'), 'utf8')),
    )
    writeFileSync(join(folder, 'payload'), payload ?? '')
    const { status: readable, stderr: complaints } = spawnSync('readelf', ['-aW', join(folder, 'payload')])
    expect([readable, complaints.toString()]).toEqual([0, ''])
  })

  test.for(readCases().filter(({ name }) => ['thread-local', 'changed-data'].includes(name)))(
    '$name is refused',
    async one => {
      const { status, report, payload } = await buildHere(one)
      expect(report.refusals.map(({ code }) => code)).toEqual([
        one.name === 'changed-data' ? one.name : 'thread-local-data',
      ])
      expect([status, payload]).toEqual([2, undefined])
    },
  )
})

const hasGxx = hasGcc && spawnSync('gcc', ['-x', 'c++', '-E', '/dev/null']).status === 0

describe.skipIf(!hasGxx)(`code that exceptions may pass through${hasGxx ? '' : ' (g++ is missing)'}`, () => {
  test.for([
    { more: ['-fexceptions'], passes: true },
    { more: ['-fexceptions', '-fno-exceptions'], passes: false },
    { more: ['-x', 'c++'], passes: true },
    { more: ['-xc++'], passes: true },
    { more: ['-x', 'c++', '-fno-exceptions'], passes: false },
  ])('gcc $more: refused $passes', async ({ more, passes }) => {
    const one = readCases().find(({ name }) => name === 'new-function')
    if (one === undefined) throw new Error('the case is gone')
    const { status, report, payload, stderr } = await buildHere(one, more)
    expect(new Set(report.refusals.map(({ code }) => code)), stderr).toEqual(new Set(passes ? ['unwinding'] : []))
    expect([status, payload !== undefined]).toEqual(passes ? [2, false] : [0, true])
  })
})

async function buildHere(one: SmallCase, more: readonly string[] = []) {
  writeFileSync(join(folder, 'input.c'), one.before)
  const command = ['gcc', ...flagsOf(one), ...more, '-c', 'input.c', '-o', 'input.o']
  expect(spawnSync('gcc', command.slice(1), { cwd: folder }).status).toBe(0)
  expect(existsSync(join(folder, 'input.o'))).toBe(true)
  const entries = [{ directory: folder, file: 'input.c', arguments: command }]
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
  const patch = join(caseFolder, one.name, 'change.patch')
  return await buildPayload({ tree: folder, patch, folder, more: ['--target', 'process'] })
}

const linesOf = ({ functions, data }: BuildReport) =>
  [...functions.map(f => `function ${f.name}: ${f.verdict}`), ...data.map(d => `data ${d.name}: ${d.verdict}`)].sort()

/** The JSON has one entry for all clones of a name. */
function familyLines(text: string): string[] {
  const lines = text
    .trim()
    .split('\n')
    .filter(line => line !== 'nothing')
  return [...new Set(lines.map(line => line.replace(/^(\w+ [^.:]*)[^:]*:/, '$1:')))].sort()
}
