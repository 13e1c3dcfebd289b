import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Ending } from './exit-code.ts'

/** What a command gets from the process it runs in. */
export interface Host {
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Every command with its help, this one too. */
  readonly program: () => Promise<CommandUnknownOpts>
  /** Takes how the command ended. */
  readonly ended: (ending: Ending) => void
}
