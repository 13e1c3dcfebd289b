import { Command } from '@commander-js/extra-typings'
import { withShownNames } from '../../base/printable.ts'
import { inspect } from '../../flows/inspect.ts'
import { describeInspected } from '../../report/inspect-module.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import { readInput } from '../files.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('inspect')
    .description('Shows what a payload contains and what it depends on, whoever built it.')
    .argument('<payload>', 'a payload file')
    .option('--json <file>', 'write it as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'functions, hooks, build-ids, needed symbols', run: 'hotsplice inspect fix.livepatch' },
          { so: 'of a live patch for Linux', run: 'hotsplice inspect fix.ko' },
          {
            so: 'the build-id, for the payload above',
            run: 'hotsplice inspect fix.livepatch --json - | jq -r .buildId',
          },
        ],
        codes: [[0, 'shown']],
      }),
    )
    .action(async (file, { json }) => {
      const work = (console: Console) => show(file, json, console)
      host.ended(await attempt({ json, command: 'inspect', host, work }))
    })
}

function show(file: string, json: string | undefined, console: Console): Finished {
  checkOutputs([file], [json])
  const summary = inspect(readInput(file, 'the payload'), file)
  return { ending: 'done', text: describeInspected(withShownNames(summary), file, console.ink), json: summary }
}
