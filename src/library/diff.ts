import { basename } from 'node:path'
import { InputError } from '../base/errors.ts'
import type { RunReport } from '../report/model.ts'
import { VERSION } from '../system/version.ts'
import { choice, type FileInput, readBytes } from './inputs.ts'

/** What `diff` takes. */
export interface DiffOptions {
  /** The object of what is running. */
  readonly original: FileInput
  /** The object of the patched source. */
  readonly patched: FileInput
  /**
   * The original, compiled with its lines shifted (`#line` as its first line): functions that differ by line numbers only
   * are told apart then. Needs `shift`.
   *
   * @default none: a function that differs by a line number has changed
   */
  readonly shifted?: FileInput | undefined
  /**
   * By how many lines `shifted` is shifted.
   *
   * @default none
   */
  readonly shift?: number | undefined
  /**
   * Whose special sections are known.
   *
   * @default 'xen'
   */
  readonly target?: 'xen' | 'process' | 'linux' | undefined
  /**
   * What the report calls the pair, `common/domain.o`.
   *
   * @default the name of the original's file, or `unit.o`
   */
  readonly unit?: string | undefined
}

/**
 * Says which functions and data differ between two objects of one unit, and why. Both must have been compiled by the same
 * compiler with the same options, among them `-ffunction-sections -fdata-sections`.
 *
 * @param options the two objects, as files or bytes
 * @returns the report: its `outcome` is `differs`, or `nothing-to-do` where nothing but line numbers does
 * @throws {InputError} for a file that cannot be read or is no object, and objects for two different machines
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { diff } from 'hotsplice'
 *
 * const report = await diff({ original: 'original.o', patched: 'patched.o' })
 * assert.equal(report.outcome, 'differs')
 * for (const { name, verdict, reasons } of report.functions) console.log(name, verdict, reasons[0]?.text)
 * ```
 */
export async function diff(options: DiffOptions): Promise<RunReport> {
  const { original, shifted, shift } = options
  const target = choice('target', options.target, ['xen', 'process', 'linux'])
  if ((shifted === undefined) !== (shift === undefined)) {
    throw new InputError('library/bad-option', 'shifted and shift belong together', 'give both, or neither')
  }
  const flow = await import('../flows/diff.ts')
  return flow.diff({
    original: await readBytes(original, 'the original object'),
    patched: await readBytes(options.patched, 'the patched object'),
    ...(shifted === undefined || shift === undefined
      ? {}
      : { shifted: { object: await readBytes(shifted, 'the shifted object'), shift } }),
    target,
    unit: options.unit ?? (typeof original === 'string' ? basename(original) : 'unit.o'),
    version: VERSION,
  })
}
