/**
 * Xen's error numbers by name. Hypercalls return them negated; they are Linux's numbers on every architecture.
 * Those that Xen's public errno.h has (`ENODEV` and `EXDEV` are where Linux has them), and what Linux says of signed modules.
 */

const NUMBERS: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ENODATA: 61,
  ETIME: 62,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EILSEQ: 84,
  ERESTART: 85,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  ENOKEY: 126,
  EKEYREJECTED: 129,
}

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name]))

/** The name of a negative result (`-22` → `EINVAL`); null for success and for numbers Xen has no name for. */
export function errnoName(result: number): string | null {
  return NAMES.get(-result) ?? null
}

/** The negative result that a name or number stands for: `EINVAL`, `22` and `-22` are all -22. */
export function errnoResult(text: string): number | undefined {
  const number = NUMBERS[text]
  if (number !== undefined) return -number
  if (!/^-?[1-9][0-9]{0,3}$/.test(text)) return undefined
  return -Math.abs(Number(text))
}

/** A result as people read it: `0`, `262161`, `EINVAL (-22)`. */
export function describeResult(result: number): string {
  const name = errnoName(result)
  return name === null ? String(result) : `${name} (${result})`
}

/** The negative results this code asks about by name. */
export const EAGAIN = -11
export const EACCES = -13
export const EBUSY = -16
export const ENOENT = -2
export const EINTR = -4
export const ENOSYS = -38
export const ETIMEDOUT = -110
export const EOPNOTSUPP = -95
