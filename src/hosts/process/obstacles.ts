/**
 * Why a work ended as it did, in words. What matters most to who reads them: a thread that is in the way on each attempt
 * will be so on the next, and whether that is a call that lasts or a word that nothing has overwritten, only who knows
 * the program can tell. So the words name the thread, the word, the function and what can be done.
 */
import type { Spot, WorkState } from './layout.ts'
import type { Resident } from './plan.ts'
import { hex } from './proc.ts'

/** Code by what it is called. */
export interface NamedRange {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** What the payloads replace and bring, the functions before the areas that they lie in. */
export function rangesOf(residents: readonly Resident[]): readonly NamedRange[] {
  const functions = residents.flatMap(({ about }) =>
    about.functions.flatMap(({ name, old, ranges, ...by }): readonly NamedRange[] => [
      ...ranges.map(({ start, end }) => ({ name: start === old ? name : `a part of ${name}`, start, end })),
      { name: `the new ${name}`, start: by.new, end: by.new + by.newSize },
    ]),
  )
  const areas = residents.map(
    ({
      slot: {
        name,
        areas: { code },
      },
    }) => ({
      name: `the code of ${name}`,
      start: code.address,
      end: code.address + code.length,
    }),
  )
  return [...functions, ...areas]
}

/** Why a work ended as it did, in words. */
export function explainWork(work: WorkState, known: readonly NamedRange[]): readonly string[] {
  const place = hex(work.place)
  switch (work.why) {
    case 'none':
      return []
    case 'inside':
      return [`thread ${work.thread} ${inTheWay(work, known)}, in ${times(work)}`, ...wayOut(work)]
    case 'late':
      return [
        `thread ${work.thread} did not stop: it blocks or awaits all signals, or waits in the kernel (${times(work)})`,
      ]
    case 'signal':
      return [
        `thread ${work.thread} could not be sent a signal: too many are pending (ulimit -i), or a filter forbids it`,
      ]
    case 'stack':
      return [
        `the stack of thread ${work.thread} cannot be seen as a whole, it is in a signal handler (${times(work)})`,
      ]
    case 'bytes':
      return [`the bytes at ${place} are not what is expected there`]
    case 'write':
      return [`the code at ${place} cannot be written`]
    case 'hook':
      return [`the hook at ${place} returned ${work.result}`]
    case 'slow-hook':
      return [`the hook at ${place} did not end while the threads stood still; it may have waited for one of them`]
    case 'tasks':
      return ['the process cannot read its own /proc/self']
    case 'many':
      return ['the process has more threads than the agent can hold']
    case 'cancelled':
      return ['given up before it was done']
    case 'unknown':
      return ['the agent gives a reason that this tool does not know']
    case 'forked':
      return ['the process forked meanwhile, and this is the child']
  }
}

const times = ({ attempts }: WorkState) => (attempts === 1 ? 'the only attempt' : `the last of ${attempts} attempts`)

function inTheWay({ place, spot }: WorkState, known: readonly NamedRange[]): string {
  const range = known.find(({ start, end }) => place >= start && place < end)
  const where = range === undefined ? hex(place) : `${range.name}+${hex(place - range.start)} (${hex(place)})`
  return `was in what is replaced, or would return to it: ${holds(spot)} ${where}`
}

function holds(spot: Spot): string {
  switch (spot.in) {
    case 'code':
      return 'it runs at'
    case 'register':
      return `its register ${spot.name} holds`
    case 'stack':
      return `the word at ${hex(spot.word)} of its stack, ${hex(spot.word - spot.top)} above the stack pointer, holds`
    case 'unknown':
      return 'it has'
  }
}

/** What to do about a word that stays; what moves on by itself needs time only. */
function wayOut({ same, spot }: WorkState): readonly string[] {
  if (same < 2 || spot.in === 'unknown') return []
  if (spot.in === 'code') {
    return [
      `it was there in each of the last ${same} attempts: let it come out (end what it waits for), or give more time (--timeout)`,
    ]
  }
  const what = spot.in === 'stack' ? 'word' : 'register'
  return [
    `the same ${what} in each of the last ${same} attempts: either a call that lasts (end what the thread waits for, or give more time with --timeout), or left over from a call that has ended, as code without optimisation leaves them (let the thread do other work, which overwrites it, and try again); its backtrace tells which (in gdb: thread apply all bt)`,
  ]
}
