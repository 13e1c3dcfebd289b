/** Ctrl-C: the first asks the command to stop and tidy up, the second ends the process at once. */
import { InputError } from '../base/errors.ts'
import { exitCode } from './exit-code.ts'

/** A signal that aborts on the first Ctrl-C (or SIGTERM). */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCode('interrupted'))
    controller.abort(new InputError('cli/interrupted', 'interrupted before it was done'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}
