import { expect, test } from 'vitest'
import { type ConsoleEvent, createBoundedLines, createConsoleReader, downfallIn, isLastWord } from './console.ts'
import { LINUX_BOARD } from './linux/board.ts'
import { XEN_SIGNS } from './xen/boards.ts'

const line = (text: string): ConsoleEvent => ({ kind: 'line', text })

test.for<{ name: string; chunks: string[]; events: ConsoleEvent[] }>([
  { name: 'a line of Xen', chunks: ['(XEN) hello\r\n'], events: [line('(XEN) hello')] },
  { name: 'a line in two chunks', chunks: ['(XEN) he', 'llo\n'], events: [line('(XEN) hello')] },
  { name: 'an unfinished line is kept back', chunks: ['(XEN) he'], events: [] },
  { name: 'the dom0 is ready', chunks: ['@hotsplice ready\r\n'], events: [{ kind: 'ready' }] },
  { name: 'an answer', chunks: ['@hotsplice done 17\r\n'], events: [{ kind: 'done', request: 17 }] },
  {
    name: 'an answer behind a line that Xen left unfinished',
    chunks: ['(XEN) state: @hotsplice done 3\n'],
    events: [line('(XEN) state: '), { kind: 'done', request: 3 }],
  },
  { name: 'an answer that goes on is a line', chunks: ['@hotsplice done 3x\n'], events: [line('@hotsplice done 3x')] },
  {
    name: 'a number too long is a line',
    chunks: ['@hotsplice done 12345678901\n'],
    events: [line('@hotsplice done 12345678901')],
  },
  { name: 'the dom0 gives up', chunks: ['@hotsplice lost: no device\n'], events: [{ kind: 'lost', why: 'no device' }] },
  { name: 'bytes that a terminal would obey', chunks: ['\x1b[2J\x07\xff\n'], events: [line('?[2J??')] },
])('$name', ({ chunks, events }) => {
  const read = createConsoleReader()
  expect(chunks.flatMap(chunk => read(Buffer.from(chunk, 'latin1')))).toEqual(events)
})

test('a line without an end is cut, not gathered', () => {
  const read = createConsoleReader()
  const events = Array.from({ length: 1000 }, () => read(Buffer.alloc(100, 0x61))).flat()
  const longest = Math.max(...events.map(event => (event.kind === 'line' ? event.text.length : 0)))
  expect(events.length).toBeGreaterThan(50)
  expect(longest).toBeLessThan(1200)
})

test.for([
  ['(XEN) *** DOUBLE FAULT ***', true],
  ['(XEN) Panic on CPU 0:', true],
  ['(XEN) FATAL PAGE FAULT', true],
  ['(XEN) FATAL TRAP: vector = 6 (invalid opcode)', true],
  ['(XEN) Reboot in five seconds...', true],
  ['(XEN) Hardware Dom0 crashed: rebooting machine in 5 seconds.', true],
  ['(XEN) Domain 0 (vcpu#0) crashed on cpu#0:', true],
  ['(XEN) Xen BUG at common/domain.c:12', true],
  ['(XEN) Xen WARN at common/domain.c:12', false],
  ['(XEN) livepatch: p: fatal: no', false],
] as const)('%s: going down %s', ([text, down]) => {
  expect(downfallIn(text, XEN_SIGNS)).toBe(down ? 'crashed' : undefined)
})

/** As Linux 6.1 printed them in QEMU, or its source has them. */
test.for([
  ['BUG: kernel NULL pointer dereference, address: 0000000000000000', 'crashed'],
  ['BUG: unable to handle page fault for address: ffffffffc0a00000', 'crashed'],
  ['general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP', 'crashed'],
  ['general protection fault: 0000 [#1] SMP', 'crashed'],
  ['kernel BUG at fs/proc/cmdline.c:10!', 'crashed'],
  ['invalid opcode: 0000 [#1] PREEMPT SMP NOPTI', 'crashed'],
  ['Kernel panic - not syncing: Fatal exception', 'crashed'],
  ['watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]', 'hung'],
  ['rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:', 'hung'],
  ['rcu: INFO: rcu_preempt self-detected stall on CPU', 'hung'],
  ['INFO: task kworker/0:1:12 blocked for more than 120 seconds.', 'hung'],
  ['traps: program[80] general protection fault ip:401000 sp:7ffd00000000 error:0', undefined],
  ['WARNING: CPU: 0 PID: 1 at fs/proc/generic.c:12 x+0x1/0x2', undefined],
  ['oops=panic', undefined],
] as const)('of Linux, %s: %s', ([text, kind]) => {
  expect(downfallIn(text, LINUX_BOARD.signs)).toBe(kind)
})

test('only the end of a panic is a last word', () => {
  expect(isLastWord('(XEN) Panic on CPU 0:', XEN_SIGNS)).toBe(false)
  expect(isLastWord('(XEN) Reboot in five seconds...', XEN_SIGNS)).toBe(true)
})

test('the first and the last lines are kept, and how many are not', () => {
  const lines = createBoundedLines(2, 3)
  for (let number = 1; number <= 10; number++) lines.add(String(number))
  const kept = lines.lines()
  expect(kept.slice(0, 2)).toEqual(['1', '2'])
  expect(kept.slice(-3)).toEqual(['8', '9', '10'])
  expect(kept.length).toBe(10 - lines.dropped() + 1)
  expect(kept[2]).toBe(`… ${lines.dropped()} lines left out …`)
  expect(lines.last(2)).toEqual(['9', '10'])
})

test('memory does not grow with what is printed', () => {
  const lines = createBoundedLines(10, 20)
  for (let number = 0; number < 100_000; number++) lines.add('x')
  expect(lines.lines().length).toBeLessThanOrEqual(10 + 40 + 1)
  expect(lines.dropped()).toBeGreaterThan(99_000)
})
