import { basename } from 'node:path'
import { Command, Option } from '@commander-js/extra-typings'
import { InputError } from '../../base/errors.ts'
import { readHypervisorSymbols } from '../../target/xen-symbols.ts'
import { describeVerify, verifyStack, XEN_VERSIONS } from '../../verify/index.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../commands.ts'
import { checkOutputs } from '../console.ts'
import { readInput } from '../files.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('verify')
    .description('Checks a payload by every rule of the loader that will get it, whoever built it.')
    .argument('<payload>', 'a payload file')
    .requiredOption('--symbols <file>', 'xen-syms (or xen.efi, which tells its build-id only) of what is running')
    .option('--on <payload...>', 'payloads that are applied already, the lowest first')
    .addOption(new Option('--xen-version <version>', 'whose rules').choices(XEN_VERSIONS).default(XEN_VERSIONS[0]))
    .option('--all', 'show the checks that passed or did not apply, too')
    .option('--json <file>', 'write the result as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'would this hypervisor take it?', run: 'hotsplice verify fix.livepatch --symbols ~/xen/xen/xen-syms' },
          {
            so: 'on top of another',
            run: 'hotsplice verify b.livepatch --on a.livepatch --symbols xen-syms --xen-version 4.20',
          },
        ],
        codes: [
          [0, 'it would be taken'],
          [2, 'it would be refused, or it would crash the hypervisor'],
        ],
      }),
    )
    .action(async (payload, options) => {
      const work = () => verify({ payload, ...options })
      host.ended(await attempt({ json: options.json, command: 'verify', signal: host.signal, work }))
    })
}

interface Request {
  readonly payload: string
  readonly symbols: string
  readonly on?: readonly string[]
  readonly xenVersion: (typeof XEN_VERSIONS)[number]
  readonly all?: true
  readonly json?: string
}

function verify({ payload, symbols, on = [], xenVersion, all, json }: Request): Finished {
  checkOutputs([...on, payload, symbols], [json])
  const stack = [...on, payload].map(file => ({ name: basename(file), bytes: readInput(file, 'the payload') }))
  const running = readHypervisorSymbols(readInput(symbols, 'the symbols'))
  const results = verifyStack(stack, { symbols: running, version: xenVersion })
  const report = results.at(-1)?.report
  if (report === undefined) throw new InputError('cli/usage', 'there is no payload to verify')
  const broken = results.slice(0, -1).findIndex(result => !result.report.accepted)
  if (broken !== -1) {
    const why = results[broken]?.report.decidedBy
    throw new InputError(
      'verify/below',
      `${on[broken]}, which --on says is applied already, would not be taken itself [${why}]`,
      `\`hotsplice verify ${on[broken]}\` with what lies below it says why`,
    )
  }
  return {
    ending: report.accepted ? 'done' : 'refused',
    text: describeVerify(report, { all: all === true }),
    json: report,
  }
}
