/** The Xen host over a stand-in for xen-livepatch: which words it runs, and what it makes of the answers. */
import { expect, test } from 'vitest'
import { localRunner, type Ran, type Runner } from '../runner.ts'
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
  const runner: Runner = { name: 'xen', kind: 'xen', run, tidy: run }
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
