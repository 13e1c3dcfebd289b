import { Command } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('publish')
    .description('Makes of a fleet’s payloads what goes to those who run it: signed, explained and traceable.')
    .argument('<built>', 'the folder of `fleet build`; with --payload, the JSON of `build`')
    .option('--payload <file>', 'publish this one payload, as `build` made it')
    .option('--debug-file <file>', 'its debug file, as `build --debug-file` wrote it')
    .option('--base <name>', 'what its base is called (default: the build-id of what runs)')
    .option('--fix <name>', 'what its fix is called (default: the name of the file)')
    .option('--id <id...>', 'what the fix goes by: CVE-2026-0001')
    .requiredOption('-o, --output <dir>', 'a new folder')
    .requiredOption('--key <file>', 'the private RSA key that signs payloads: a file in PEM, or pkcs11:…')
    .option('--pin-file <file>', 'the token’s PIN (or HOTSPLICE_PKCS11_PIN in the environment)')
    .requiredOption('--cert <file>', 'its certificate, in PEM')
    .requiredOption('--statement-key <file>', 'the private key that signs where payloads come from: Ed25519 or P-256')
    .requiredOption('--publisher <name>', 'who publishes')
    .requiredOption('--namespace <uri>', 'a URI of the publisher’s: https://example.org')
    .option('--date <date>', 'when, as 2026-11-30T00:00:00Z (default: SOURCE_DATE_EPOCH)')
    .option('--json <file>', 'write updates.json there, too; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async (built, options) => {
      const work = async () => (await import('./publish-run.ts')).runPublish({ built, ...options })
      host.ended(await attempt({ json: options.json, command: 'publish', host, work }))
    })
}

const HELP = {
  more: [
    'In the folder: updates.json, by which a host finds by its build-id what it gets in which order; an advisory for each fix',
    '(CSAF 2.0); for each payload the signed file, its report and page, where it comes from (in-toto, SLSA, DSSE), and a list of',
    'inputs (CycloneDX). Nothing is fetched, and no clock is asked. docs/publishing.md has the way to hosts.',
  ],
  examples: [
    {
      so: 'publish what was built',
      run: 'hotsplice publish built -o out --key k.pem --cert c.pem --statement-key ed.pem --publisher Us --namespace https://us.example --date 2026-11-30T00:00:00Z',
    },
    {
      so: 'publish one payload',
      run: 'hotsplice publish fix.json --payload fix.livepatch --id CVE-2026-1 -o out --key k.pem --cert c.pem --statement-key ed.pem --publisher Us --namespace https://us.example --date 2026-11-30T00:00:00Z',
    },
  ],
  codes: [
    [0, 'the folder was made'],
    [1, 'a key or the index is wrong, or a payload is not what the index says'],
  ],
} as const
