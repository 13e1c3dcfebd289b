/** Operations on a host that does as it is told: the JSON character by character, the record, and what is left behind. */
import { expect, test } from 'vitest'
import { InputError } from '../base/errors.ts'
import { toJson } from '../report/json.ts'
import {
  listPayloads,
  loadPayload,
  type Operation,
  operate,
  type PayloadHost,
  type Performed,
  payloadStatus,
  type Recorded,
} from './operate.ts'

const OK: Performed = { result: 0, words: [] }
const NO: Performed = { result: -22, words: ['it is not for this build'] }

interface Told {
  readonly upload?: Awaited<ReturnType<PayloadHost['upload']>>
  readonly apply?: Performed
  readonly unload?: Performed
  /** Whether it tells what runs there. */
  readonly tells?: boolean
}

function hostOf({ upload = OK, apply = OK, unload = OK, tells = true }: Told = {}) {
  const asked: string[] = []
  const host: PayloadHost = {
    name: 'toy:1',
    upload: async ({ name }) => {
      asked.push(`upload ${name}`)
      return upload
    },
    act: async ({ action, name, nodeps, timeoutMs }) => {
      asked.push(`${action} ${name} ${nodeps} ${timeoutMs}`)
      return action === 'apply' ? apply : unload
    },
    get: async name => (name === 'fix' ? { ...OK, status: { state: 'APPLIED', rc: -11 } } : NO),
    list: async () => ({ ...OK, payloads: [{ name: 'fix', state: 'CHECKED', rc: 0, metadata: 'a=b' }] }),
    about: async () => {
      if (!tells) throw new InputError('apply/gone', 'the line broke')
      return { buildId: 'ab' }
    },
    close: async () => {
      asked.push('close')
    },
  }
  return { host, asked }
}

async function run(told: Told, operation: Partial<Operation<PayloadHost>>) {
  const { host, asked } = hostOf(told)
  const recorded: Recorded[] = []
  const world = {
    version: '1.2.3',
    host: 'toy:1@now',
    open: async () => host,
    errnoName: (result: number) => (result === -22 ? 'EINVAL' : null),
    record: (entry: Recorded) => void recorded.push(entry),
  }
  const whole = { name: 'apply' as const, payload: 'fix', readOnly: false, run: async () => OK, ...operation }
  const outcome = await operate(whole, world).catch((error: unknown) => error)
  return { outcome, recorded, asked }
}

const load = (host: PayloadHost) =>
  loadPayload(host, { name: 'fix', payload: new Uint8Array(), nodeps: true, timeoutMs: 5 })

test.for<{ name: string; operation: Partial<Operation<PayloadHost>>; json: string }>([
  {
    name: 'an action that was carried out',
    operation: { run: async () => ({ result: 3, words: ['slow'], numbers: { pausedMs: 0.5 }, buildId: 'cd' }) },
    json: '{"schema":1,"command":"apply","version":"1.2.3","host":"toy:1@now","outcome":"done","payload":"fix","result":0,"errno":null,"words":["slow"],"numbers":{"pausedMs":0.5}}',
  },
  {
    name: 'one that the host said no to',
    operation: { name: 'upload', run: async () => NO },
    json: '{"schema":1,"command":"upload","version":"1.2.3","host":"toy:1@now","outcome":"failed","payload":"fix","result":-22,"errno":"EINVAL","words":["it is not for this build"]}',
  },
  {
    name: 'a list',
    operation: { name: 'list', payload: '', readOnly: true, run: listPayloads },
    json: '{"schema":1,"command":"list","version":"1.2.3","host":"toy:1@now","outcome":"done","payload":null,"result":0,"errno":null,"words":[],"runs":"ab","payloads":[{"name":"fix","state":"CHECKED","rc":0,"metadata":"a=b"}]}',
  },
  {
    name: 'one payload’s state',
    operation: { name: 'get', readOnly: true, run: host => payloadStatus(host, 'fix') },
    json: '{"schema":1,"command":"get","version":"1.2.3","host":"toy:1@now","outcome":"done","payload":"fix","result":0,"errno":null,"words":[],"payloads":[{"name":"fix","state":"APPLIED","rc":-11,"metadata":""}]}',
  },
  {
    name: 'the state of one that is not there',
    operation: { name: 'get', payload: 'none', readOnly: true, run: host => payloadStatus(host, 'none') },
    json: '{"schema":1,"command":"get","version":"1.2.3","host":"toy:1@now","outcome":"failed","payload":"none","result":-22,"errno":"EINVAL","words":["it is not for this build"]}',
  },
])('the JSON of $name', async ({ operation, json }) => {
  const { outcome, asked } = await run({}, operation)
  expect(toJson(outcome)).toBe(toJson(JSON.parse(json)))
  expect(JSON.stringify(outcome)).toBe(json)
  expect(asked).toEqual(['close'])
})

