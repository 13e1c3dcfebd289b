/** `hotsplice build` as a process, on the example of the README: what is written, what is not, and how it ends. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readReport } from '../../src/report/schema.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { writeScript } from '../support/script.ts'
import { hotsplice } from '../xen/command.ts'
import { type Demo, makeDemo, patchOf } from './support/demo.ts'

let demo: Demo
let env: NodeJS.ProcessEnv
beforeAll(() => {
  demo = makeDemo()
  env = { ...process.env, HOTSPLICE_CACHE: join(demo.folder, 'cache') }
})
afterAll(() => {
  rmSync(demo.folder, { recursive: true, force: true })
})

async function build(patch: string, ...more: string[]) {
  const json = join(demo.folder, 'report.json')
  rmSync(json, { force: true })
  const args = ['build', '--target', 'process', '--tree', demo.tree, '--patch', patch, '--lines', 'ignore']
  const run = await hotsplice([...args, '--json', json, ...more], { cwd: demo.folder, env })
  return { ...run, report: readReport(readFileSync(json, 'utf8'), json) }
}

const payloads = () => readdirSync(demo.folder).filter(name => name.includes('.livepatch'))

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  test('the example: both functions are in, and explain says why each', async () => {
    const { status, report, stdout } = await build(demo.patch)
    expect(status).toBe(0)
    expect(report.functions.map(({ name, unit, included }) => ({ name, unit, included }))).toEqual([
      { name: 'f1', unit: 'file1.o', included: true },
      { name: 'f2', unit: 'file1.o', included: true },
    ])
    expect(report.payload).toMatchObject({
      file: 'fix.livepatch',
      size: readFileSync(join(demo.folder, 'fix.livepatch')).length,
    })
    expect(stdout).toContain(`built fix.livepatch`)
    const explained = await hotsplice(['explain', 'report.json'], { cwd: demo.folder })
    expect(explained.stdout).toMatch(/^f1 \(file1\.o\): changed, in the payload\n {2}its size went from /)
    expect(explained.stdout).toMatch(
      /^f2 \(file1\.o\): changed, in the payload\n {2}byte 0x[0-9a-f]+ went from 0xc to 0xe/m,
    )
    rmSync(join(demo.folder, 'fix.livepatch'))
  })

  test('with --lines mask only the mended one is in', async () => {
    const { status, report } = await build(demo.patch, '--lines', 'mask')
    expect(status).toBe(0)
    expect(report.functions.map(({ name, verdict, included }) => `${name} ${verdict} ${included}`)).toEqual([
      'f1 changed true',
      'f2 line-only false',
    ])
    rmSync(join(demo.folder, 'fix.livepatch'))
  })

  test('piped output has a line a step, and no control characters', async () => {
    const { stdout, stderr } = await build(demo.patch, '-o', 'quiet.livepatch')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    expect(stderr).toMatch(/^compiling 1 unit$/m)
    rmSync(join(demo.folder, 'quiet.livepatch'))
  })

  test('JSON on standard output is all that is there', async () => {
    const args = [
      'build',
      '--target',
      'process',
      '--tree',
      demo.tree,
      '--patch',
      demo.patch,
      '--json',
      '-',
      '-o',
      'x.livepatch',
    ]
    const { stdout, stderr } = await hotsplice(args, { cwd: demo.folder, env })
    expect(readReport(stdout, 'stdout').outcome).toBe('built')
    expect(stderr).toBe('')
    rmSync(join(demo.folder, 'x.livepatch'))
  })

  test('a comment: 3, nothing is written', async () => {
    const patch = patchOf(demo, 'comment', ['return balance - amount;', 'return balance - amount; /* what is left */'])
    const { status, report, stdout } = await build(patch)
    expect(status).toBe(3)
    expect(report).toMatchObject({ outcome: 'nothing-to-do', payload: null, functions: [] })
    expect(stdout).toContain('nothing to do')
    expect(payloads()).toEqual([])
  })

  test('a patch that does not apply: 1, with file and line, and what an earlier run wrote is gone', async () => {
    const patch = patchOf(demo, 'stale', ['balance - amount', 'balance - amount - 1'])
    writeFileSync(patch, readFileSync(patch, 'utf8').replace(/^-.*balance - amount;/m, '-    return nothing;'))
    writeFileSync(join(demo.folder, 'stale.livepatch'), 'of an earlier run')
    const { status, report, stderr } = await build(patch)
    expect(status).toBe(1)
    expect(report).toMatchObject({ outcome: 'error', error: { code: 'source/hunk-failed' }, payload: null })
    expect(stderr).toContain('file1.c')
    expect(payloads()).toEqual([])
  })

  test('a refusal: 2, with its way out, and no payload', async () => {
    const patch = patchOf(
      demo,
      'data',
      ['int f1(', 'static int fee = 1;\n__thread int taken;\nint f1('],
      ['return balance - amount;', 'return balance - amount - fee++ - taken++;'],
    )
    const { status, report, stdout } = await build(patch)
    expect(status).toBe(2)
    expect(report.outcome).toBe('refused')
    expect(report.refusals.map(({ code }) => code)).toContain('thread-local-data')
    expect(stdout).toContain('way out:')
    expect(payloads()).toEqual([])
  })

  test('a compiler that fails: 1, with its own words', async () => {
    const patch = patchOf(demo, 'wrong', ['return balance - amount;', 'return balance - amounts;'])
    const { status, stderr } = await build(patch)
    expect(status).toBe(1)
    expect(stderr).toMatch(/amounts.* undeclared/)
    expect(payloads()).toEqual([])
  })

  describe('--expect-functions', () => {
    test.for([
      { list: '# both\nfile1.o f1\nf2\n', status: 0 },
      { list: 'f1\n', status: 2 },
      { list: 'f1\nf2\nf3\n', status: 2 },
    ])('$list: $status', async ({ list, status }) => {
      writeFileSync(join(demo.folder, 'list'), list)
      const run = await build(demo.patch, '--expect-functions', 'list', '-o', 'gate.livepatch')
      expect(run.status).toBe(status)
      expect(payloads()).toEqual(status === 0 ? ['gate.livepatch'] : [])
      if (status === 2)
        expect(run.stdout).toMatch(/unexpected-functions.*expected f1.*would have file1\.o f1, file1\.o f2/s)
      rmSync(join(demo.folder, 'gate.livepatch'), { force: true })
    })
  })

  test('interrupted: 130, JSON but no payload, and nothing is left in the tree', async () => {
    const begun = join(demo.folder, 'begun')
    const slow = writeScript(
      join(demo.folder, 'slow-gcc'),
      `case "$*" in *-c*) : > '${begun}'; sleep 60;; esac\nexec gcc "$@"`,
    )
    const other = makeDemo(slow)
    const before = readdirSync(other.tree)
    const args = ['build', '--target', 'process', '--tree', other.tree, '--patch', other.patch, '--json', 'cut.json']
    const { code, stderr } = await interrupted(args, { cwd: other.folder, env, begun })
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted\n$/)
    expect(readReport(readFileSync(join(other.folder, 'cut.json'), 'utf8'), 'cut.json').error?.code).toBe(
      'cli/interrupted',
    )
    expect(readdirSync(other.folder).filter(name => name.includes('livepatch'))).toEqual([])
    expect(readdirSync(other.tree)).toEqual(before)
    rmSync(other.folder, { recursive: true })
  })
})

/** Starts the command, sends it a SIGINT once the file `begun` is there, and waits for its end. */
function interrupted(
  args: readonly string[],
  { cwd, env: environment, begun }: { cwd: string; env: NodeJS.ProcessEnv; begun: string },
): Promise<{ code: number | null; stderr: string }> {
  const command = new URL('../../bin/hotsplice', import.meta.url).pathname
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    const watch = setInterval(() => {
      if (!existsSync(begun)) return
      clearInterval(watch)
      child.kill('SIGINT')
    }, 20)
    child.on('error', reject)
    child.on('close', code => {
      clearInterval(watch)
      resolve({ code, stderr })
    })
  })
}
