/** What is made of a package of Debian's, whatever is in it: a folder with its source, and what it ships. */
import { readFileSync } from 'node:fs'
import { readConfig } from '../xen/config.ts'

export interface MadeTree {
  /** For --tree: the source, configured as the package is. */
  readonly tree: string
  /** What boots, beside what comes with it. */
  readonly image: string
  readonly makeArguments: readonly string[]
  readonly otherConfig: readonly string[]
}

/** Below the folder. */
export const SHIPPED = 'shipped'
export const SOURCE = 'source'
export const WORK = '.fetched'

type Decides = (name: string, theirs: string | undefined, ours: string | undefined) => boolean

/** Settings that are not the same; none where the package does not say its own. Those that decide nothing are left out. */
export function differences(
  shipped: string | undefined,
  built: string,
  decides: Decides = () => true,
): readonly string[] {
  if (shipped === undefined) return []
  const [theirs, ours] = [readConfig(readFileSync(shipped, 'utf8')), readConfig(readFileSync(built, 'utf8'))]
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .filter(name => theirs.get(name) !== ours.get(name) && decides(name, theirs.get(name), ours.get(name)))
    .map(name => `${name} is ${theirs.get(name) ?? 'not set'} in the package, ${ours.get(name) ?? 'not set'} here`)
}
