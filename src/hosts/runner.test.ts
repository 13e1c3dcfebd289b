/** How programs of a host are run, here and through a stand-in for ssh, and what goes wrong there. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeScript } from '../../tests/support/script.ts'
import { bring, localRunner, parseTarget, quote, type Runner, remoteRunner } from './runner.ts'

test('an interrupt ends what runs, and what has to be tidied up is', async () => {
  const stop = new AbortController()
  const waiting = localRunner(stop.signal).run(['sleep', '60'])
  stop.abort()
  await expect(waiting).rejects.toThrow()
  await expect(localRunner(stop.signal).tidy(['true'])).resolves.toMatchObject({ code: 0 })
})

describe('through ssh', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-ssh-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('every word arrives as it was, whatever is in it', async () => {
    const text = `printf '%s\\n' "$@" > ${folder}/words\nfor last; do :; done\nexec sh -c "$last"`
    const ssh = writeScript(join(folder, 'ssh'), text)
    const odd = 'it\'s $HOME `id`; "x" \\ *'
    const { output } = await remoteRunner('ssh://root@server:2222', { ssh }).run(['printf', '%s', odd])
    expect(output).toBe(odd)
    const words = readFileSync(join(folder, 'words'), 'utf8').split('\n').slice(0, 6)
    expect(words).toEqual(['-o', 'BatchMode=yes', '-p', '2222', '--', 'root@server'])
  })

  test('a server that cannot be reached is told as such', async () => {
    const ssh = writeScript(join(folder, 'ssh'), 'echo "no route" >&2\nexit 255')
    for (const kind of ['xen', 'linux'] as const) {
      await expect(remoteRunner('ssh://server', { ssh, kind }).run(['true'])).rejects.toMatchObject({
        code: `${kind}/unreachable`,
        message: 'ssh did not get there: no route',
      })
    }
  })
})

test.for([
  ['xen', /xen-utils/],
  ['linux', /kmod/],
] as const)(
  'a tool of a host %s that is not installed is told as such, with where it is from',
  async ([kind, hint]) => {
    await expect(localRunner(undefined, kind).run(['hotsplice-no-such-tool'])).rejects.toMatchObject({
      code: `${kind}/no-tool`,
      message: 'hotsplice-no-such-tool cannot be run',
      hint: expect.stringMatching(hint),
    })
  },
)

test.for(['xen', 'linux'] as const)('a host %s without room for a file is told as such', async kind => {
  const full = { code: 1, output: '', errors: 'No space left on device\n' }
  const runner: Runner = { name: kind, kind, run: async () => full, tidy: async () => full }
  await expect(bring(runner, new Uint8Array(7))).rejects.toMatchObject({ code: `${kind}/no-room` })
})

test.for(['ssh://-oProxyCommand=x', 'ssh://a@-b', 'http://x', 'ssh://a b', 'ssh://x:99999999', 'ssh://$(id)'])(
  '%s is no address',
  url => {
    expect(() => parseTarget(url)).toThrow(/no ssh address/)
    expect(() => parseTarget(url, 'linux')).toThrow(expect.objectContaining({ code: 'linux/bad-address' }))
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
