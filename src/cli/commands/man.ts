import { Command } from '@commander-js/extra-typings'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { describeCommand } from '../command-tree.ts'
import type { Console } from '../console.ts'
import { helpAfter } from '../help.ts'
import { manPage } from '../man-page.ts'
import { VERSION } from '../version.ts'

export function define(host: Host) {
  return new Command('man')
    .description('Prints the manual page, hotsplice(1), as roff: what help says of every command.')
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'read it', run: 'hotsplice man > hotsplice.1 && man -l hotsplice.1' },
          { so: 'install it', run: 'hotsplice man > /usr/local/share/man/man1/hotsplice.1' },
        ],
        codes: [[0, 'printed']],
      }),
    )
    .action(async () => {
      const work = async (console: Console): Promise<Finished> => {
        const page = manPage(describeCommand(await host.program()), VERSION)
        return { ending: 'done', text: '', also: () => console.data(Buffer.from(page)) }
      }
      host.ended(await attempt({ command: 'man', host, work }))
    })
}
