/**
 * The two kinds of exception. Something outside us was wrong: `InputError`. We were wrong: `InternalError`.
 * What cannot be hotpatched is neither; it is refusal data (see `select/`).
 */

/** `stage/what`, in lower case: `elf/truncated`, `source/hunk-failed`. One page of docs/findings explains each. */
export type InputErrorCode = `${string}/${string}`

/**
 * Something outside was wrong: a file, an option, a tool. The message says what is so, with its values.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { diff, InputError } from 'hotsplice'
 *
 * try {
 *   await diff({ original: 'original.o', patched: 'fix.patch' })
 * } catch (error) {
 *   if (!(error instanceof InputError)) throw error
 *   console.error(error.code, error.message, error.trail, error.hint)
 *   assert.equal(error.code, 'elf/not-elf')
 * }
 * ```
 */
export class InputError extends Error {
  /** By which it is known without its class. */
  override readonly name = 'InputError'
  /** What was being done, innermost first; grows as the error travels outwards. */
  readonly trail: string[] = []
  /** Which error it is; docs/findings has a section on each. */
  readonly code: InputErrorCode
  /** The way out, where there is one to tell. */
  readonly hint: string | undefined

  /** `fact` says what is so, with the numbers; `hint` says what the reader can do about it. */
  constructor(code: InputErrorCode, fact: string, hint?: string) {
    super(fact)
    this.code = code
    this.hint = hint
  }
}

/** A mistake of ours. The CLI asks for a bug report and exits with 70. */
export class InternalError extends Error {
  override readonly name = 'InternalError'
}

/** Says that control cannot come here; the argument's type proves it. */
export function unreachable(value: never): never {
  throw new InternalError(`a case was forgotten: ${JSON.stringify(value)}`)
}

/** Runs `step`; if it fails on bad input, notes what was being done. */
export function during<T>(doing: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof InputError) error.trail.push(doing)
    throw error
  }
}

/** Likewise for a step that finishes later. */
export async function duringAsync<T>(doing: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof InputError) error.trail.push(doing)
    throw error
  }
}

/** The words the CLI prints. Nothing else turns an error into text. */
export function describe({ code, message, trail, hint }: InputError): string {
  return [
    `${message} [${code}]`,
    ...trail.map(doing => `  while ${doing}`),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ].join('\n')
}
