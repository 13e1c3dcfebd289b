/** The Xen host over a stand-in for xen-livepatch: which words it runs, and what it makes of the answers. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { localRunner, parseTarget, quote, type Ran, type Runner, remoteRunner } from './runner.ts'
import { openXen } from './xen-host.ts'

const LIST = `h\n----------------------------------------+------------+---------------\n`
const row = (name: string, state: string) => `${name.padEnd(40)}| ${state}    | \n`

function standIn(answers: Readonly<Record<string, Partial<Ran>>>) {
  const calls: string[] = []
  const run: Runner['run'] = async (words, input) => {
    calls.push(words.join(' ') + (input === undefined ? '' : ` < ${input.length} bytes`))
    const key = Object.keys(answers).find(start => words.join(' ').startsWith(start))
    return { code: 0, output: '', errors: '', ...(key === undefined ? {} : answers[key]) }
  }
  const runner: Runner = { name: 'xen', run, tidy: run }
  return { host: openXen(runner), calls }
}

test('an upload goes through a file that is removed again', async () => {
  const { host, calls } = standIn({ mktemp: { output: '/tmp/x.1\n' } })
  expect(await host.upload({ name: 'fix', payload: new Uint8Array(7) })).toEqual({ result: 0, words: [] })
  expect(calls).toEqual([
    'mktemp',
    'dd status=none of=/tmp/x.1 < 7 bytes',
    'xen-livepatch upload fix /tmp/x.1',
    'rm -f /tmp/x.1',
  ])
})

test('a refused upload has the errno, and leaves no file', async () => {
  const refusal = { code: 1, output: 'Uploading /tmp/x.1... failed\n', errors: 'Error 22: Invalid argument\n' }
  const { host, calls } = standIn({ mktemp: { output: '/tmp/x.1\n' }, 'xen-livepatch upload': refusal })
  expect((await host.upload({ name: 'fix', payload: new Uint8Array(7) })).result).toBe(-22)
  expect(calls.at(-1)).toBe('rm -f /tmp/x.1')
})

test.for([
  {
    does: 'applies what is checked',
    state: 'CHECKED',
    action: 'apply',
    result: 0,
    ran: 'xen-livepatch apply fix --nodeps',
  },
  { does: 'does nothing to what is applied', state: 'APPLIED', action: 'apply', result: 0, ran: undefined },
  { does: 'refuses to unload what is applied', state: 'APPLIED', action: 'unload', result: -22, ran: undefined },
] as const)('$does', async ({ state, action, result, ran }) => {
  const { host, calls } = standIn({ 'xen-livepatch list': { output: LIST + row('fix', state) } })
  expect((await host.act({ action, name: 'fix', nodeps: true })).result).toBe(result)
  expect(calls[1]).toBe(ran)
})

test('where the list fails, that is the answer, and not that there is no such payload', async () => {
  const failed = { code: 1, errors: 'Error 1: Operation not permitted\n' }
  const { host } = standIn({ 'xen-livepatch list': failed })
  const answer = { result: -1, words: ['Error 1: Operation not permitted'] }
  expect(await host.get('fix')).toEqual(answer)
  expect(await host.act({ action: 'apply', name: 'fix' })).toEqual(answer)
})

test('a name that would spoil every later list is refused', async () => {
  const { host, calls } = standIn({})
  expect((await host.upload({ name: 'a\nb', payload: new Uint8Array(7) })).result).toBe(-22)
  expect(calls).toEqual([])
})

test('an interrupt ends what runs, and what has to be tidied up is', async () => {
  const stop = new AbortController()
  const waiting = localRunner(stop.signal).run(['sleep', '60'])
  stop.abort()
  await expect(waiting).rejects.toThrow()
  await expect(localRunner(stop.signal).tidy(['true'])).resolves.toMatchObject({ code: 0 })
})

test('a program that was killed is no program that is missing', async () => {
  const killed = localRunner().run(['sh', '-c', 'kill -9 $$'])
  await expect(killed).resolves.toMatchObject({ code: 137 })
  const { host } = standIn({ 'xen-livepatch list': { code: 137 } })
  expect(await host.list()).toMatchObject({ result: -5, words: [expect.stringContaining('code 137')] })
})

test('an action that the tool left pending is asked for until it ends', async () => {
  let lists = 0
  const host = openXen({
    ...localRunner(),
    run: async words => {
      if (words[1] === 'apply') return { code: 1, output: '', errors: "Operation didn't complete.\n" }
      const word = lists++ === 0 ? 'CHECKED' : lists < 3 ? 'CHECKED (11, Resource temporarily unavailable)' : 'APPLIED'
      return { code: 0, output: LIST + row('fix', word), errors: '' }
    },
  })
  expect((await host.act({ action: 'apply', name: 'fix' })).result).toBe(0)
})

test('what runs is told by its build-id, as xl has it', async () => {
  const output = 'host                   : dom0\nxen_version            : 4.17.5\nbuild_id               : 30a0\n'
  const { host } = standIn({ 'xl info': { output } })
  expect(await host.about()).toEqual({
    buildId: '30a0',
    texts: [
      { name: 'xen_version', value: '4.17.5' },
      { name: 'build_id', value: '30a0' },
    ],
  })
})

test('what cannot be said to the tool is refused, not dropped', async () => {
  const { host } = standIn({ 'xen-livepatch list': { output: LIST + row('fix', 'CHECKED') } })
  await expect(host.act({ action: 'apply', name: 'fix', timeoutMs: 5 })).rejects.toThrow(/no way to say/)
})

describe('through ssh', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-ssh-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('every word arrives as it was, whatever is in it', async () => {
    const ssh = join(folder, 'ssh')
    writeFileSync(ssh, `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/words\nfor last; do :; done\nexec sh -c "$last"\n`)
    chmodSync(ssh, 0o755)
    const odd = 'it\'s $HOME `id`; "x" \\ *'
    const { output } = await remoteRunner('ssh://root@server:2222', { ssh }).run(['printf', '%s', odd])
    expect(output).toBe(odd)
    const words = readFileSync(join(folder, 'words'), 'utf8').split('\n').slice(0, 6)
    expect(words).toEqual(['-o', 'BatchMode=yes', '-p', '2222', '--', 'root@server'])
  })

  test('a server that cannot be reached is told as such', async () => {
    const ssh = join(folder, 'ssh')
    writeFileSync(ssh, '#!/bin/sh\necho "no route" >&2\nexit 255\n')
    chmodSync(ssh, 0o755)
    await expect(remoteRunner('ssh://server', { ssh }).run(['true'])).rejects.toThrow(/did not get there: no route/)
  })
})

test('a tool that is not installed is told as such', async () => {
  await expect(localRunner().run(['hotsplice-no-such-tool'])).rejects.toThrow(/cannot be run/)
})

test.for(['ssh://-oProxyCommand=x', 'ssh://a@-b', 'http://x', 'ssh://a b', 'ssh://x:99999999', 'ssh://$(id)'])(
  '%s is no address',
  url => {
    expect(() => parseTarget(url)).toThrow(/no ssh address/)
  },
)

test('addresses come apart', () => {
  expect(parseTarget('ssh://root@host.example:22')).toEqual({ user: 'root', host: 'host.example', port: '22' })
  expect(parseTarget('ssh://[::1]')).toEqual({ user: '', host: '::1', port: '' })
})

test('quoting', () => {
  expect(quote('plain-1.2')).toBe('plain-1.2')
  expect(quote("a'b")).toBe("'a'\\''b'")
  expect(quote('')).toBe("''")
})

test.for([
  [
    'as it was drawn at boot',
    { output: '3f2b0c9e-7d1a-4a64-9a40-0123456789ab\n' },
    'boot 3f2b0c9e-7d1a-4a64-9a40-0123456789ab',
  ],
  ['not, where there is no such file', { code: 1, errors: 'cat: No such file' }, null],
  ['not, where something else is in it', { output: 'welcome!\n' }, null],
] as const)('which machine it is: %s', async ([, answer, machine]) => {
  const { host, calls } = standIn({ cat: answer })
  expect(await host.machine?.()).toBe(machine)
  expect(calls).toEqual(['cat /proc/sys/kernel/random/boot_id'])
})
