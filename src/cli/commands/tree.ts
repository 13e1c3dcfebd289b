import { Argument, Command } from '@commander-js/extra-typings'
import { debianTree } from '../../flows/tree/tree.ts'
import { treeText } from '../../report/tree-report.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import { helpAfter } from '../help.ts'
import { JOBS } from '../option-values.ts'
import { VERSION } from '../version.ts'

const KINDS = ['debian'] as const

const MORE = [
  'This is the one command that uses a network, and only through the machine’s own apt: it fetches the package, its -dbg',
  'package and its source, installs nothing, and changes none of apt’s lists. Then the source is built once by the',
  'package’s own debian/rules and debian/xen-kconfig, with this machine’s compiler, and every function of it is compared',
  'with the shipped image. A build against it refuses patches of what is not equal; the rest may differ.',
  '',
  'Of a kernel, linux-source-… of the same version is fetched and prepared with the shipped configuration (make olddefconfig',
  'prepare), as its modules and image are put beside it; no kernel is built, and builds prove what they replace.',
  '',
  'The folder is there when all went well, and else is not. It must stay where it is: the build’s commands name it.',
]

export function define(host: Host) {
  return new Command('tree')
    .description('Makes the source tree of an installed hypervisor or kernel, as it was built, to build hotpatches in.')
    .addArgument(new Argument('<kind>', 'whose packages').choices(KINDS))
    .argument('<package=version>', 'the package of the hypervisor or kernel, as dpkg-query -W shows it')
    .option('-o, --output <dir>', 'the folder to make (default: <package>_<version> here)')
    .addOption(JOBS)
    .option('--json <file>', 'write the report as JSON; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async (_kind, name, options) => {
      const { json } = options
      const work = (console: Console) => make({ package: name, ...options }, console, host.signal)
      host.ended(await attempt({ json, command: 'tree', host, work }))
    })
}

interface Request {
  readonly package: string
  readonly output?: string
  readonly jobs: number
  readonly json?: string
}

async function make({ output, json, ...request }: Request, console: Console, signal: AbortSignal): Promise<Finished> {
  checkOutputs([], [json])
  const rest = { version: VERSION, progress: console.progress, cacheFolder: cacheFolder(), signal }
  const folder = output ?? request.package.replace('=', '_').replaceAll(/[:/]/g, '-')
  const report = await debianTree({ ...request, ...rest, output: folder })
  return { ending: 'done', text: treeText(report), json: report }
}

const HELP = {
  more: MORE,
  examples: [
    {
      so: 'for Debian 12’s hypervisor',
      run: 'hotsplice tree debian xen-hypervisor-4.17-amd64=4.17.5+72-g01140da4e8-1 -o ~/xen-4.17',
    },
    {
      so: 'for one of its kernels; dpkg-query -W "linux-image-$(uname -r)" shows which runs here',
      run: 'hotsplice tree debian linux-image-6.1.0-50-amd64=6.1.176-1 -o ~/linux',
    },
  ],
  codes: [[0, 'the folder was made; how much of it is what was shipped is said']],
} as const
