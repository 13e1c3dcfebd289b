/** Debian's gdb in a running program, told by `symbols` where a payload's code is: it names new functions, their lines and variables. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc } from '../support/gcc.ts'
import { hotsplice } from '../xen/command.ts'
import { type BuiltDaemon, buildDaemon, RunningDaemon } from './process-daemon.ts'

const hasGdb = spawnSync('gdb', ['--version']).status === 0
const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const title = !possible ? ' (needs gcc on x86-64 Linux)' : hasGdb ? '' : ' (gdb is missing: Debian package gdb)'

describe.skipIf(!possible || !hasGdb)(`gdb in a patched program${title}`, () => {
  let daemon: BuiltDaemon
  let running: RunningDaemon
  const at = (name: string) => join(daemon.folder, name)
  const host = () => ['--host', `process:${running.pid}`]
  const symbols = (file: string) => hotsplice(['symbols', 'fix', at(file), ...host()])

  beforeAll(async () => {
    daemon = buildDaemon(undefined, ['-g'])
    const built = await daemon.patchedWithDebug('fix', ['x * 2', 'x * 3'], ['"hello %lu", n', '"good day %lu", n'])
    const other = await daemon.patchedWithDebug('other', ['x * 2', 'x * 4'])
    writeFileSync(at('fix.livepatch'), built.payload)
    writeFileSync(at('fix.debug'), built.debugFile ?? expect.unreachable())
    writeFileSync(at('other.debug'), other.debugFile ?? expect.unreachable())
    running = new RunningDaemon(daemon)
    await running.ask('s')
    expect(await hotsplice(['load', at('fix.livepatch'), ...host()])).toMatchObject({ status: 0 })
  })
  afterAll(() => {
    running?.stop()
    daemon?.remove()
  })

  test('knows where its threads are', async () => {
    expect(await running.ask('a')).toBe('9')
    const { status, stdout, stderr } = await symbols('fix.debug')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^add-symbol-file \S+fix\.debug -s \.text 0x[0-9a-f]+ -s \S+ 0x[0-9a-f]+.*\n$/)
    writeFileSync(at('fix.gdb'), stdout)
    // All workers are in the new `answer` now, and what it calls.
    expect(await running.ask('h')).toBe('held')
    await sleep(100)
    const words = [
      '-nx',
      '-batch',
      '-iex',
      'set debuginfod enabled off',
      '-p',
      String(running.pid),
      '-x',
      at('fix.gdb'),
    ]
    const said = spawnSync('gdb', [...words, '-ex', 'thread apply all bt', '-ex', 'info line answer'], {
      encoding: 'utf8',
    })
    await running.ask('r')
    const line = daemonLine('while (hold) usleep(1000);')
    expect(said.stdout).toMatch(
      new RegExp(
        `^#\\d+ +0x[0-9a-f]+ in answer \\(x=(?:\\d+|<optimized out>|x@entry=\\d+|[^)]*)\\) at \\S*daemon\\.c:${line}$`,
        'm',
      ),
    )
  })

  test('the debug file of another payload is refused, and what is none', async () => {
    expect(await symbols('other.debug')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('debug/other-payload'),
    })
    expect(await symbols('fix.livepatch')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('debug/not-one'),
    })
    const unknown = await hotsplice(['symbols', 'nobody', at('fix.debug'), ...host()])
    expect(unknown).toMatchObject({ status: 2, stdout: expect.stringContaining('there is no payload nobody') })
  })

  const daemonLine = (text: string) => daemon.source.split('\n').findIndex(line => line.includes(text)) + 1
})
