import { expect, test } from 'vitest'
import type { Surroundings } from '../machine.ts'
import { indirectJumps, takesPlaces } from './own-places.ts'

const TABLE = '48 8d 15 f0 ff ff 7f' // lea table(%rip), %rdx
const STEP = 'ff 24 c2' // jmp *(%rdx,%rax,8)

test.for([
  { name: 'no indirect jump', code: 'c3', elsewhere: false, tables: [] },
  { name: 'a table at a fixed address', code: 'ff 24 c5 00 00 00 00', elsewhere: false, tables: [[0, 7]] },
  { name: 'a table whose address is computed', code: `${TABLE} ${STEP}`, elsewhere: false, tables: [[0, 7]] },
  { name: 'what stands at a fixed address', code: '48 8b 05 00 00 00 00 ff e0', elsewhere: false, tables: [[0, 7]] },
  { name: 'the same at once', code: 'ff 25 00 00 00 00', elsewhere: false, tables: [[0, 6]] },
  {
    name: 'at an address that is counted from nowhere',
    code: 'ff 24 25 00 00 00 00',
    elsewhere: false,
    tables: [[0, 7]],
  },
  { name: 'at one of the thread’s own', code: '64 48 8b 04 25 00 00 00 00 ff e0', elsewhere: true, tables: [] },
  { name: 'at one of the processor’s own', code: '65 ff 25 00 00 00 00', elsewhere: true, tables: [] },
  { name: 'an entry of a table', code: `${TABLE} ff 62 10`, elsewhere: false, tables: [[0, 7]] },
  { name: 'an entry of what an entry leads to', code: `${TABLE} 48 8b 12 ff 62 10`, elsewhere: true, tables: [] },
  { name: 'a table that the caller gives', code: STEP, elsewhere: true, tables: [] },
  { name: 'what an argument points to', code: 'ff 27', elsewhere: true, tables: [] },
  { name: 'what a call may have written', code: `${TABLE} e8 f0 ff ff 7f ${STEP}`, elsewhere: true, tables: [] },
  { name: 'a slot that nobody has written', code: '48 8b 44 24 08 ff e0', elsewhere: true, tables: [] },
  {
    name: 'a slot that has an address',
    code: '48 8d 05 f0 ff ff 7f 48 89 44 24 08 48 8b 44 24 08 ff e0',
    elsewhere: false,
    tables: [[0, 7]],
  },
  {
    name: 'beside a register that is no frame',
    code: '48 8d 05 f0 ff ff 7f 48 89 45 f8 48 8b 45 f8 ff e0',
    elsewhere: true,
    tables: [],
  },
  {
    name: 'an address on one of two ways',
    code: '85 c0 74 09 48 8d 05 f0 ff ff 7f eb 03 48 8b 07 ff e0',
    elsewhere: true,
    tables: [[4, 11]],
  },
  { name: 'an address on both', code: '48 8d 05 f0 ff ff 7f 85 c0 74 00 ff e0', elsewhere: false, tables: [[0, 7]] },
])('it jumps to $name', ({ code, elsewhere, tables }) => {
  const found = indirectJumps(bytesOf(code), around())
  expect(found.isElsewhere).toBe(elsewhere)
  expect(found.tables.map(({ start, end }) => [start, end])).toEqual(tables)
})

const LABEL = '48 8d 05 f0 ff ff 7f' // lea label(%rip), %rax
const KEEP = '48 89 44 24 08' // mov %rax, 8(%rsp)
const CALL = 'e8 f0 ff ff 7f' // some function
const GO = 'ff 64 24 08' // jmp *8(%rsp)

const KEPT = '48 89 e1' // mov %rsp, %rcx
const FILLED = '48 8d 15 15 00 00 00 e8 01 00 00 00 90 e8 01 00 00 00 90' // lea behind(%rip), %rdx; call . + 6 (twice)
const OUT = '6a 00 51 9c 6a 08 52 48 cf' // push $0, %rcx, flags, $8, %rdx; iretq

