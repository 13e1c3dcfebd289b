import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Ending } from './exit-code.ts'

/** What a command gets from the process it runs in. */
export interface Host {
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Whether text is wanted beside JSON on standard output. */
  readonly isVerbose: boolean
  /** Every command with its help, this one too. */
  readonly program: () => Promise<CommandUnknownOpts>
  /** Takes how the command ended. */
  readonly ended: (ending: Ending) => void
}
