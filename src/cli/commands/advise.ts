import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import { eachOf, eachVariable, JOBS, natural, TOOLCHAIN, TOOLCHAIN_FILE, TOOLCHAIN_PATH } from '../option-values.ts'
import { STRIP } from '../patches.ts'
import type { AdviseArguments } from './advise-run.ts'

const MORE = [
  'Tries every --lines mode of `hotsplice build` on the patch, and writes no payload. For each: the functions that would be',
  'in the payload, what of them cannot be patched, what logs and backtraces will say while it is applied, and time and',
  'size. Every text is compiled once, whichever modes need it, and a build afterwards finds it compiled.',
  '',
  'Compiles are counted as if the mode were alone. "known" are those that an earlier run had done.',
]

export function define(host: Host) {
  return new Command('advise')
    .description('Puts the modes of line numbers for a patch side by side, and recommends one with its reason.')
    .requiredOption('--tree <dir>', 'the source tree of what is running, as its build left it')
    .requiredOption('--patch <file...>', 'the patch, or several in their order; - is standard input')
    .option('-p, --strip <n>', STRIP, natural, 1)
    .option('--symbols <file>', "xen-syms or xen.efi of what is running (default: the tree's own xen-syms)")
    .option('--depends <id>', 'build-id of the payload below (default: that of the symbols)')
    .option('--xen-depends <id>', 'build-id of the hypervisor (default: that of the symbols)')
    .addOption(
      new Option('--target <name>', 'what will load the payload')
        .choices(['xen', 'process'] as const)
        .default('xen' as const),
    )
    .option('--config <file>', "Xen's .config, for a tree that was not built")
    .option('--make-arg <var=value>', 'for make, for a tree that was not built; may be given again', eachVariable)
    .option('--build-dir <dir>', 'where the objects are (O=), or compile_commands.json is, when not in the tree')
    .option('--toolchain <prefix>', TOOLCHAIN)
    .option('--toolchain-path <inside=outside>', TOOLCHAIN_PATH, eachOf)
    .option('--toolchain-file <file>', TOOLCHAIN_FILE)
    .addOption(JOBS)
    .option('--json <file>', 'write the advice as JSON; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async ({ target, makeArg, ...rest }) => {
      const request: AdviseArguments = {
        ...rest,
        target,
        makeArgs: makeArg ?? [],
      }
      const { signal } = host
      const { runAdvise } = await import('./advise-run.ts')
      const { json } = rest
      host.ended(await attempt({ json, command: 'advise', host, work: console => runAdvise(request, console, signal) }))
    })
}

const HELP = {
  more: MORE,
  examples: [
    { so: 'the Xen that was built in this tree', run: 'hotsplice advise --tree ~/xen --patch fix.patch' },
    {
      so: 'only the recommendation',
      run: 'hotsplice advise --tree ~/xen --patch fix.patch --json - 2>/dev/null | jq -r .recommended',
    },
  ],
  codes: [
    [0, 'at least one mode gives a payload'],
    [2, 'every mode is refused'],
    [3, 'nothing to do: the patch changes no code'],
  ],
} as const
