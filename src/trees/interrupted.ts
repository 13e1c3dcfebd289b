import { InputError } from '../base/errors.ts'

/** What every step throws when the user stopped the run; the CLI answers it with exit code 130. */
export function interrupted(): InputError {
  return new InputError('build/interrupted', 'stopped before it was done')
}
