import { Command } from '@commander-js/extra-typings'
import { checkPayloads } from '../../flows/fleet/publish/check-payloads.ts'
import { checkPublished } from '../../flows/fleet/publish/manifest.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { readText } from '../files.ts'
import { helpAfter } from '../help.ts'
import { readPublished, readUpdates } from '../published-folder.ts'

export function define(host: Host) {
  return new Command('check-published')
    .description('Checks a published folder: is every file in it what the publisher signed, and nothing else there?')
    .argument('<published>', 'the folder of `publish`')
    .requiredOption('--statement-key <file>', 'the publisher’s public key for statements, or its certificate, in PEM')
    .option('--key <file...>', 'certificates or public keys, in PEM, by which payloads must be signed')
    .addHelpText('after', helpAfter(HELP))
    .action(async (published, { statementKey, key = [] }) => {
      const work = async () => checkFolder(published, statementKey, key)
      host.ended(await attempt({ command: 'check-published', host, work }))
    })
}

function checkFolder(published: string, statementKey: string, keys: readonly string[]): Finished {
  const files = readPublished(published)
  checkPublished(files, readText(statementKey, 'the key', 'latin1'))
  const index = readUpdates(files, published)
  const texts = keys.map(file => readText(file, 'the key', 'latin1'))
  const signed = texts.length === 0 ? [] : checkPayloads(files, index, texts)
  return { ending: 'done', text: [`${published}: ${files.size} files, as they were published`, ...signed].join('\n') }
}

const HELP = {
  more: [
    'manifest.json in the folder states each file’s digest, and is signed by the key of `publish --statement-key`. A changed byte, a',
    'file more or less, or another signer is an error.',
  ],
  examples: [
    {
      so: 'what came from the publisher',
      run: 'hotsplice check-published out --statement-key ed.pub --key cert.pem',
    },
  ],
  codes: [
    [0, 'everything is as it was published'],
    [1, 'something is not'],
  ],
} as const
