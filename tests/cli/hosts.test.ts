/** The commands for hosts as a script sees them: exit codes, and JSON of the published forms. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import { type BuiltDaemon, buildDaemon, handPayload, idOf, RunningDaemon } from '../run/process-daemon.ts'
import { hasGcc } from '../support/gcc.ts'
import { makeDemo } from './support/demo.ts'

const command = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))
const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'

function hotsplice(words: readonly string[], cwd: string) {
  const env = { ...process.env, HOTSPLICE_AUDIT: join(cwd, 'audit.jsonl') }
  return spawnSync(process.execPath, [command, ...words], { cwd, env, encoding: 'utf8' })
}

describe.skipIf(!possible)('the commands for hosts (need gcc on x86-64 Linux)', () => {
  let daemon: BuiltDaemon
  let running: RunningDaemon
  const told = (...words: string[]) => {
    const { status, stdout } = hotsplice([...words, '--host', `process:${running.pid}`, '--json', '-'], daemon.folder)
    const { outcome, ...rest } = v.parse(SCHEMAS.operation, JSON.parse(stdout))
    return { status, outcome, ...rest }
  }

  beforeAll(async () => {
    daemon = buildDaemon()
    running = new RunningDaemon(daemon)
    await running.ask('s')
    const functions = [{ name: 'answer', oldSize: daemon.sizeOf('answer'), by: 'g' }]
    const payload = handPayload({ code: 'int g(int x) { return 77; }', functions, buildId: idOf(7) })
    writeFileSync(join(daemon.folder, 'fix.livepatch'), payload)
  })
  afterAll(() => {
    running?.stop()
    daemon?.remove()
  })

  test('every operation’s JSON is of the published form', async () => {
    expect(told('upload', 'fix', 'fix.livepatch')).toMatchObject({ status: 0, command: 'upload', payload: 'fix' })
    expect(told('upload', 'fix', 'fix.livepatch')).toMatchObject({ status: 2, outcome: 'failed', errno: 'EEXIST' })
    expect(told('apply', 'fix')).toMatchObject({ status: 0, outcome: 'done', result: 0, errno: null })
    expect(await running.ask('a')).toBe('77')
    expect(told('list')).toMatchObject({ payload: null, runs: daemon.buildId, payloads: [{ state: 'APPLIED' }] })
    expect(told('get', 'fix')).toMatchObject({ payloads: [{ name: 'fix', state: 'APPLIED', rc: 0 }] })
    expect(told('unload', 'fix')).toMatchObject({ status: 2, errno: 'EINVAL' })
    expect(told('revert', 'fix')).toMatchObject({ status: 0, command: 'revert' })
    expect(told('replace', 'fix')).toMatchObject({ status: 0, command: 'replace' })
    expect(told('revert', 'fix').status).toBe(0)
    expect(told('unload', 'fix')).toMatchObject({ status: 0, command: 'unload' })
    expect(told('load', 'fix.livepatch', '--dry-run')).toMatchObject({ status: 0, command: 'load' })
    expect(told('list')).toMatchObject({ payloads: [] })
    expect(await running.ask('a')).toBe('6')
  })

  test('an action whose end was not seen is in the record, with the error', () => {
    expect(told('upload', 'late', 'fix.livepatch').status).toBe(0)
    running.child.kill('SIGSTOP')
    const { status, stdout } = hotsplice(
      ['apply', 'late', '--host', `process:${running.pid}`, '--json', '-'],
      daemon.folder,
    )
    running.child.kill('SIGCONT')
    expect([status, stdout]).toEqual([1, expect.stringContaining('process/agent-silent')])
    const lines = readFileSync(join(daemon.folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n')
    const last = { operation: 'apply', payload: 'late', result: null, errno: 'process/agent-silent' }
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject(last)
  })

  test('a host that there is not is an error, in the form of every command’s failure', () => {
    const { status, stdout } = hotsplice(['list', '--host', 'moon', '--json', '-'], daemon.folder)
    const json = v.parse(SCHEMAS.operation, JSON.parse(stdout))
    expect([status, json]).toMatchObject([1, { outcome: 'error', error: { code: 'apply/unknown-host' } }])
  })

  test.for([
    { words: ['agent'], is: 'library', ending: /\.so$/ },
    { words: ['agent', '--source'], is: 'source', ending: /\.c$/ },
  ])('$words tells the file of the $is', ({ words, is, ending }) => {
    const json = v.parse(SCHEMAS.agent, JSON.parse(hotsplice([...words, '--json', '-'], daemon.folder).stdout))
    if (json.outcome !== 'done') throw new Error(json.error.text)
    expect(json.is).toBe(is)
    expect(json.file).toMatch(ending)
    expect(existsSync(json.file)).toBe(true)
    expect(hotsplice(words, daemon.folder).stdout).toBe(`${json.file}\n`)
  })
})

test('neutralize’s JSON has the patch that it prints', () => {
  const { folder, tree, patch } = makeDemo()
  try {
    const words = ['neutralize', '--tree', tree, '--patch', patch]
    const json = v.parse(SCHEMAS.neutralize, JSON.parse(hotsplice([...words, '--json', '-'], folder).stdout))
    if (json.outcome !== 'done') throw new Error(json.error.text)
    expect(json.files).toMatchObject([{ file: 'file1.c', insertions: 2, numbering: 'above', unsafe: [] }])
    expect(hotsplice(words, folder).stdout.trimEnd()).toBe(json.patch.trimEnd())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('neutralize prints a patch of a source that is not UTF-8 byte by byte, and its names as patch(1) reads them', () => {
  const { folder, tree } = makeDemo()
  try {
    const patch = join(folder, 'odd.patch')
    writeFileSync(join(tree, 'my file.c'), '/* \xe9 */\nint a = __LINE__;\n', 'latin1')
    const hunk = '@@ -1,2 +1,3 @@\n /* \xe9 */\n+int n;\n int a = __LINE__;\n'
    writeFileSync(patch, `--- a/my file.c\t\n+++ b/my file.c\t\n${hunk}`, 'latin1')
    const words = [command, 'neutralize', '--tree', tree, '--patch', patch]
    const { stdout } = spawnSync(process.execPath, words, { cwd: folder })
    expect(stdout.toString('latin1')).toContain('\n /* \xe9 */\n+#line 3\n+int n;\n+#line 2\n')
    const taken = spawnSync('patch', ['-p1', '--force'], { cwd: tree, input: stdout, encoding: 'utf8' })
    expect(taken.stdout).toBe("patching file 'my file.c'\n")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
