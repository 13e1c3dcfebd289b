/** What a package's unit does at boot, on machines whose hypervisor is a stand-in that keeps what it was told. */
import { spawnSync } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { type Fitting, Machine, PROGRAM, RUNS } from './stand-in.ts'

const OTHER = 'cd'.repeat(20)
const machines: Machine[] = []
afterEach(() => {
  for (const each of machines.splice(0)) each.remove()
})
const machine = (payloads: readonly Fitting[] = [{ name: 'one' }, { name: 'two' }, { name: 'three' }]) => {
  const made = new Machine(payloads)
  machines.push(made)
  return made
}
const ONE_BY_ONE = ['upload one', 'apply one', 'upload two', 'apply two', 'upload three', 'apply three']
const ALL = ['one APPLIED', 'two APPLIED', 'three APPLIED']

test('what fits is applied in its order, and nothing else', () => {
  const it = machine([{ name: 'no', id: OTHER }, { name: 'one' }, { name: 'two' }, { name: 'three' }])
  expect(it.run('apply')).toEqual({ status: 0, stdout: 'one: applied\ntwo: applied\nthree: applied\n', stderr: '' })
  expect(it.changes()).toEqual(ONE_BY_ONE)
  expect(it.read('run/hotsplice/fixes.status')).toBe(`3 applied on ${RUNS} (debian)\n`)
  expect(it.run('status')).toMatchObject({ status: 0, stdout: expect.stringContaining('two: APPLIED\n') })
})

test('where nothing fits, nothing is done', () => {
  const it = machine([{ name: 'no', id: OTHER }])
  expect(it.run('apply')).toMatchObject({ status: 0, stdout: `nothing here is for build-id ${RUNS}\n` })
  expect(it.changes()).toEqual([])
})

test('what is applied already stays; a second time changes nothing', () => {
  const it = machine()
  it.write('hypervisor/stack', 'one APPLIED 0\n')
  expect(it.run('apply').stdout).toBe('one: is applied, by somebody else\ntwo: applied\nthree: applied\n')
  expect(it.changes()).toEqual(ONE_BY_ONE.slice(2))
  expect(it.run('apply')).toMatchObject({ status: 0, stdout: expect.stringContaining('two: is applied\n') })
  expect(it.changes()).toEqual(ONE_BY_ONE.slice(2))
})

test('where one is refused, it is unloaded, and what was built upon it is left', () => {
  const it = machine()
  it.write('hypervisor/refuses', 'two')
  const { status, stdout } = it.run('apply')
  expect([status, stdout]).toEqual([1, expect.stringContaining('two: the hypervisor has not applied it: ')])
  expect(stdout).toContain('Error 22: Invalid argument')
  expect(it.stack()).toEqual(['one APPLIED'])
  expect(it.read('run/hotsplice/fixes.status')).toMatch(/^1 applied on .*; then two: /)
  expect(it.run('status').status).toBe(1)
  it.write('hypervisor/refuses', '')
  expect(it.run('apply').status).toBe(0)
  expect(it.stack()).toEqual(ALL)
})

test('an action that takes longer is waited for', () => {
  const it = machine()
  it.write('hypervisor/pending', 'two')
  expect(it.run('apply').status).toBe(0)
  expect(it.stack().sort()).toEqual([...ALL].sort())
})

test('a payload that was changed, or is gone, is not loaded', () => {
  const it = machine()
  it.write(it.payloadPath('two'), 'something else')
  expect(it.run('apply')).toMatchObject({ status: 1, stdout: expect.stringContaining('not what was published') })
  expect(it.changes()).toEqual(ONE_BY_ONE.slice(0, 2))
})

test('what waits under a name without being ours is not applied', () => {
  const it = machine()
  it.write('hypervisor/stack', 'one CHECKED 0\n')
  expect(it.run('apply')).toMatchObject({ status: 1, stdout: expect.stringContaining('unload it first') })
  expect(it.changes()).toEqual([])
})

test('names are compared whole', () => {
  const it = machine([{ name: 'one' }])
  it.write('hypervisor/stack', 'one.x APPLIED 0\nxone APPLIED 0\n')
  it.run('apply')
  expect(it.changes()).toEqual(['upload one', 'apply one'])
})

