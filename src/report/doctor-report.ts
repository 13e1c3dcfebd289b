/** The report of `hotsplice doctor`: what is there, what is missing, and the command that mends it. */
import type { Ink } from './ink.ts'

/** What somebody wants to do with hotsplice on this machine. */
export type DoctorUse = 'build' | 'rehearse' | 'rehearse-arm64' | 'process' | 'xen' | 'linux'

export interface DoctorCheck {
  /** Which check it is, the same from run to run. */
  readonly id: string
  /** What it is needed for; empty where everything works without it. */
  readonly uses: readonly DoctorUse[]
  /** Whether one of those was asked about. */
  readonly needed: boolean
  /** `not-checked`: nothing was named that could be looked at. */
  readonly status: 'ok' | 'missing' | 'not-checked'
  /** The fact. */
  readonly text: string
  /** A command, or what else mends it. */
  readonly hint: string | null
}

/** The JSON of `hotsplice doctor`. */
export interface DoctorReport {
  readonly schema: 1
  readonly command: 'doctor'
  /** Of hotsplice. */
  readonly version: string
  /** `missing`: something that was asked about needs what is not there. */
  readonly outcome: 'ready' | 'missing'
  readonly asked: readonly DoctorUse[]
  /** Everything for which nothing is missing, whether asked about or not. */
  readonly ready: readonly DoctorUse[]
  readonly checks: readonly DoctorCheck[]
}

/** Each use in words that complete "to …". */
export const DOCTOR_USES: Readonly<Record<DoctorUse, string>> = {
  build: 'build payloads',
  rehearse: 'rehearse on x86-64',
  'rehearse-arm64': 'rehearse on AArch64',
  process: 'patch running programs',
  xen: 'patch the Xen that runs here',
  linux: 'patch the Linux kernel that runs here',
}

export function doctorText({ asked, ready, outcome, checks }: DoctorReport, ink: Ink): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  const lines = checks.flatMap(check => {
    const { id, status, text, hint } = check
    // Nobody can do anything about it.
    if (status === 'not-checked' && hint === null) return []
    const beside = `${markOf(check, ink)}  ${id.padEnd(width)}  ${text}`
    return hint === null ? [beside] : [beside, `${' '.repeat(MARK_WIDTH + width + 4)}hint: ${hint}`]
  })
  const lacking = asked.filter(use => !ready.includes(use))
  const words = (uses: readonly DoctorUse[]) => uses.map(use => DOCTOR_USES[use]).join(', ')
  return [
    ...lines,
    '',
    ...(ready.length === 0 ? [] : [`This machine is ready to ${words(ready)}.`]),
    ...(outcome === 'ready' ? [] : [`It is not ready to ${words(lacking)}: see what is missing above.`]),
  ].join('\n')
}

const MARK_WIDTH = 'not checked'.length

/** What nobody asked about is no fault. */
function markOf({ status, needed }: DoctorCheck, ink: Ink): string {
  if (status === 'ok') return ink.good('ok'.padEnd(MARK_WIDTH))
  if (status === 'not-checked') return ink.faint('not checked'.padEnd(MARK_WIDTH))
  return needed ? ink.bad('MISSING'.padEnd(MARK_WIDTH)) : ink.faint('absent'.padEnd(MARK_WIDTH))
}
