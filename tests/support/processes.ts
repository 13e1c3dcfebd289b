/** What the kernel says about processes, whoever started them. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Running {
  readonly pid: number
  readonly name: string
  readonly parent: number
  /** Processor time used so far, in ticks: hundredths of a second. */
  readonly ticks: number
}

/**
 * Undefined where there is none, and for one that has ended and that nobody has waited for. To look first whether there is
 * a file, and then to read it, would fail for one that ends in between, and for one that ends while it is read (ESRCH).
 */
export function runningProcess(pid: number): Running | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name may hold anything, but nothing follows its last bracket but numbers and the state.
    const end = stat.lastIndexOf(')')
    const fields = stat.slice(end + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const name = stat.slice(stat.indexOf('(') + 1, end)
    return { pid, name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined
  }
}

export function runningProcesses(): readonly Running[] {
  return readdirSync('/proc').flatMap(entry => (/^\d+$/.test(entry) ? (runningProcess(Number(entry)) ?? []) : []))
}
