import { expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { LINUX } from './linux/linux.ts'
import { parseScript } from './script.ts'
import { defaultScript, scriptNames } from './xen/default-script.ts'
import { XEN } from './xen/xen.ts'

const payload = (name: string) => ({ name, bytes: new Uint8Array(0) })
const PAYLOADS = [payload('out/one.livepatch'), payload('two.livepatch'), payload('a/same'), payload('b/same')]
const parse = (text: string) => parseScript(text, PAYLOADS, XEN)
const operation = (line: string) => parse(line)[0]?.operation
const expectation = (line: string) => parse(line)[0]?.expectation

test.for<[line: string, wanted: unknown]>([
  ['upload p out/one.livepatch', { kind: 'upload', name: 'p', payload: PAYLOADS[0] }],
  ['upload p one.livepatch', { kind: 'upload', name: 'p', payload: PAYLOADS[0] }],
  ['upload p ./one', { kind: 'upload', name: 'p', payload: PAYLOADS[0] }],
  ['upload two', { kind: 'upload', name: 'two', payload: PAYLOADS[1] }],
  ['upload "" a/same', { kind: 'upload', name: '', payload: PAYLOADS[2] }],
  ['apply p', { kind: 'act', action: 'apply', name: 'p', nodeps: false, timeoutNs: undefined }],
  ['apply p nodeps timeout=5ms', { kind: 'act', action: 'apply', name: 'p', nodeps: true, timeoutNs: 5e6 }],
  ['replace p --nodeps --timeout 7', { kind: 'act', action: 'replace', name: 'p', nodeps: true, timeoutNs: 7e6 }],
  ['revert p timeout=1ns', { kind: 'act', action: 'revert', name: 'p', nodeps: false, timeoutNs: 1 }],
  ['unload p', { kind: 'act', action: 'unload', name: 'p', nodeps: false, timeoutNs: undefined }],
  ['list # all of them', { kind: 'list' }],
  ['get p', { kind: 'get', name: 'p' }],
  ['version', { kind: 'version' }],
  ['debug-keys xh', { kind: 'debug-keys', keys: 'xh' }],
  ['nap 20ms', { kind: 'nap', milliseconds: 20 }],
  ['echo "a  b" c', { kind: 'echo', text: 'a  b c' }],
  ['expect-result EINVAL', { kind: 'check', check: { kind: 'result', result: -22 } }],
  ['expect-result 3', { kind: 'check', check: { kind: 'result', result: 3 } }],
  ['expect-result -3', { kind: 'check', check: { kind: 'result', result: -3 } }],
  ['expect-output a b', { kind: 'check', check: { kind: 'text', where: 'output', there: true, text: 'a b' } }],
  ['expect-no-console x', { kind: 'check', check: { kind: 'text', where: 'console', there: false, text: 'x' } }],
  ['expect-state p applied', { kind: 'check', check: { kind: 'state', name: 'p', state: 'applied' } }],
  ['expect-as-first', { kind: 'check', check: { kind: 'as-first' } }],
])('%s', ([line, wanted]) => {
  expect(operation(line)).toEqual(wanted)
})

test.for<[line: string, wanted: unknown]>([
  ['list', { kind: 'success' }],
  ['! list', { kind: 'failure' }],
  ['!list', { kind: 'failure' }],
  ['! EINVAL list', { kind: 'errno', result: -22 }],
  ['! 22 list', { kind: 'errno', result: -22 }],
  ['!-22 list', { kind: 'errno', result: -22 }],
])('%s is expected to end so', ([line, wanted]) => {
  expect(expectation(line)).toEqual(wanted)
})

test('lines ask for the same whatever they expect and say beside it', () => {
  const [first, ...others] = parse('get p\n  get   p # again\n! get p#1\n! ENOENT get p\nget "p"\nget q').map(
    ({ words }) => words,
  )
  expect(others.map(words => words === first)).toEqual([true, false, true, false, false])
})

test('a hypercall with numbers, texts, buffers and structures', () => {
  const parsed = operation(
    'hypercall xen_version 1 buffer:16 "abc" { u16:0x7ff0 zeros:6 "x" bad null text:"yz" hex:0aff }',
  )
  if (parsed?.kind !== 'hypercall') throw new Error('not a hypercall')
  const [first, second, third, fourth] = parsed.arguments.args
  expect(parsed.number).toBe(17n)
  expect(first).toBe(1n)
  expect(second).toMatchObject({ bytes: new Uint8Array(16) })
  expect(third).toMatchObject({ bytes: Uint8Array.from([0x61, 0x62, 0x63, 0]) })
  if (typeof fourth !== 'object') throw new Error('no structure')
  expect(Buffer.from(fourth.bytes).toString('hex')).toBe(
    'f07f' + '000000000000' + '0000000000000000' + '00000000ad5b0000' + '0000000000000000' + '797a' + '0aff',
  )
  expect(fourth.pointers.map(pointer => pointer.offset)).toEqual([8])
  expect(parsed.arguments.shown).toEqual([second, fourth])
})

test.for<[line: string, words: RegExp]>([
  ['fly', /fly is no operation: upload, apply/],
  ['!', /an operation must follow/],
  ['upload', /upload takes a name/],
  ['upload p three', /there is no payload three \(given: out\/one.livepatch, /],
  ['upload p same', /could be several/],
  ['apply', /takes a payload's name/],
  ['apply p now', /knows no option now/],
  ['apply p timeout=0', /0 is no timeout/],
  ['apply p timeout=5h', /5h is no timeout/],
  ['apply p timeout=9s', /9s is no timeout/],
  ['list all', /takes nothing/],
  ['nap long', /long is no time/],
  ['expect-result maybe', /maybe is no result/],
  ['expect-state p loaded', /checked, applied, absent/],
  ['expect-output', /text to look for is missing/],
  ['hypercall', /takes a number or name/],
  ['hypercall frobnicate', /no hypercall's number/],
  ['hypercall 1 2 3 4 5 6 7', /at most 5 arguments, here are 6/],
  ['hypercall 1 { u32:1', /a { is not closed/],
  ['hypercall 1 { 5 }', /say how wide 5 is/],
  ['hypercall 1 buffer:99999999', /is no size/],
  ['hypercall 1 bytes:abc', /no row of bytes/],
  ['hypercall 1 "open', /a quote is not closed/],
  ['hypercall 1 "\\q"', /\\q is no escape/],
  ['hypercall 1 }', /} is no argument/],
])('%s is a mistake', ([line, words]) => {
  expect(() => parse(line)).toThrow(words)
})

test('all mistakes are told together, each with its line', () => {
  const mistakes = () => parse('version\n\n# fine\nfly\nlist\nnap x\n')
  expect(mistakes).toThrow(InputError)
  expect(mistakes).toThrow(/^line 4: .*\nline 6: .*$/s)
})

test('steps keep their lines', () => {
  expect(parse('\n  version  \n# no\n! list').map(({ line, text }) => [line, text])).toEqual([
    [2, 'version'],
    [4, '! list'],
  ])
})

test('the default script names every payload once, whatever their names', () => {
  const odd = [payload('x/a b.livepatch'), payload('y/a b.livepatch'), payload('"'), payload('')]
  expect(scriptNames(odd)).toEqual(['a_b', 'a_b.2', '_', 'payload'])
  const steps = parseScript(defaultScript(odd), odd, XEN)
  const uploaded = steps.flatMap(step => (step.operation.kind === 'upload' ? [step.operation.payload] : []))
  expect(uploaded).toEqual(odd)
})

test('the default script undoes in the opposite order', () => {
  const words = parseScript(defaultScript(PAYLOADS.slice(0, 2)), PAYLOADS, XEN).map(step => step.text)
  const acts = words.filter(text => /^(apply|revert|unload)/.test(text))
  expect(acts).toEqual(['apply one', 'apply two', 'revert two', 'revert one', 'unload two', 'unload one'])
})

test.for<[line: string, wanted: unknown]>([
  ['load out/one.livepatch', { kind: 'load', payload: PAYLOADS[0] }],
  ['wait one', { kind: 'wait', name: 'one', timeoutMs: 20_000 }],
  ['wait one timeout=50', { kind: 'wait', name: 'one', timeoutMs: 50 }],
  ['enable one', { kind: 'enable', name: 'one', on: true }],
  ['disable one', { kind: 'enable', name: 'one', on: false }],
  ['unload one', { kind: 'unload', name: 'one' }],
  ['read /proc/cmdline', { kind: 'read', file: '/proc/cmdline' }],
  ['write /proc/sys/vm/stat_refresh "1 2"', { kind: 'write', file: '/proc/sys/vm/stat_refresh', text: '1 2' }],
  ['expect-state one transition', { kind: 'check', check: { kind: 'state', name: 'one', state: 'transition' } }],
  ['expect-taints OEK', { kind: 'taints', allowed: 'OEK' }],
  ['expect-output a b', { kind: 'check', check: { kind: 'text', where: 'output', there: true, text: 'a b' } }],
])('for Linux, %s', ([line, wanted]) => {
  expect(parseScript(line, PAYLOADS, LINUX)[0]?.operation).toEqual(wanted)
})

test.for<[line: string, words: RegExp]>([
  ['upload one', /upload is no operation: load, wait/],
  ['load three', /there is no payload three/],
  ['wait one 5', /wait takes a module's name, and timeout=TIME/],
  ['write /a', /write takes a path and a text/],
  ['run /no/such/program', /cannot be read/],
  ['run package.json', /is no program/],
  [`run ${process.execPath}`, /needs shared libraries.*-static/],
  ['expect-state one applied', /enabled, disabled, transition, loaded, absent/],
])('for Linux, %s is a mistake', ([line, words]) => {
  expect(() => parseScript(line, PAYLOADS, LINUX)).toThrow(words)
})

test('the default script for Linux ends each life before the next begins', () => {
  const words = parseScript(LINUX.defaultScript(PAYLOADS.slice(0, 2)), PAYLOADS, LINUX).map(step => step.text)
  expect(words.filter(text => /^(load|disable|unload)/.test(text))).toEqual([
    ...['load out/one.livepatch', 'disable one', 'unload one', 'load two.livepatch', 'disable two', 'unload two'],
  ])
})
