/** How values of options are read; a wrong one is told with what it must be. */
import { availableParallelism } from 'node:os'
import { InvalidArgumentError, Option } from '@commander-js/extra-typings'

export function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number, 1 or more.')
  return number
}

export function natural(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return Number(text)
}

/** Of all commands that compile. Help and manual page are the same on every machine. */
export const JOBS = new Option('-j, --jobs <n>', 'how many compilers may run at once')
  .argParser(positive)
  .default(availableParallelism(), 'one for each processor')

/** For options that may be given again. */
export function eachOf(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

/** Of all commands that run a tree's compilers. */
export const TOOLCHAIN =
  'where the tree’s compilers are, in words that they run behind: "chroot DIR", "podman exec NAME"'
export const TOOLCHAIN_PATH = 'how a folder is called behind it, and here; may be given again'
export const TOOLCHAIN_FILE = 'a JSON file that says both for each base, by folder (docs/toolchain.md)'

/** What goes to make: `VAR=VALUE`. */
export function eachVariable(value: string, before: readonly string[] | undefined): readonly string[] {
  if (!/^[^=\s]+=/.test(value)) throw new InvalidArgumentError('It must be VAR=VALUE.')
  return eachOf(value, before)
}

/** What `--without-ibt` says of the host, for commands that hold a payload against its loader. */
export const WITHOUT_IBT =
  'no processor of the host has CET-IBT, or it is off (Xen cet=no-ibt, Linux ibt=off): on processors that have it, some Xen 4.17 and 4.18 crash on payloads with alternatives, and Linux on calls by addresses that it did not expect'
