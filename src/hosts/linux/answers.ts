/** What tools of Linux say in words when the kernel said no (the C library's, in the locale C), and what that comes from. */
import { constants } from 'node:os'

/** Not in Node's list: Linux 6.1 include/uapi/asm-generic/errno.h. */
const ENOKEY = -126
const EKEYREJECTED = -129
const { EPERM, ENOEXEC, EBUSY, EEXIST, EINVAL, ENOENT, EIO } = constants.errno

const WORDS: readonly (readonly [RegExp, number])[] = [
  [/Operation not permitted/, -EPERM],
  [/Required key not available/, ENOKEY],
  [/Key was rejected by service/, EKEYREJECTED],
  // insmod has words of its own for some (kmod, mod_strerror): the second of each.
  [/Exec format error|Invalid module format/, -ENOEXEC],
  [/Device or resource busy|is in use/, -EBUSY],
  [/File exists/, -EEXIST],
  [/Invalid argument|Invalid parameters/, -EINVAL],
  [/No such file or directory|Unknown symbol|is not currently loaded/, -ENOENT],
]

/** A negative errno; -EIO where the words are others. */
export function errnoIn(words: string): number {
  return WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? -EIO
}

/** Why a module is not let in, where the host enforces something; `read` has a file's text. */
export async function enforcementOf(
  result: number,
  read: (path: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  if (![-EPERM, ENOKEY, EKEYREJECTED].includes(result)) return []
  const lockdown = /\[(\w+)\]/.exec((await read('/sys/kernel/security/lockdown')) ?? '')?.[1]
  const enforced = await read('/sys/module/module/parameters/sig_enforce')
  if (lockdown !== undefined && lockdown !== 'none')
    return [
      `the kernel is locked down (${lockdown}): it takes only modules that are signed by a key that it trusts (hotsplice sign --target linux)`,
    ]
  if (enforced === 'Y')
    return [
      'the kernel takes only modules that are signed by a key that it trusts (module.sig_enforce): hotsplice sign --target linux',
    ]
  return result === -EPERM ? ['does whoever asks have the right to load modules (root)?'] : []
}
