/** `hotsplice translate` as a process: logs through a pipe, as they come, byte for byte but for what is known. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { command, hotsplice } from '../xen/command.ts'
import { type Demo, makeDemo, patchOf } from './support/demo.ts'

const WAYS = ['auto', 'neutral', 'mask', 'ignore'] as const

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  let demo: Demo
  beforeAll(async () => {
    demo = makeDemo()
    const env = { ...process.env, HOTSPLICE_CACHE: join(demo.folder, 'cache') }
    for (const way of WAYS) {
      const output = ['-o', `${way}.livepatch`, '--json', `${way}.json`]
      const args = ['build', '--target', 'process', '--tree', demo.tree, '--patch', demo.patch, '--lines', way]
      const { status, stderr } = await hotsplice([...args, ...output], { cwd: demo.folder, env })
      expect(status, stderr).toBe(0)
    }
  })
  afterAll(() => rmSync(demo.folder, { recursive: true, force: true }))

  const translate = (log: string, ...args: string[]) => {
    const options = { cwd: demo.folder, input: Buffer.from(log, 'latin1'), encoding: 'latin1' } as const
    return spawnSync(process.execPath, [command, 'translate', ...args], options)
  }

  test('what the running program prints, under each way that leaves it in place', () => {
    writeFileSync(join(demo.tree, 'main.c'), 'int f2(int);\nint main(void) { f2(-1); return 0; }\n')
    execFileSync('gcc', ['-O2', 'file1.c', 'main.c', '-o', 'program'], { cwd: demo.tree })
    const log = execFileSync(join(demo.tree, 'program'), { encoding: 'latin1' })
    expect(log).toBe('file1.c:12: the account is overdrawn\n')
    for (const way of ['auto', 'neutral', 'mask'])
      expect(translate(log, `${way}.json`).stdout).toBe('file1.c:12 {=file1.c:14}: the account is overdrawn\n')
    expect(translate('file1.c:14: of f2’s replacement\n', 'ignore.json').stdout).toMatch(
      /^file1\.c:14 \{=file1\.c:14\}/,
    )
  })

  test('--source original, --replace', () => {
    expect(translate('file1.c:12\n', 'auto.json', '--source', 'original').stdout).toBe('file1.c:12 {=file1.c:12}\n')
    expect(translate('at file1.c:12, too\n', 'auto.json', '--replace').stdout).toBe('at file1.c:14, too\n')
  })

  test('everything else stays as it is: bytes, line ends, an end without one', () => {
    const log = '\u0000\u00ff file1.c \r\nfile1.c:12\r\n\n other.c:12\nfile1.c:15 and no end'
    const said =
      '\u0000\u00ff file1.c \r\nfile1.c:12 {=file1.c:14}\r\n\n other.c:12\nfile1.c:15 {=file1.c:6} and no end'
    expect(translate(log, 'auto.json').stdout).toBe(said)
    expect(translate('', 'auto.json').stdout).toBe('')
  })

  test('JSON holds each reference with all its meanings; the log goes to standard error where it is asked for', () => {
    const run = translate('x\nfile1.c:15 file1.c:99\n', 'auto.json', '--json', '-', '-v')
    const json = JSON.parse(run.stdout)
    expect(v.safeParse(SCHEMAS.translate, json).issues).toBeUndefined()
    expect(json.payloads).toMatchObject([{ name: 'auto', report: 'auto.json' }])
    const place = { file: 'file1.c', line: 6, version: { is: 'patched', payload: 'auto' } }
    expect(json.references).toEqual([
      { logLine: 2, text: 'file1.c:15', meanings: [{ place, printers: [{ payload: 'auto', functions: ['f1'] }] }] },
      { logLine: 2, text: 'file1.c:99', meanings: [] },
    ])
    expect(run.stderr).toBe('x\nfile1.c:15 {=file1.c:6} file1.c:99 {?no such line}\n')
    expect(translate('x\nfile1.c:15\n', 'auto.json', '--json', '-').stderr).toBe('')
  })

  test('--from-log goes by the name that the payload was uploaded with', () => {
    const log = 'file1.c:14\nlivepatch: hotfix: Applying 2 functions\nfile1.c:14\n'
    const said = log.replace('14', '14 {=file1.c:16}').replace(/14\n$/, '14 {=file1.c:14}\n')
    expect(translate(log, '--from-log', 'hotfix=ignore.json').stdout).toBe(said)
    const contradicted = translate(log, 'hotfix=ignore.json')
    expect(contradicted.stderr).toMatch(/^note: line 2 of the log says that hotfix was applied there.*use --from-log/)
  })

  test('a line is written as soon as it is there; one that waits for more, after a pause', async () => {
    const child = spawn(process.execPath, [command, 'translate', 'mask.json'], { cwd: demo.folder })
    const next = async () => String((await once(child.stdout, 'data'))[0])
    child.stdin.write('file1.c:12: first\n')
    expect(await next()).toBe('file1.c:12 {=file1.c:14}: first\n')
    child.stdin.write('Xen BUG at file1.c:7\n')
    expect(await next()).toMatch(/^Xen BUG at file1\.c:7 \{\?/)
    child.stdin.end()
    expect(await once(child, 'close')).toEqual([0, null])
  })

  test('a reader that has seen enough is no failure', () => {
    const log = 'file1.c:12\n'.repeat(200_000)
    const shell = `${process.execPath} ${command} translate auto.json | head -n 1; echo "\${PIPESTATUS[0]}"`
    const run = spawnSync('bash', ['-c', shell], { cwd: demo.folder, input: log, encoding: 'utf8' })
    expect(run.stdout).toBe('file1.c:12 {=file1.c:14}\n0\n')
    expect(run.stderr).toBe('')
  })

  test('a reader that has seen enough ends it while the log goes on', async () => {
    const shell = `exec ${process.execPath} ${command} translate auto.json`
    const child = spawn('bash', ['-c', shell], { cwd: demo.folder, stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.on('error', () => undefined)
    const ended = once(child, 'exit')
    child.stdin.write('file1.c:12\n')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.write('file1.c:12\n')
    expect(await ended).toEqual([0, null])
  })

  test('so does one that reads nothing, when it goes', async () => {
    const shell = `{ yes file1.c:12 | ${process.execPath} ${command} translate auto.json; echo "$?" >&2; } | sleep 1`
    const run = spawnSync('bash', ['-c', shell], { cwd: demo.folder, encoding: 'utf8' })
    expect(run.stderr).toBe('0\n')
  })

  test.for([
    { what: 'the log', log: 'yes file1.c:12', args: '> /dev/full' },
    { what: 'one line', log: 'echo file1.c:12', args: '> /dev/full' },
    { what: 'the JSON', log: 'echo file1.c:12', args: '--json - > /dev/full' },
  ])('$what to a full disk: 1, told once', ({ log, args }) => {
    const shell = `${log} | ${process.execPath} ${command} translate auto.json ${args}; echo "\${PIPESTATUS[1]}"`
    const run = spawnSync('bash', ['-c', shell], { cwd: demo.folder, encoding: 'utf8' })
    expect(run.stderr).toMatch(
      /^(file1\.c:12 .*\n)?error: standard output cannot be written: ENOSPC.*cannot-write\]\n$/,
    )
    if (!args.includes('--json')) expect(run.stdout).toBe('1\n')
  })

  test('JSON of a log that could not be written says so', () => {
    const shell = `yes file1.c:12 | ${process.execPath} ${command} translate auto.json --json full.json > /dev/full`
    spawnSync('bash', ['-c', shell], { cwd: demo.folder, encoding: 'utf8' })
    const json = JSON.parse(readFileSync(join(demo.folder, 'full.json'), 'utf8'))
    expect(json).toMatchObject({ outcome: 'error', error: { code: 'cli/cannot-write' } })
  })

  test('a log beside the JSON that nobody reads any more ends it', () => {
    const shell = `yes file1.c:12 | ${process.execPath} ${command} translate auto.json --json - -v 2>&1 >json | head -n 1`
    const run = spawnSync('bash', ['-c', shell], { cwd: demo.folder, encoding: 'utf8' })
    expect(run.stdout).toBe('file1.c:12 {=file1.c:14}\n')
    expect(JSON.parse(readFileSync(join(demo.folder, 'json'), 'utf8'))).toMatchObject({ outcome: 'done' })
  })

  test('a log that cannot be read, and one that is a report too', () => {
    const shell = `${process.execPath} ${command} translate auto.json 0> written; echo $?; ${process.execPath} ${command} translate - < auto.json`
    const run = spawnSync('bash', ['-c', shell], { cwd: demo.folder, encoding: 'utf8' })
    expect(run).toMatchObject({ status: 1, stdout: '1\n' })
    expect(run.stderr).toMatch(
      /^error: standard input cannot be read: EBADF.*\[cli\/cannot-read\]\nerror: .*\[cli\/usage\]/,
    )
  })

  test('lines that only became others: comments put in, a statement split', async () => {
    const patch = patchOf(
      demo,
      'around',
      ['int f1(', '/* one\n * two */\nint f1('],
      ['balance - amount', 'balance - amount * 2'],
      ['return balance;', 'return\n        balance;'],
    )
    for (const way of ['auto', 'mask'] as const) {
      const output = ['-o', 'around.livepatch', '--json', 'around.json', '--lines', way]
      const args = ['build', '--target', 'process', '--tree', demo.tree, '--patch', patch, ...output]
      expect((await hotsplice(args, { cwd: demo.folder })).status).toBe(0)
      const said = {
        auto: '{=file1.c:6}',
        mask: '{?file1.c:6 by code that was not replaced | file1.c:4 by f1 in around}',
      }
      expect(translate('file1.c:4', 'around.json').stdout).toBe(`file1.c:4 ${said[way]}`)
      expect(translate('file1.c:12', 'around.json').stdout).toBe('file1.c:12 {=file1.c:14}')
    }
  })

  test('a report without a payload: 1, and JSON all the same', async () => {
    const patch = patchOf(demo, 'comment', ['return balance - amount;', 'return balance - amount; /* left */'])
    const args = ['build', '--target', 'process', '--tree', demo.tree, '--patch', patch, '--json', 'idle.json']
    expect((await hotsplice(args, { cwd: demo.folder })).status).toBe(3)
    const run = translate('file1.c:12\n', 'idle.json', '--json', 'failed.json')
    expect(run).toMatchObject({ status: 1, stdout: '' })
    expect(run.stderr).toContain('idle.json is the report of a build whose outcome is nothing-to-do')
    const json = JSON.parse(readFileSync(join(demo.folder, 'failed.json'), 'utf8'))
    expect(v.safeParse(SCHEMAS.translate, json).issues).toBeUndefined()
    expect(json.error.code).toBe('translate/no-payload')
  })

  test.for([
    { args: [], words: /missing required argument/ },
    { args: ['nowhere.json'], words: /nowhere\.json cannot be read/ },
    { args: ['fix.patch'], words: /is not JSON/ },
    { args: ['auto.json', '--json', 'auto.json'], words: /is named twice/ },
  ])('$args: 1', ({ args, words }) => {
    writeFileSync(join(demo.folder, 'fix.patch'), readFileSync(demo.patch))
    const run = translate('', ...args)
    expect(run.status).toBe(1)
    expect(run.stderr).toMatch(words)
  })
})
