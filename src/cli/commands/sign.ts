import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('sign')
    .description('Signs a payload: puts the trailer of Xen’s live patching design, or of a module of Linux, behind it.')
    .argument('<payload>', 'a payload file')
    .option('--key <key>', 'the private RSA key: a file in PEM, or pkcs11:… for one that a token keeps')
    .option('--pin-file <file>', 'the token’s PIN (or HOTSPLICE_PKCS11_PIN in the environment)')
    .option('--cert <file>', 'its certificate, in PEM')
    .option('--prepare <file>', 'write only the digest, for a service that signs digests')
    .option('--attach <file>', 'the signature that such a service made: PKCS#1 1.5, as its bytes')
    .option('--add', 'add a signature to those that the payload has')
    .option('-o, --output <file>', 'the signed payload')
    .addOption(new Option('--target <name>', 'whose trailer').choices(['xen', 'linux']).default('xen' as const))
    .addOption(
      new Option('--format <format>', 'a signed message (CMS) with the certificate in it, or the bare RSA signature')
        .choices(['cms', 'rsa'])
        .default('cms' as const),
    )
    .addOption(
      new Option('--hash <name>', 'the hash').choices(['sha256', 'sha384', 'sha512']).default('sha256' as const),
    )
    .addHelpText('after', helpAfter(HELP))
    .action(async (payload, options) => {
      const work = async () => (await import('./sign-run.ts')).sign({ payload, ...options })
      host.ended(await attempt({ command: 'sign', host, work }))
    })
}

const HELP = {
  more: [
    'Xen up to 4.22 does not look at signatures: it loads a signed payload as any other. They are for whoever brings',
    'payloads to hosts: `hotsplice verify PAYLOAD --symbols xen-syms --key CERT.pem` refuses one that is not signed.',
    'Linux does: with CONFIG_MODULE_SIG_FORCE, or locked down, it loads what one of its own keys has signed.',
  ],
  examples: [
    { so: 'sign what was built', run: 'hotsplice sign fix.livepatch --key key.pem --cert cert.pem -o fix.signed' },
    {
      so: 'with a key that a token keeps',
      run: 'hotsplice sign fix.livepatch --key "pkcs11:token=T;object=K" --pin-file pin --cert cert.pem -o fix.signed',
    },
    { so: 'a service signs: first what it gets', run: 'hotsplice sign fix.livepatch --prepare fix.digest' },
    {
      so: 'then what it gave',
      run: 'hotsplice sign fix.livepatch --attach fix.signature --cert cert.pem -o fix.signed',
    },
    {
      so: 'a second signature, while keys are changed',
      run: 'hotsplice sign fix.signed --add --key new.pem --cert new-cert.pem -o fix.both',
    },
  ],
  codes: [[0, 'signed, or prepared']],
} as const
