import { Command, Option } from '@commander-js/extra-typings'
import type { SignRequest } from '../../flows/sign.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { checkOutputs } from '../console.ts'
import { readInput, readText, writeWhole } from '../files.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('sign')
    .description('Signs a payload: puts the trailer of Xen’s live patching design, or of a module of Linux, behind it.')
    .argument('<payload>', 'a payload file')
    .requiredOption('--key <file>', 'the private RSA key, in PEM')
    .requiredOption('--cert <file>', 'its certificate, in PEM')
    .requiredOption('-o, --output <file>', 'the signed payload')
    .addOption(new Option('--target <name>', 'whose trailer').choices(['xen', 'linux']).default('xen' as const))
    .addOption(
      new Option('--format <format>', 'a signed message (CMS) with the certificate in it, or the bare RSA signature')
        .choices(['cms', 'rsa'])
        .default('cms' as const),
    )
    .addOption(
      new Option('--hash <name>', 'the hash').choices(['sha256', 'sha384', 'sha512']).default('sha256' as const),
    )
    .addHelpText(
      'after',
      helpAfter({
        more: [
          'Xen up to 4.22 does not look at signatures: it loads a signed payload as any other. They are for whoever brings',
          'payloads to hosts: `hotsplice verify PAYLOAD --symbols xen-syms --key CERT.pem` refuses one that is not signed.',
          'Linux does: with CONFIG_MODULE_SIG_FORCE, or locked down, it loads what one of its own keys has signed.',
        ],
        examples: [
          {
            so: 'sign what was built',
            run: 'hotsplice sign fix.livepatch --key key.pem --cert cert.pem -o fix.signed',
          },
        ],
        codes: [[0, 'signed']],
      }),
    )
    .action(async (payload, options) => {
      const work = () => sign({ payload, ...options })
      host.ended(await attempt({ command: 'sign', signal: host.signal, work }))
    })
}

interface Request extends Pick<SignRequest, 'format' | 'hash' | 'target'> {
  readonly payload: string
  readonly key: string
  readonly cert: string
  readonly output: string
}

async function sign({ payload, key, cert, output, ...options }: Request): Promise<Finished> {
  checkOutputs([key, cert], [output])
  const { signFile } = await import('../../flows/sign.ts')
  const pair = { key: readText(key, 'the key', 'latin1'), certificate: readText(cert, 'the certificate', 'latin1') }
  const signed = signFile(readInput(payload, 'the payload'), { ...pair, ...options })
  writeWhole(output, signed)
  return { ending: 'done', text: `signed ${output}: ${signed.length} bytes` }
}
