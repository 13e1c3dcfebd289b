import { Command } from '@commander-js/extra-typings'
import { agent } from '../../flows/agent.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../command-host.ts'
import type { Console } from '../console.ts'
import { STANDARD } from '../files.ts'
import { helpAfter } from '../help.ts'
import { VERSION } from '../version.ts'

export function define(cli: Host) {
  return new Command('agent')
    .description('Prints the path of the part that lives in a process; the host’s gcc compiles it on first use.')
    .option('--source', 'the path of its C source instead, to link it into a program')
    .option('--json <file>', 'write the result as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'start a program that can be patched', run: 'LD_PRELOAD=$(hotsplice agent) ./daemon' },
          { so: 'link it in', run: 'cc -o daemon daemon.c $(hotsplice agent --source) -pthread' },
        ],
        codes: [[0, 'printed']],
      }),
    )
    .action(async ({ source = false, json }) => {
      const work = async (console: Console): Promise<Finished> => {
        const { agentFile, agentSource } = await import('../../hosts/process/agent-file.ts')
        const files = { source: agentSource, library: () => agentFile(cacheFolder()) }
        const report = agent(source ? 'source' : 'library', files, VERSION)
        const { file } = report
        return {
          ending: 'done',
          text: json === STANDARD ? file : '',
          json: report,
          // For LD_PRELOAD: a path is taken as it is.
          also: () => (json === STANDARD ? undefined : console.data(Buffer.from(`${file}\n`))),
        }
      }
      cli.ended(await attempt({ json, command: 'agent', host: cli, work }))
    })
}
