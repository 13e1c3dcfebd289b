/**
 * Names of files that are begun beside an output. They cannot be guessed; and they say whose they are, so that what a
 * run left that was killed while it wrote is taken away by the next one that writes there.
 *
 * A process is its number, the moment it was started, and where numbers count: the boot of the machine, and the
 * namespace of a container. Of processes elsewhere nothing is known; what they leave is theirs for a day.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crypto } from '../system/crypto.ts'

const PART = /^\.hotsplice-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{32}\.part$/
const DAY = 24 * 60 * 60 * 1000

/** When this process was started: asked once, for a fleet writes thousands of files. */
let began: string | undefined

export function newPartName(): string {
  const { pid } = process
  began ??= startOf(pid) ?? '0'
  return `.hotsplice-${here()}-${pid}-${began}-${crypto().randomBytes(16).toString('hex')}.part`
}

/** Takes away what runs have begun in a folder that are no more. */
export function removeAbandonedParts(folder: string): void {
  let names: string[] = []
  try {
    names = readdirSync(folder)
  } catch {
    return // Writing there will tell.
  }
  for (const name of names) {
    const [, where, pid, start] = PART.exec(name) ?? []
    if (where === undefined) continue
    const path = join(folder, name)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined || stats.uid !== process.geteuid?.()) continue
    const isOver = where === here() ? startOf(Number(pid)) !== start : Date.now() - stats.mtimeMs > DAY
    if (isOver) rmSync(path, { force: true })
  }
}

let known: string | undefined

/** Stands for this boot of this machine, and for the namespace that our process's number is from. */
function here(): string {
  known ??= crypto().createHash('sha256').update(bootId()).update(namespace()).digest('hex').slice(0, 8)
  return known
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')
  } catch {
    return ''
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** When a process was started, in the kernel's ticks; undefined where there is none. */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program may hold anything, but nothing follows its last bracket but numbers.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