test.for<readonly [what: string, code: string, elsewhere: boolean]>([
  ['a thunk in its place (-mindirect-branch=thunk-inline)', 'e8 07 00 00 00 f3 90 0f ae e8 eb f9 48 89 14 24 c3', true],
  ['one for what was pushed', 'ff 37 e8 07 00 00 00 f3 90 0f ae e8 eb f9 48 8d 64 24 08 c3', true],
  ['what was pushed', '50 c3', true],
  ['a label that was pushed', `${LABEL} 50 c3`, false],
  ['one, far away (a reload of CS)', `${LABEL} 6a 08 50 48 cb`, false],
  ['one, out of an interrupt, with the shadow stack filled', `${KEPT} ${FILLED} ${OUT} c3`, false],
  ['the same with a frame', `48 83 ec 08 ${KEPT} ${FILLED} ${OUT} 48 83 c4 08 c3`, false],
  ['the same to another depth than at the start', `48 83 ec 08 ${KEPT} ${FILLED} ${OUT} c3`, true],
  ['the same where another stack is taken', `48 89 f9 ${FILLED} ${OUT} c3`, true],
  ['the same where the pointer is overwritten', `${KEPT} 31 c9 ${FILLED} ${OUT} c3`, true],
  ['the same where the pointer is something else on one way', `85 ff 74 0a ${KEPT} ${FILLED} ${OUT} c3`, true],
  ['the same where the pointer is pushed as a segment', `${KEPT} ${FILLED} 51 6a 00 9c 6a 08 52 48 cf c3`, true],
  ['one, out of an interrupt', `${LABEL} 6a 00 51 9c 6a 08 50 48 cf`, false],
  ['its caller, behind a push and a pop', '50 58 c3', false],
  ['its caller, behind a frame', '55 48 89 e5 53 48 83 ec 20 c9 c3', false],
  ['its caller, behind one by RBP', '55 48 89 e5 53 48 83 ec 20 48 8d 65 f8 5b 5d c3', false],
  ['its caller’s caller', '58 c3', true],
  ['a thunk in its place, for a label', `${LABEL} e8 07 00 00 00 f3 90 0f ae e8 eb f9 48 89 04 24 c3`, false],
  [
    'its caller, behind calls to fill what is guessed by',
    '48 89 e0 e8 01 00 00 00 cc e8 01 00 00 00 cc 48 83 c4 10 c3',
    false,
  ],
  ['itself, which is a call', `90 ${'e8 fa ff ff ff'} c3`, false],
  ['a place of the frame', `${LABEL} ${KEEP} ${CALL} ${GO}`, false],
  ['a place of a structure that is handed on', `${LABEL} ${KEEP} 48 89 e7 ${CALL} ${GO}`, true],
  ['by its own address', `${LABEL} ${KEEP} 48 8d 7c 24 08 ${CALL} ${GO}`, true],
  ['a place below one, which may be an end', `${LABEL} ${KEEP} 48 8d 7c 24 10 ${CALL} ${GO}`, true],
  ['a table whose address lies below one', `${LABEL} ${KEEP} 48 8d 7c 24 10 ${CALL} 48 8b 4c 24 08 ff 24 d1`, false],
  ['one whose address lies above it', `${LABEL} ${KEEP} 48 89 e7 ${CALL} 48 8b 4c 24 08 ff 24 d1`, true],
  ['beside an array that is handed on', `${LABEL} ${KEEP} 48 8d 7c c4 10 ${CALL} ${GO}`, true],
  ['a place of RBP’s frame', `55 48 89 e5 ${LABEL} 48 89 45 f8 ff 65 f8`, false],
  ['one of a structure there', `55 48 89 e5 ${LABEL} 48 89 45 f8 48 8d 7d f0 ${CALL} ff 65 f8`, true],
  ['one of a structure at RBP', `55 48 89 e5 ${LABEL} 48 89 45 08 48 89 ef ${CALL} ff 65 08`, true],
  ['RBP as an argument', `55 48 89 e5 ${LABEL} 48 89 45 08 55 ${CALL} ff 65 08`, true],
  ['RBP that is something else by then', `55 48 89 e5 ${LABEL} 48 89 45 f8 48 8b 2f ff 65 f8`, true],
  ['the same place after a push', `${LABEL} ${KEEP} 53 ff 64 24 10`, false],
  ['another place after a push', `${LABEL} ${KEEP} 53 ${GO}`, true],
  ['the same place by another register', `55 48 89 e5 48 83 ec 20 ${LABEL} ${KEEP} ff 65 e8`, false],
  ['a place half of which is written anew', `${LABEL} ${KEEP} c7 44 24 0c 00 00 00 00 ${GO}`, true],
  ['one that a wider store covers', `${LABEL} ${KEEP} 0f 11 04 24 ${GO}`, true],
  ['one beside a wider store', `${LABEL} ${KEEP} 0f 11 44 24 10 ${GO}`, false],
  ['where an index may lead', `${LABEL} ${KEEP} 48 89 4c d4 10 ${GO}`, true],
  ['on a stack of unknown depth', `48 29 c4 ${LABEL} ${KEEP} ${GO}`, true],
])('%s', ([, code, elsewhere]) => {
  expect(indirectJumps(bytesOf(code), around()).isElsewhere).toBe(elsewhere)
})

