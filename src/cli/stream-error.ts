/** What fails of the standard streams. */
import { InputError } from '../base/errors.ts'

export type StreamName = 'stdin' | 'stdout' | 'stderr'

/** What is wrong with a standard stream, in words. */
export function streamError(stream: StreamName, reason: string): InputError {
  if (stream === 'stdin') return new InputError('cli/cannot-read', `standard input cannot be read: ${reason}`)
  const name = stream === 'stdout' ? 'output' : 'error'
  return new InputError('cli/cannot-write', `standard ${name} cannot be written: ${reason}`)
}
