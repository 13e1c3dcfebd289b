/** The host's operations on folders that look like a kernel's; the real ones are looked at in tests/linux. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeElf } from '../../elf/index.ts'
import type { Host } from '../host.ts'
import { localRunner, type Ran, type Runner } from '../runner.ts'
import { openLinux } from './linux-host.ts'

let root = ''
/** What insmod and rmmod do instead of the kernel's work. */
let tools: Record<string, (words: readonly string[]) => Ran> = {}

const FINE: Ran = { code: 0, output: '', errors: '' }
const failed = (errors: string): Ran => ({ code: 1, output: '', errors })

function put(path: string, text: string): void {
  const file = join(root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

function patch(name: string, enabled: string, transition = '0'): void {
  put(`sys/kernel/livepatch/${name}/enabled`, `${enabled}\n`)
  put(`sys/kernel/livepatch/${name}/transition`, `${transition}\n`)
  put(`sys/module/${name}/taint`, 'OEK\n')
}

function run(words: readonly string[], input?: Uint8Array): Promise<Ran> {
  const own = tools[words[0] ?? '']
  return own === undefined ? localRunner().run(words, input) : Promise.resolve(own(words))
}

function host(): Host {
  const runner: Runner = {
    ...localRunner(undefined, 'linux'),
    run,
    tidy: words => run(words),
  }
  return openLinux(runner, root)
}

/** Enough of a module to have a name. */
function module(name: string): Uint8Array {
  const words = ['livepatch=Y', `name=${name}`].map(word => `${word}\0`).join('')
  const section = (of: string, bytes: Uint8Array) => ({ name: of, type: 1, flags: 2, alignment: 1, bytes })
  return writeElf({
    header: { machine: 62 },
    sections: [
      section('.modinfo', Buffer.from(words, 'latin1')),
      section('.gnu.linkonce.this_module', new Uint8Array(8)),
    ],
    symbols: [],
  })
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hotsplice-host-'))
  mkdirSync(join(root, 'sys/kernel/livepatch'), { recursive: true })
  mkdirSync(join(root, 'proc'))
  put('sys/module/ext4/taint', '\n')
  tools = {}
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('a Linux host', () => {
  it('lists what is enabled, under way, and loaded without effect', async () => {
    patch('fix', '1')
    patch('late', '1', '1')
    put('sys/module/old/taint', 'OEK\n')
    expect((await host().list()).payloads.map(({ name, state, rc }) => [name, state, rc])).toEqual([
      ['fix', 'APPLIED', 0],
      ['late', 'APPLIED', -11],
      ['old', 'CHECKED', 0],
    ])
    expect(await host().get('none')).toMatchObject({ result: -2 })
  })

  it('says where there is no live patching', async () => {
    rmSync(join(root, 'sys/kernel'), { recursive: true })
    expect(await host().list()).toMatchObject({ result: -2, words: [expect.stringContaining('CONFIG_LIVEPATCH')] })
  })

  it('loads under the name that the module has, and takes the file away again', async () => {
    let file = ''
    tools = {
      insmod: ([, path = '']) => {
        file = path
        expect(readFileSync(path).equals(module('fix'))).toBe(true)
        patch('fix', '1')
        return FINE
      },
    }
    expect(await host().upload({ name: 'other', payload: module('fix') })).toMatchObject({ result: -22 })
    expect(await host().upload({ name: 'fix', payload: new Uint8Array(64) })).toMatchObject({ result: -22 })
    expect(await host().upload({ name: 'fix', payload: module('fix') })).toEqual({
      result: 0,
      words: [],
      applying: 'done',
    })
    expect(existsSync(file)).toBe(false)
  })

  it.each([
    {
      words: 'Key was rejected by service',
      result: -129,
      lockdown: 'none [integrity]',
      enforced: 'N',
      why: /\(integrity\)/,
    },
    { words: 'Operation not permitted', result: -1, lockdown: '[none]', enforced: 'Y', why: /module\.sig_enforce/ },
    { words: 'Operation not permitted', result: -1, lockdown: '[none]', enforced: 'N', why: /the right to load/ },
    { words: 'Required key not available', result: -126, lockdown: '[none]', enforced: 'Y', why: /--target linux/ },
    { words: 'Invalid module format', result: -8, lockdown: '[none]', enforced: 'Y', why: undefined },
  ])('says why a module is not let in: $words ($enforced)', async ({ words, result, lockdown, enforced, why }) => {
    put('sys/kernel/security/lockdown', `${lockdown}\n`)
    put('sys/module/module/parameters/sig_enforce', `${enforced}\n`)
    const said = `insmod: ERROR: could not insert module fix.ko: ${words}`
    tools = { insmod: () => failed(said) }
    const outcome = await host().upload({ name: 'fix', payload: module('fix') })
    expect(outcome.result).toBe(result)
    expect(outcome.words).toEqual(why === undefined ? [said] : [said, expect.stringMatching(why)])
  })

  it('disables, and says who is still in other code', async () => {
    patch('fix', '1', '1')
    for (const [task, state] of [
      ['7', '0'],
      ['8', '1'],
      ['9', '-1'],
    ]) {
      put(`proc/${task}/task/${task}/patch_state`, `${state}\n`)
      put(`proc/${task}/stat`, `${task} (sleeper-(${task})) S 1 7 7 0 -1 4194560 88 0\n`)
    }
    put('proc/8/stack', '[<0>] pipe_read+0x2e9/0x4c0\n[<0>] vfs_read+0x1f0/0x2b0\n')
    mkdirSync(join(root, 'sys/kernel/livepatch/fix/vmlinux/vfs_read,1'), { recursive: true })
    const outcome = await host().act({ action: 'revert', name: 'fix', timeoutMs: 1 })
    expect(readFileSync(join(root, 'sys/kernel/livepatch/fix/enabled'), 'utf8')).toBe('0')
    expect(outcome).toEqual({
      result: -11,
      words: [
        'tasks are still under way:',
        'task 8 (sleeper-(8)) is not there yet: it is in vfs_read, which is replaced',
      ],
    })
  })

  it('signals on request whom it can, and lets each go on', async () => {
    patch('fix', '1', '1')
    put('proc/7/task/7/patch_state', '0\n')
    put('proc/7/stat', '7 (sleeper) S 1 7 7 0 -1 4194560 88 0\n')
    put('proc/9/task/9/patch_state', '0\n')
    // PF_KTHREAD and others, as kthreadd has them.
    put('proc/9/stat', '9 (kworker/0:1) I 2 0 0 0 -1 69238880 0 0\n')
    const sent: string[] = []
    tools = {
      kill: ([, signal = '', task = '']) => {
        sent.push(`${signal} ${task}`)
        if (signal === '-CONT') put('sys/kernel/livepatch/fix/transition', '0\n')
        return FINE
      },
    }
    const outcome = await host().act({ action: 'apply', name: 'fix', timeoutMs: 60_000, signalHolders: true })
    expect(outcome).toEqual({ result: 0, words: ['task 7 (sleeper) was signalled'] })
    expect(sent).toEqual(['-STOP 7', '-CONT 7'])
  })

  it('neither unloads what is enabled, nor enables what was disabled', async () => {
    patch('fix', '1')
    put('sys/module/old/taint', 'OEK\n')
    const removed: string[] = []
    tools = {
      rmmod: ([, name = '']) => {
        removed.push(name)
        return FINE
      },
    }
    expect(await host().act({ action: 'unload', name: 'fix' })).toMatchObject({ result: -22 })
    expect(await host().act({ action: 'apply', name: 'old' })).toMatchObject({ result: -22 })
    expect(await host().act({ action: 'unload', name: 'old' })).toEqual({ result: 0, words: [] })
    expect(removed).toEqual(['old'])
  })
})
