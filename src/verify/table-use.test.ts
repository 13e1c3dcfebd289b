/** The table of functions, on loaders that write into it and on those that do not: both directions of the rule. */
import { describe, expect, test } from 'vitest'
import { Editor } from '../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../tests/verify/toy.ts'
import type { TableUse } from '../loaders/xen/table-use.ts'
import { describeVerify } from '../report/verify-text.ts'
import { type VerifyInput, verifyPayload, verifyStack, XEN_VERSIONS } from './index.ts'

const FUNCS = '.livepatch.funcs'
const APPLIED = 64
const writable = (e: Editor) => e.setSection(FUNCS, 'flags', 3)
const unchanged = () => undefined
/** Xen forgives one writable section only if it is the table. */
const dataGone = (e: Editor) => e.setSection('.data', 'size', 0).setSection('.bss', 'size', 0)

interface Asked {
  readonly edit?: (editor: Editor) => unknown
  readonly use: TableUse | undefined
  readonly more?: Partial<VerifyInput>
}

function judge({ edit = unchanged, use, more = {} }: Asked) {
  const editor = new Editor(toyPayload())
  edit(editor)
  const symbols = toyHypervisor({ tableUse: use })
  return verifyPayload({ payload: editor.bytes, symbols, version: '4.17', on: [], ...more })
}

const check = (report: ReturnType<typeof judge>, code: string) => report.checks.find(each => each.code === code)

describe.each(XEN_VERSIONS)('whatever the version says (%s)', version => {
  test.for<{ use: TableUse | undefined; of: string; edit: (e: Editor) => unknown; errno: string | null }>([
    { use: 'writes', of: 'a read-only table', edit: unchanged, errno: 'crash' },
    { use: 'writes', of: 'a writable table', edit: writable, errno: null },
    { use: 'writes-through', of: 'a read-only table', edit: unchanged, errno: null },
    { use: 'writes-through', of: 'a writable table', edit: writable, errno: null },
    { use: 'reads', of: 'a read-only table', edit: unchanged, errno: null },
    { use: 'reads', of: 'a writable table', edit: writable, errno: null },
    { use: undefined, of: 'a read-only table', edit: unchanged, errno: 'crash' },
    { use: undefined, of: 'a writable table', edit: writable, errno: null },
  ])('a loader that $use, $of: $errno', ({ use, edit, errno }) => {
    const report = judge({ use, edit, more: { version } })
    expect(report).toMatchObject({ accepted: errno === null, errno, stage: errno === null ? null : 'apply' })
    expect(report.decidedBy).toBe(errno === null ? null : 'functions-writable')
  })
})

test('the text tells what the loader does, or how to find out', () => {
  expect(check(judge({ use: 'writes' }), 'functions-writable')?.text).toMatch(/read-only.*page fault/)
  expect(check(judge({ use: undefined }), 'functions-writable')?.text).toMatch(/--tree .*writable table/)
  expect(describeVerify(judge({ use: 'writes' }))).toMatch(
    /^This payload would crash Xen 4.17 while applying it \[func/,
  )
})

test('the source tells where the image does not, and only then', () => {
  const by = (use: TableUse | undefined, source: TableUse) => judge({ use, more: { tableUse: source } }).errno
  expect([by(undefined, 'reads'), by(undefined, 'writes')]).toEqual([null, 'crash'])
  expect([by('reads', 'writes'), by('writes', 'reads')]).toEqual([null, 'crash'])
})

test('a stack is held against the same loader', () => {
  const payloads = [{ name: 'below', bytes: toyPayload() }]
  const known = { symbols: toyHypervisor({ tableUse: undefined }), version: '4.17' } as const
  const [below] = verifyStack(payloads, { ...known, tableUse: 'writes' })
  expect(below?.report.decidedBy).toBe('functions-writable')
  expect(verifyStack(payloads, { ...known, tableUse: 'reads' })[0]?.report.accepted).toBe(true)
})

test('without an image it is one of the rules that need it', () => {
  for (const symbols of [undefined, toyHypervisor({ format: 'efi', tableUse: undefined })]) {
    const report = verifyPayload({ payload: toyPayload(), symbols, version: '4.17', on: [] })
    expect(report).toMatchObject({ accepted: true, complete: false })
    expect(check(report, 'functions-writable')).toMatchObject({ status: 'not-applicable' })
  }
  const efi = toyHypervisor({ format: 'efi', tableUse: undefined })
  const report = verifyPayload({ payload: toyPayload(), symbols: efi, version: '4.17', tableUse: 'writes', on: [] })
  expect(report.decidedBy).toBe('functions-writable')
})

test('a table that is not there, empty or not loaded is other rules’ business', () => {
  const gone = judge({ use: 'writes', edit: e => e.rename(FUNCS, 'x') })
  expect(check(gone, 'functions-writable')?.status).toBe('not-applicable')
  expect(check(judge({ use: 'writes', edit: e => e.setSection(FUNCS, 'size', 0) }), 'functions-writable')?.status).toBe(
    'not-applicable',
  )
  expect(judge({ use: 'writes', edit: e => e.setSection(FUNCS, 'flags', 0) }).decidedBy).toBe('functions-loaded')
})

/** By Xen's move_payload, old and new: one writable section is forgiven, if it is the table. */
test.for<{ of: string; edit: (e: Editor) => unknown; warned: boolean }>([
  { of: 'no writable section', edit: dataGone, warned: false },
  { of: 'a writable table alone', edit: e => [dataGone(e), writable(e)], warned: false },
  { of: 'writable data', edit: unchanged, warned: true },
  { of: 'both', edit: writable, warned: true },
])('$of may be applied again: warned $warned', ({ edit, warned }) => {
  for (const use of ['reads', 'writes-through'] as const) {
    expect(check(judge({ use, edit }), 'reapply')?.warning !== undefined).toBe(warned)
  }
})

test.for<{ use: TableUse; value: number; errno: string | null }>([
  { use: 'writes', value: 1, errno: 'crash' },
  { use: 'writes-through', value: 1, errno: 'crash' },
  { use: 'reads', value: 1, errno: null },
  { use: 'writes', value: 0, errno: null },
  // Anything but "applied" is taken for "not applied", and set.
  { use: 'writes', value: 2, errno: null },
])('an entry whose state is $value, on a loader that $use: $errno', ({ use, value, errno }) => {
  const edit = (e: Editor) => writable(e).put(FUNCS, APPLIED, 1, value)
  expect(judge({ use, edit })).toMatchObject({ errno, decidedBy: errno === null ? null : 'function-state' })
})
