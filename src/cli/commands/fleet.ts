import { availableParallelism } from 'node:os'
import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import { eachOf, positive } from '../option-values.ts'

const MORE = [
  'FLEET.yaml (or JSON) names bases, each a built tree of what runs somewhere, and fixes, each with its patches:',
  '',
  '  bases:',
  '    - { name: release, tree: xen-release, build-id: 3fa4…, rehearse: true }',
  '    - { name: debug, tree: xen-debug, on: [earlier.livepatch], end-of-life: 2027-12-31 }',
  '  fixes:',
  '    - name: xsa-500',
  '      ids: [CVE-2026-1234, XSA-500]',
  '      patches: [xsa-500.patch]',
  '      expected-refusals:',
  '        - { base: debug, codes: [changed-data], reason: needs a reboot there, who: security team }',
  '',
  'docs/fleet.md has all of it. Names are relative to the file’s folder. Every fix is built for every base, as `hotsplice build`',
  'would. What an earlier run found out in the same folder is not done again while nothing changed that it was made from, byte',
  'for byte; a run that was stopped or killed goes on where it was.',
]

export function define(host: Host) {
  return new Command('fleet')
    .description('Builds every fix for every base that runs, and tells what came of each.')
    .helpCommand(false)
    .addCommand(buildCommand(host))
    .addHelpText('after', helpAfter(HELP))
}

function buildCommand(host: Host) {
  return new Command('build')
    .summary('build the matrix of bases and fixes that a file names')
    .description('Builds the matrix of bases and fixes that a file names.')
    .argument('<FLEET.yaml>', 'bases and fixes, as YAML or JSON')
    .option('-o, --output <dir>', 'the folder for results (default: <FLEET>.built here)')
    .option('--only <base/fix>', 'only these cells, * for any: release/*, */xsa-500; may be given again', eachOf)
    .addOption(
      new Option('-j, --jobs <n>', 'how many compilers may run at once')
        .argParser(positive)
        .default(availableParallelism()),
    )
    .option('--dry-run', 'only say what would be done, and why')
    .option('--json <file>', 'write the index as JSON too; - is standard output')
    .option('--html <file>', 'write the matrix for a browser: one file, which leads to the page of each cell')
    .addHelpText('after', helpAfter(HELP))
    .action(async (file, options) => {
      host.ended(
        await attempt({
          json: options.json,
          command: 'fleet',
          signal: host.signal,
          work: async console => (await import('./fleet-run.ts')).runFleet({ file, ...options }, console, host.signal),
        }),
      )
    })
}

const HELP = {
  more: MORE,
  examples: [
    { so: 'all of it', run: 'hotsplice fleet build FLEET.yaml -o built' },
    { so: 'what would be done, and why', run: 'hotsplice fleet build FLEET.yaml -o built --dry-run' },
    { so: 'one fix for all bases', run: 'hotsplice fleet build FLEET.yaml -o built --only "*/xsa-500"' },
    { so: 'the matrix for whoever decides', run: 'hotsplice report built/index.json -o fleet.html' },
  ],
  codes: [
    [0, 'every cell is as expected: built, nothing to do, not affected, or a refusal that the file expects'],
    [1, 'a patch does not apply, a build failed, or the file is wrong'],
    [2, 'something was refused or failed in rehearsal, or a refusal that the file expects did not happen'],
    [3, 'nothing to do: no fix changes code on any base'],
  ],
} as const
