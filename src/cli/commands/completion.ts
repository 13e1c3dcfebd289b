import { Argument, Command } from '@commander-js/extra-typings'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { describeCommand } from '../command-tree.ts'
import { completionScript } from '../completion.ts'
import type { Console } from '../console.ts'
import { helpAfter } from '../help.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export function define(host: Host) {
  return new Command('completion')
    .description('Prints a script that completes commands, options and their values in a shell.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'in ~/.bashrc', run: 'source <(hotsplice completion bash)' },
          { so: 'for zsh, in a folder of $fpath', run: 'hotsplice completion zsh > ~/.zfunc/_hotsplice' },
          { so: 'for fish', run: 'hotsplice completion fish > ~/.config/fish/completions/hotsplice.fish' },
        ],
        codes: [[0, 'printed']],
      }),
    )
    .action(async shell => {
      const work = async (console: Console): Promise<Finished> => {
        const script = completionScript(shell, describeCommand(await host.program()))
        return { ending: 'done', text: '', also: () => console.data(Buffer.from(script)) }
      }
      host.ended(await attempt({ command: 'completion', host, work }))
    })
}
