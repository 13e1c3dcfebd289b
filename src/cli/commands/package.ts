import { Command } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('package')
    .description('Makes a Debian or RPM package of what was published; the same folder gives the same bytes.')
    .argument('<published>', 'the folder of `publish`')
    .requiredOption('-o, --output <file>', 'the package: a file that ends in .deb or .rpm')
    .requiredOption('--name <name>', 'the package’s name')
    .requiredOption('--package-version <version>', 'its version')
    .requiredOption('--maintainer <name>', 'Name <address>')
    .option(
      '--statement-key <file>',
      'the publisher’s public key, or a certificate, that what was published must be signed with',
    )
    .addHelpText('after', helpAfter(HELP))
    .action(async (published, options) => {
      const work = async () => (await import('./package-run.ts')).runPackage({ published, ...options })
      host.ended(await attempt({ command: 'package', host, work }))
    })
}

const HELP = {
  more: [
    'Everything goes below /usr/lib/hotsplice/NAME, as it was published. A unit, hotsplice-NAME, applies at boot what fits the running',
    'Xen, as /etc/hotsplice/NAME.conf has it. Installing the package applies nothing; removing it reverts nothing unless that file asks',
    'for it. It takes dpkg-deb, or rpmbuild.',
  ],
  examples: [
    {
      so: 'package what was published',
      run: 'hotsplice package out -o fixes.deb --name fixes --package-version 1 --maintainer "Us <us@us.example>"',
    },
  ],
  codes: [[0, 'the package was made']],
} as const