test.for<{ name: string; told: Told; asked: string[]; result: number; words: string[] }>([
  { name: 'all goes well', told: {}, asked: ['upload fix', 'apply fix true 5'], result: 0, words: [] },
  {
    name: 'the upload applied it, too',
    told: { upload: { ...OK, words: ['one was signalled'], applying: 'done' } },
    asked: ['upload fix'],
    result: 0,
    words: ['one was signalled'],
  },
  {
    name: 'the upload applies it, too, and does not come to an end',
    told: { upload: { ...NO, applying: 'pending' } },
    asked: ['upload fix', 'revert fix undefined 5', 'unload fix undefined undefined'],
    result: -22,
    words: [...NO.words],
  },
  { name: 'it is not taken', told: { upload: NO }, asked: ['upload fix'], result: -22, words: [...NO.words] },
  {
    name: 'it cannot be applied',
    told: { apply: NO },
    asked: ['upload fix', 'apply fix true 5', 'unload fix undefined undefined'],
    result: -22,
    words: [...NO.words],
  },
  {
    name: 'it can neither be applied nor unloaded',
    told: { apply: NO, unload: { result: -16, words: [] } },
    asked: ['upload fix', 'apply fix true 5', 'unload fix undefined undefined'],
    result: -22,
    words: [...NO.words, 'fix was uploaded and is still there'],
  },
])('load, where $name', async ({ told, asked, result, words }) => {
  const ran = await run(told, { name: 'load', run: load })
  expect(ran.outcome).toMatchObject({ command: 'load', result, words })
  expect(ran.asked).toEqual([...asked, 'close'])
})

const ENTRY = { host: 'toy:1', runs: 'ab', operation: 'apply', payload: 'fix', buildId: null, result: 0, errno: null }

test('the record has what changes something, with the build-id that is at hand', async () => {
  expect((await run({}, {})).recorded).toEqual([ENTRY])
  expect((await run({}, { readOnly: true })).recorded).toEqual([])
  expect((await run({}, { buildId: () => 'ef' })).recorded).toEqual([{ ...ENTRY, buildId: 'ef' }])
  const known = { ...OK, buildId: 'cd' }
  expect((await run({}, { buildId: () => 'ef', run: async () => known })).recorded).toEqual([
    { ...ENTRY, buildId: 'cd' },
  ])
  expect((await run({}, { run: async () => NO })).recorded).toEqual([{ ...ENTRY, result: -22, errno: 'EINVAL' }])
  expect((await run({ tells: false }, {})).recorded).toEqual([{ ...ENTRY, runs: null }])
})

test('what ended before its end was seen is in the record too, and the host is closed', async () => {
  const error = new InputError('process/agent-silent', 'no answer')
  const { outcome, recorded, asked } = await run({}, { run: () => Promise.reject(error), buildId: () => 'ef' })
  expect(outcome).toBe(error)
  expect(recorded).toEqual([{ ...ENTRY, buildId: 'ef', result: null, errno: 'process/agent-silent' }])
  expect(asked).toEqual(['close'])
})
