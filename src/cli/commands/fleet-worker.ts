/** `hotsplice fleet worker`, as it is asked for. */
import { availableParallelism } from 'node:os'
import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import { eachOf, positive, TOOLCHAIN_PATH } from '../option-values.ts'

export function workerCommand(host: Host) {
  return new Command('worker')
    .summary('do the builds that `fleet build --queue` hands out, until it is stopped')
    .description('Does the builds that `fleet build --queue` hands out, until it is stopped.')
    .argument('<queue>', 'redis://[USER@]HOST[:PORT]; its password is in HOTSPLICE_REDIS_PASSWORD')
    .requiredOption('--store <dir>', 'the folder that `fleet build --store` was given, as this machine sees it')
    .addOption(
      new Option('-j, --jobs <n>', 'how many compilers may run at once')
        .argParser(positive)
        .default(availableParallelism()),
    )
    .option('--toolchain <words>', 'take the jobs of bases with this toolchain, and no others')
    .option('--toolchain-path <there=here>', TOOLCHAIN_PATH, eachOf)
    .option('--inside', 'this worker runs where the words of --toolchain lead: compilers are called without them')
    .option(
      '--place <dir>',
      'put what this machine lacks of a job there, at its own place below; may be given again',
      eachOf,
    )
    .addOption(
      new Option('--lease <s>', 'seconds without a sign of life after which another worker gets the jobs of this one')
        .argParser(positive)
        .default(30),
    )
    .addHelpText('after', helpAfter(HELP))
    .action(async (queue, options) => {
      host.ended(
        await attempt({
          command: 'fleet worker',
          host,
          work: async console =>
            (await import('./fleet-worker-run.ts')).runWorker({ queue, ...options }, console, host.signal),
        }),
      )
    })
}

const HELP = {
  more: [
    'Trees, payloads below and symbols lie at the same places as where `fleet build` runs, or are put there (--place); each job is held',
    'against its digests before and after. Whoever may write to the Redis or to the store can have programs run by its workers: keep both to yourselves.',
    'Ctrl-C gives back what was begun. docs/fleet.md has the details.',
  ],
  examples: [
    { so: 'a worker', run: 'hotsplice fleet worker redis://build-queue --store /srv/fleet-store' },
    {
      so: 'in the container that holds a base’s compilers',
      run: 'hotsplice fleet worker redis://build-queue --store /srv/fleet-store --toolchain "podman exec debian11" --inside',
    },
  ],
  codes: [
    [1, 'there is no such Redis or store, or an option is wrong'],
    [130, 'it was stopped'],
  ],
} as const
