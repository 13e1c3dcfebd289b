/** A failure as the report tells it; the JSON that was asked for is written for failed runs too. */
import { InputError } from '../base/errors.ts'
import { emptyReport, type ReportedError, type RunReport } from './model.ts'

const WHERE_WRITTEN =
  'files are written to the output’s folder, to the cache (HOTSPLICE_CACHE, or hotsplice in ~/.cache) and to the folder for temporary files (TMPDIR)'

/**
 * What is known of any thrown thing. What is neither bad input nor the system's refusal is a mistake of hotsplice.
 *
 * @param error what was thrown
 * @returns the error as plain data
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { InputError, reportedError } from 'hotsplice/report'
 *
 * const { code, text } = reportedError(new InputError('cli/usage', 'there is no such option'))
 * assert.deepEqual({ code, text }, { code: 'cli/usage', text: 'there is no such option' })
 * assert.equal(reportedError(new TypeError('oh')).code, 'internal/bug')
 * ```
 */
export function reportedError(error: unknown): ReportedError {
  if (error instanceof InputError) {
    return { code: error.code, text: error.message, trail: error.trail, hint: error.hint ?? null }
  }
  const text = error instanceof Error ? error.message : String(error)
  const system = systemCode(error)
  if (system !== undefined) return systemError(system, text)
  return { code: 'internal/bug', text, trail: [], hint: 'this is a bug in hotsplice; please report it' }
}

/** `ENOSPC` for an error of the operating system: a full disk, a missing permission. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What the operating system says in a word, and what its reader can do about it. To add one: a row here, a section of its own. */
const SYSTEM: Readonly<Record<string, Pick<ReportedError, 'code' | 'hint'>>> = {
  ENOSPC: { code: 'system/enospc', hint: WHERE_WRITTEN },
  EDQUOT: { code: 'system/edquot', hint: WHERE_WRITTEN },
  EROFS: { code: 'system/erofs', hint: WHERE_WRITTEN },
  EACCES: {
    code: 'system/eacces',
    hint: 'this user may not do that; look at the rights of the file and of the folders above it',
  },
  EPERM: {
    code: 'system/eperm',
    hint: 'this user may not do that; look at the rights of the file and of the folders above it',
  },
  ENOENT: { code: 'system/enoent', hint: 'something went away while it was used, or a link leads nowhere' },
  ENOTDIR: { code: 'system/enotdir', hint: 'a file stands where a folder should be; look at the paths given' },
  EISDIR: { code: 'system/eisdir', hint: 'a folder stands where a file should be; look at the paths given' },
  ELOOP: { code: 'system/eloop', hint: 'links lead to each other; look at the paths given' },
  ENAMETOOLONG: {
    code: 'system/enametoolong',
    hint: 'shorter paths for the tree, the output and the cache (HOTSPLICE_CACHE) help',
  },
  EMFILE: {
    code: 'system/emfile',
    hint: 'raise the limit of open files (ulimit -n), or let fewer compilers run (--jobs)',
  },
  ENFILE: { code: 'system/enfile', hint: 'the whole machine has too many files open' },
  ENOMEM: { code: 'system/enomem', hint: 'free memory, or let fewer compilers run (--jobs)' },
  EAGAIN: {
    code: 'system/eagain',
    hint: 'raise the limit of processes (ulimit -u), or let fewer compilers run (--jobs)',
  },
  EIO: { code: 'system/eio', hint: 'the disk or the file system fails; the kernel’s log says more' },
}

/** Also a code that is not known here has a way out: where it was written to. */
function systemError(system: string, text: string): ReportedError {
  const { code, hint } = SYSTEM[system] ?? { code: `system/${system.toLowerCase()}`, hint: WHERE_WRITTEN }
  return { code, text, trail: [], hint }
}

/**
 * The report of a run that failed.
 *
 * @param command what was run
 * @param version of hotsplice
 * @param error what ended it
 * @returns a report in which nothing else is known
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { errorReport, reportedError } from 'hotsplice/report'
 *
 * const report = errorReport('build', '0.2.0', reportedError(new Error('oh')))
 * assert.equal(report.outcome, 'error')
 * assert.equal(report.error?.text, 'oh')
 * ```
 */
export function errorReport(command: RunReport['command'], version: string, error: ReportedError): RunReport {
  return { ...emptyReport(command, version), outcome: 'error', error }
}

/** The JSON of a command that failed and has no form of its own for that. */
export interface FailureReport {
  readonly schema: 1
  /** Null where there is no such command. */
  readonly command: string | null
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'error'
  readonly error: ReportedError
}

/** The JSON of any command that failed, in the form that the command has for it. */
export function failureReport(
  command: string | undefined,
  version: string,
  error: ReportedError,
): RunReport | FailureReport {
  if (command === 'build' || command === 'diff') return errorReport(command, version, error)
  return { schema: 1, command: command ?? null, version, outcome: 'error', error }
}