test('what a package brings anew under a name waits for a reboot', () => {
  const it = machine([{ name: 'one' }])
  it.run('apply')
  const path = 'usr/lib/hotsplice/fixes/boot/list'
  it.write(path, it.read(path).replace(/[0-9a-f]{64}/, '0'.repeat(64)))
  expect(it.run('apply')).toMatchObject({ status: 1, stdout: expect.stringContaining('an earlier version is applied') })
})

test('two bases of one build-id: nobody here knows which it is', () => {
  const it = machine([{ name: 'one' }, { name: 'two', base: 'other' }])
  expect(it.run('apply')).toMatchObject({ status: 1, stdout: expect.stringContaining('debian and other are both for') })
  expect(it.changes()).toEqual([])
})

test.for([
  ['a hypervisor that tells no build-id', 'hypervisor/build-id', '', 'the build-id of the hypervisor is not known'],
  ['a list that cannot be had', 'hypervisor/broken', '', 'xen-livepatch list failed'],
  ['a list of another form', 'usr/lib/hotsplice/fixes/boot/list', '# hotsplice boot 2\n', 'no list of this program'],
  ['a word of the configuration that nobody knows', 'etc/hotsplice/fixes.conf', 'apply = maybe\n', 'apply = maybe'],
  ['a line of it that is none', 'etc/hotsplice/fixes.conf', '$(touch /tmp/no)\n', 'a line without ='],
] as const)('%s: nothing is done', ([, path, text, words]) => {
  const it = machine()
  it.write(path, text)
  expect(it.run('apply')).toMatchObject({ status: 1, stdout: expect.stringContaining(words) })
  expect(it.changes()).toEqual([])
})

test('sysfs is asked first', () => {
  const it = machine([{ name: 'one', id: OTHER }])
  it.write('sys/hypervisor/properties/buildid', `${OTHER}\n`)
  expect(it.run('apply').stdout).toBe('one: applied\n')
})

test('the configuration: nothing at all, or not from here on', () => {
  const it = machine()
  it.write('etc/hotsplice/fixes.conf', '# of ours\n  apply = no # for now\n')
  expect(it.run('apply').status).toBe(0)
  expect(it.changes()).toEqual([])
  it.write('etc/hotsplice/fixes.conf', 'leave-out = zero two')
  expect(it.run('apply')).toMatchObject({ status: 1, stdout: expect.stringContaining('two: left out by') })
  expect(it.stack()).toEqual(['one APPLIED'])
})

test('removal reverts, topmost first, only where the configuration asks for it, and only what was loaded here', () => {
  const it = machine()
  it.write('hypervisor/stack', 'one APPLIED 0\n')
  it.run('apply')
  expect(it.run('removed')).toMatchObject({ status: 0, stdout: expect.stringContaining('until the machine boots') })
  expect(it.stack()).toEqual(ALL)
  it.write('etc/hotsplice/fixes.conf', 'on-removal = revert\n')
  expect(it.run('removed')).toMatchObject({ status: 0, stdout: 'three: reverted\ntwo: reverted\n' })
  expect(it.changes().slice(4)).toEqual(['revert three', 'unload three', 'revert two', 'unload two'])
  expect(it.stack()).toEqual(['one APPLIED'])
})

test('after a boot all is applied anew', () => {
  const it = machine()
  it.run('apply')
  it.reboot()
  expect(it.run('apply').status).toBe(0)
  expect(it.changes()).toEqual(ONE_BY_ONE)
})

test('other words are told', () => {
  expect(machine().run('--help').status).toBe(64)
})

const missing = (program: string) => spawnSync(program, ['--version']).error !== undefined
const noShellcheck = missing('shellcheck')
test.skipIf(noShellcheck)(`shellcheck finds nothing${noShellcheck ? ' (shellcheck is missing)' : ''}`, () => {
  expect(spawnSync('shellcheck', ['-s', 'sh', PROGRAM], { encoding: 'utf8' }).stdout).toBe('')
})
const noBusybox = missing('busybox')
test.skipIf(noBusybox)(`busybox’s shell runs it as well${noBusybox ? ' (busybox is missing)' : ''}`, () => {
  const it = machine()
  expect(it.run('apply', 'busybox').status).toBe(0)
})
