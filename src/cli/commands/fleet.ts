import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import { eachOf, JOBS, natural } from '../option-values.ts'
import { applyCommand } from './fleet-apply.ts'
import { workerCommand } from './fleet-worker.ts'

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
  'docs/fleet.md has the details. Names are relative to the file’s folder. Every fix is built for every base, as `hotsplice build`',
  'would. What an earlier run found out in the same folder is not done again while nothing changed that it was made from, byte',
  'for byte; a run that was stopped or killed goes on where it was.',
]

export function define(host: Host) {
  return new Command('fleet')
    .description('Builds every fix for every base that runs, says what each host needs, and rolls it out.')
    .helpCommand(false)
    .addCommand(buildCommand(host))
    .addCommand(planCommand(host))
    .addCommand(applyCommand(host))
    .addCommand(workerCommand(host))
    .addHelpText('after', helpAfter(HELP))
}

function buildCommand(host: Host) {
  return new Command('build')
    .summary('build the matrix of bases and fixes that a file names')
    .description('Builds the matrix of bases and fixes that a file names.')
    .argument('<FLEET.yaml>', 'bases and fixes, as YAML or JSON')
    .option('-o, --output <dir>', 'the folder for results (default: <FLEET>.built here)')
    .option('--only <base/fix>', 'only these cells, * for any: release/*, */xsa-500; may be given again', eachOf)
    .addOption(JOBS)
    .option('--dry-run', 'only say what would be done, and why')
    .option('--prune', 'afterwards take away what is known of earlier patches, bases and versions only')
    .option('--queue <url>', 'let workers build: redis://[USER@]HOST[:PORT], where `hotsplice fleet worker` listens')
    .option('--store <dir>', 'with --queue: a folder that all workers see, for jobs and what comes of them')
    .option('--send', 'with --queue: put trees and files into the store, for workers with --place')
    .addOption(
      new Option('--check-every <n>', 'with --queue: every so many jobs a second worker does one too; 0 for none')
        .argParser(natural)
        .default(10),
    )
    .option('--json <file>', 'write the index as JSON too; - is standard output')
    .option('--html <file>', 'write the matrix for a browser: one file, which leads to the page of each cell')
    .addHelpText('after', helpAfter(HELP))
    .action(async (file, options) => {
      host.ended(
        await attempt({
          json: options.json,
          command: 'fleet',
          host,
          work: async console => (await import('./fleet-run.ts')).runFleet({ file, ...options }, console, host.signal),
        }),
      )
    })
}

function planCommand(host: Host) {
  return new Command('plan')
    .summary('say which payloads each host needs, in which order, and what cannot be done without a reboot')
    .description('Says which payloads each host needs, in which order, and what cannot be done without a reboot.')
    .argument('<index>', 'the folder of `fleet build`, or its index.json')
    .option(
      '--listing <file...>',
      'what a host reports: `hotsplice list --json`, or `xl info` and `xen-livepatch list`',
    )
    .option('--host <host...>', 'ask it now: process:PID, process:PID@START, xen, xen:ssh://[USER@]SERVER[:PORT]')
    .option('--json <file>', 'write the plan as JSON too; - is standard output')
    .addHelpText('after', helpAfter(PLAN_HELP))
    .action(async (index, options) => {
      host.ended(
        await attempt({
          json: options.json,
          command: 'fleet plan',
          host,
          work: async console =>
            (await import('./fleet-plan-run.ts')).runFleetPlan({ index, ...options }, console, host.signal),
        }),
      )
    })
}

const PLAN_HELP = {
  more: [
    'Nothing is changed anywhere. A host is known by the build-id of what runs, and a payload there by its name, which is all that',
    'hosts tell: load each under the name of its file. What is applied and not known to the fleet ends the planning of that host.',
    'docs/fleet.md says what each code means.',
  ],
  examples: [
    { so: 'what a host reports, for later', run: 'hotsplice list --host xen:ssh://root@server --json server.json' },
    { so: 'the same without hotsplice', run: "ssh root@server 'xl info; xen-livepatch list' > server.txt" },
    { so: 'what these hosts need', run: 'hotsplice fleet plan built --listing server.json server.txt' },
    { so: 'asked right now', run: 'hotsplice fleet plan built --host xen:ssh://root@one xen:ssh://root@two' },
  ],
  codes: [
    [0, 'after the steps of the plan every host has all it needs'],
    [1, 'a host could not be asked, or a listing or the index is wrong'],
    [
      2,
      'a host will lack something after all steps: it takes a reboot, a payload that is yet to be built, or a person',
    ],
    [3, 'nothing to do: every host has all it needs'],
  ],
} as const

const HELP = {
  more: MORE,
  examples: [
    { so: 'all of it', run: 'hotsplice fleet build FLEET.yaml -o built' },
    { so: 'what would be done, and why', run: 'hotsplice fleet build FLEET.yaml -o built --dry-run' },
    { so: 'one fix for all bases', run: 'hotsplice fleet build FLEET.yaml -o built --only "*/xsa-500"' },
    {
      so: 'on several machines',
      run: 'hotsplice fleet build FLEET.yaml -o built --queue redis://build-queue --store /srv/store',
    },
    { so: 'the matrix for whoever decides', run: 'hotsplice report built/index.json -o fleet.html' },
  ],
  codes: [
    [0, 'every cell is as expected: built, nothing to do, not affected, or a refusal that the file expects'],
    [1, 'a patch does not apply, a build failed, or the file is wrong'],
    [2, 'something was refused or failed in rehearsal, or a refusal that the file expects did not happen'],
    [3, 'nothing to do: no fix changes code on any base'],
  ],
} as const
