/** `hotsplice fleet apply`, as it is asked for. */
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import { positive } from '../option-values.ts'

export function applyCommand(host: Host) {
  return new Command('apply')
    .summary('roll out to hosts what they need, in waves, and revert where something is wrong')
    .description('Rolls out to hosts what they need, in waves, and reverts where something is wrong.')
    .argument('<index>', 'the folder of `fleet build`, or its index.json')
    .argument('[health...]', 'after --: a command that ends with 0 where {host} is well; words as they are, no shell')
    .requiredOption('--host <host...>', 'in this order: process:PID, xen, xen:ssh://[USER@]SERVER[:PORT]')
    .addOption(new Option('--first <n>', 'how many hosts make the first wave').argParser(positive).default(1))
    .addOption(
      new Option('--percent <n>', 'how many of a hundred hosts make each wave after that')
        .argParser(percent)
        .default(20),
    )
    .addOption(
      new Option('--health-timeout <s>', 'seconds after which the health command has said no')
        .argParser(positive)
        .default(60),
    )
    .option(
      '--log <file>',
      'where who did what when is written, a line of JSON each (default: fleet.jsonl in the state)',
    )
    .option('--despite-seccomp', 'for processes under seccomp: the filters let the agent do its work (docs/hosts.md)')
    .option('--dry-run', 'only say what would be done, in which waves')
    .option('--json <file>', 'write what became of each host as JSON too; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async (index, health, options) => {
      host.ended(
        await attempt({
          json: options.json,
          command: 'fleet apply',
          host,
          work: async console =>
            (await import('./fleet-apply-run.ts')).runFleetApply({ index, health, ...options }, console, host.signal),
        }),
      )
    })
}

function percent(text: string): number {
  const number = Number(text)
  if (!(number > 0 && number <= 100)) throw new InvalidArgumentError('It must be a number above 0, at most 100.')
  return number
}

const HELP = {
  more: [
    'All hosts are asked first; where one is unclear, none is touched. Each is asked again when its turn comes, before and after, and',
    'so is the health command. Where anything is wrong, that host is put back as it was, and no further wave begins.',
    'Run it again to go on with what is missing. docs/fleet.md has the details.',
  ],
  examples: [
    {
      so: 'what would be done',
      run: 'hotsplice fleet apply built --host xen:ssh://root@one xen:ssh://root@two --dry-run',
    },
    { so: 'with a check of your own', run: 'hotsplice fleet apply built --host process:1234 -- ./is-well {host}' },
  ],
  codes: [
    [0, 'every host has all it needs'],
    [1, 'the index, a file or an option is wrong'],
    [2, 'a host was unclear, said no, or was not well: it ended there; or a host lacks what nothing was built for'],
    [3, 'nothing to do: every host had all it needs'],
  ],
} as const
