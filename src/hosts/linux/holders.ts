/**
 * Tasks that hold a transition up: who they are, and where they are. The texts are those of `/proc/TASK`, whoever read them.
 * Sources: Linux 6.1 Documentation/filesystems/proc.rst (stat, stack) and include/linux/sched.h (PF_KTHREAD).
 */

/** As far as they could be read. */
export interface HolderTexts {
  readonly task: string
  /** `/proc/TASK/stat`: the name in parentheses, flags in the ninth field. */
  readonly stat: string
  /** `/proc/TASK/stack`, the innermost function first; root reads it. */
  readonly stack: string
}

export interface Holder {
  readonly task: string
  readonly name: string
  /** A thread of the kernel gets no signals. */
  readonly isKernelThread: boolean
  /** Functions that it is in, the innermost first. */
  readonly functions: readonly string[]
}

const KERNEL_THREAD = 0x0020_0000
/** Fields behind the name; the flags are the ninth of all. */
const FLAGS = 6
/** Functions that are named where none of them is replaced. */
const NAMED = 3

/** Undefined for a task that has ended meanwhile. */
export function readHolder({ task, stat, stack }: HolderTexts): Holder | undefined {
  // A name may have parentheses of its own.
  const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat.trim()) ?? []
  const flags = Number(rest?.split(' ')[FLAGS])
  if (name === undefined || !Number.isInteger(flags)) return undefined
  const functions = [...stack.matchAll(/^\[<\w+>\] ([^+\s]+)\+/gm)].flatMap(([, called]) => called ?? [])
  return { task, name, isKernelThread: Math.floor(flags / KERNEL_THREAD) % 2 === 1, functions }
}

/** `replaced`: the live patch's functions. A task in none of them has one on its stack that could not be read reliably. */
export function describeHolder(holder: Holder, replaced: ReadonlySet<string>): string {
  const { task, name, isKernelThread, functions } = holder
  const held = functions.find(each => replaced.has(each))
  const places = held === undefined ? functions.slice(0, NAMED).join(', called by ') : held
  const is = places === '' ? '' : `: it is in ${places}`
  const which = held === undefined ? '' : ', which is replaced'
  const kernel = isKernelThread ? ' (a thread of the kernel: no signal reaches it)' : ''
  return `task ${task} (${name}) is not there yet${is}${which}${kernel}`
}

/** Names of functions in the folders of a live patch: `FUNCTION,POSITION` below each object. */
export const replacedIn = (folders: readonly string[]): ReadonlySet<string> =>
  new Set(folders.flatMap(folder => /([^/]+),\d+$/.exec(folder)?.[1] ?? []))
