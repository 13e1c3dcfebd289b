/** What the doctor asks of the machine that it runs on; the command line hands it in. */
import type { InputError } from '../../base/errors.ts'

export interface Machine {
  readonly platform: string
  /** As Node calls it: `x64`. */
  readonly arch: string
  /** Of Node, without the `v`. */
  readonly node: string
  /** Runs a program that only tells something; undefined where there is none of that name. */
  readonly run: (words: readonly string[]) => Promise<Answer | undefined>
  /** Undefined where it cannot be read. */
  readonly readText: (path: string) => string | undefined
  readonly isThere: (path: string) => boolean
  readonly cacheFolder: string
  /** Why the cache cannot be used; undefined where it can. */
  readonly cacheFault: () => InputError | undefined
}

export interface Answer {
  readonly status: number
  /** Of standard output, and then of standard error. */
  readonly output: string
}

/** Rights of this process, as `/proc/self/status` has them. */
export function mayTraceAll({ readText }: Pick<Machine, 'readText'>): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status') ?? '')?.[1]
  return mask !== undefined && ((BigInt(`0x${mask}`) >> CAP_SYS_PTRACE) & 1n) === 1n
}

/** linux/capability.h */
const CAP_SYS_PTRACE = 19n