test.for<readonly [what: string, around: Partial<Surroundings>, elsewhere: boolean]>([
  ['fallen into', {}, false],
  ['also jumped to by who has the address', { labels: new Set([14]) }, true],
  ['also gone to by another part', { entered: new Set([14]) }, true],
])('a register where its way is %s', ([, more, elsewhere]) => {
  const code = bytesOf(`ff 24 c5 00 00 00 00 ${LABEL} ff e0`)
  expect(indirectJumps(code, around(more)).isElsewhere).toBe(elsewhere)
})

test('a place of the frame is anybody’s where another part goes in and out', () => {
  const code = bytesOf(`${LABEL} ${KEEP} ${GO}`)
  expect([NONE, new Set([7])].map(entered => indirectJumps(code, around({ entered })).isElsewhere)).toEqual([
    false,
    true,
  ])
})

test.for([
  // lea label, %rdx; lea far, %rax; jmp *%rdx; label: jmp *%rax
  {
    what: 'a place that it takes itself',
    code: '48 8d 15 09 00 00 00 48 8d 05 f0 ff ff 7f ff e2 ff e0',
    elsewhere: false,
  },
  // The same, and rax is read from memory on that way.
  {
    what: 'the same with what was kept',
    code: '48 8b 07 48 8d 15 0d 00 00 00 85 ff 74 02 ff e2 48 8d 05 f0 ff ff 7f ff e0',
    elsewhere: true,
  },
])('it jumps to $what', ({ code, elsewhere }) => {
  expect(indirectJumps(bytesOf(code), around()).isElsewhere).toBe(elsewhere)
})

test('what a displacement names is a table too, whatever is added', () => {
  const code = bytesOf('ba 08 00 00 00 ff a2 00 00 00 00') // mov $8, %edx; jmp *next(%rdx)
  const { isElsewhere, tables } = indirectJumps(code, around({ relocated: new Set([7]) }))
  expect([isElsewhere, tables.map(({ start }) => start).sort()]).toEqual([false, [0, 5]])
})

test('a call of another function is no jump within', () => {
  expect(indirectJumps(bytesOf('e8 00 00 00 00 c3'), around({ relocated: new Set([1]) })).isElsewhere).toBe(false)
})

test('an address of its own is one that no relocation leads elsewhere', () => {
  const code = bytesOf(`48 8d 15 00 00 00 00 ${STEP}`)
  expect(takesPlaces(code, NONE)).toBe(true)
  expect(takesPlaces(code, new Set([3]))).toBe(false)
})

const NONE: ReadonlySet<number> = new Set()
const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  relocated: NONE,
  own: NONE,
  labels: NONE,
  entered: NONE,
  ...more,
})
const bytesOf = (text: string) => Uint8Array.from(text.split(' '), byte => Number.parseInt(byte, 16))
