import { dirname } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { checkOutputs } from '../console.ts'
import { helpAfter } from '../help.ts'

const MORE = [
  'The page is one file that works from a disk and fetches nothing. Besides reports of `build` and `diff` it takes the JSON of',
  '`verify`, `rehearse` and `advise`, and shows what they say of the same payload. Of several builds it shows a table, a row',
  'for each patch and a column for each system. Patch and instructions are in reports that `build --details` wrote. Of the',
  'index.json of `fleet build` it shows the matrix, which leads to the page of each cell.',
]

export function define(host: Host) {
  return new Command('report')
    .description('Writes the page that people decide from, of reports as JSON.')
    .argument('<report.json...>', 'what `--json FILE` wrote; - is standard input')
    .requiredOption('-o, --output <file>', 'the page')
    .addHelpText(
      'after',
      helpAfter({
        more: MORE,
        examples: [
          { so: 'a build', run: 'hotsplice report fix.json -o fix.html' },
          {
            so: 'with what the loader’s rules and the real hypervisor say',
            run: 'hotsplice report fix.json fix-verify.json fix-rehearsal.json -o fix.html',
          },
          { so: 'many fixes for many systems', run: 'hotsplice report builds/*.json -o fixes.html' },
          { so: 'a fleet', run: 'hotsplice report built/index.json -o fleet.html' },
        ],
        codes: [[0, 'the page was written']],
      }),
    )
    .action(async (files, { output }) => {
      const work = () => report(files, output)
      host.ended(await attempt({ command: 'report', host, work }))
    })
}

async function report(files: readonly string[], output: string): Promise<Finished> {
  const { checkPage, fleetInput, writePage } = await import('../page-file.ts')
  const { pageReports } = await import('../../report/page/inputs.ts')
  const { readText } = await import('../files.ts')
  checkOutputs(files, [output])
  checkPage(output)
  const { fleet, ...reports } = pageReports(files.map(name => ({ name, text: readText(name, 'the report', 'utf8') })))
  writePage(output, {
    ...reports,
    fleet: fleet === undefined ? undefined : fleetInput(output, fleet.report, dirname(fleet.name)),
  })
  return { ending: 'done', text: `wrote ${output}` }
}
