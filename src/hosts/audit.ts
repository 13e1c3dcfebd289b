/**
 * Who did what to which host, when, with which result: one line of JSON for each operation that changes something, in a
 * file that only grows. It is a record for people; nothing is ever decided by it.
 */
import { appendFileSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { makeFolder } from '../system/make-folder.ts'

export interface AuditEntry {
  readonly time: string
  readonly user: string
  readonly machine: string
  readonly host: string
  /** Build-id of what runs there. */
  readonly runs: string | null
  readonly operation: string
  readonly payload: string
  /** Build-id of the payload, where it was at hand. */
  readonly buildId: string | null
  /** Null where its end was not seen; `errno` is the error's code then. */
  readonly result: number | null
  readonly errno: string | null
}

/** A file of hotsplice's in the user's state. */
export function stateFile(name: string): string {
  const { XDG_STATE_HOME } = process.env
  return join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'hotsplice', name)
}

/** HOTSPLICE_AUDIT, or hotsplice's folder in the user's state. */
function auditFile(): string {
  return process.env.HOTSPLICE_AUDIT || stateFile('audit.jsonl')
}

/** Appends the entry; the reason why it could not, otherwise. */
export function writeAudit(
  entry: Omit<AuditEntry, 'time' | 'user' | 'machine'>,
  file = auditFile(),
): string | undefined {
  return appendRecord(file, entry)
}

/** Appends a line of JSON with the time, the user and the machine; the reason why it could not, otherwise. */
export function appendRecord(file: string, entry: object): string | undefined {
  const whole = { time: new Date().toISOString(), user: userName(), machine: hostname(), ...entry }
  try {
    makeFolder(dirname(file))
    appendFileSync(file, `${JSON.stringify(whole)}\n`, { mode: 0o600 })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function userName(): string {
  try {
    return process.env.SUDO_USER ?? userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
