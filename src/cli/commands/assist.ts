import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import { eachOf, eachVariable, JOBS, natural, TOOLCHAIN, TOOLCHAIN_FILE, TOOLCHAIN_PATH } from '../option-values.ts'
import { STRIP } from '../patches.ts'
import type { AssistArguments } from './assist-run.ts'

const MORE = [
  'Does what `hotsplice build` would, and where the patch is refused for something that has a way out, writes a source that',
  'takes it: for a variable or constant whose initial value changes, a load hook that writes the new value where the old',
  'one stands, and an unload hook that takes that back. Names, places, types and values in it are those of the tree.',
  'Likewise for numbers that boot code would have set, which the build leaves out (--leave-init). New members of structures',
  'whose objects live are kept by the object\u2019s address, and new per-CPU variables in an array: for these a patch that comes',
  'upon yours is written beside the source, FILE.patch, and the build takes both, yours first (docs/ways-out.md).',
  '',
  'What only a person can know is a line with FILL_IN, which does not compile before it is filled in. Then the build takes',
  'the source beside the patch, which stays as it is: --with FILE@UNIT, as the source and the report say.',
  '',
  'A file that exists is never written over, since it may be one that you have filled in, and none is put into the tree.',
]

export function define(host: Host) {
  return new Command('assist')
    .description(
      'Writes what takes the way out of a refusal: a source for `hotsplice build --with`, and a patch where one is needed.',
    )
    .requiredOption('--tree <dir>', 'the source tree of what is running, as its build left it')
    .requiredOption('--patch <file...>', 'the patch, or several in their order; - is standard input')
    .option('-p, --strip <n>', STRIP, natural, 1)
    .option('--symbols <file>', 'what is running, as for `hotsplice build`')
    .option('--on <payload...>', 'payloads that are applied already, the lowest first')
    .addOption(
      new Option('--target <name>', 'what will load the payload')
        .choices(['xen', 'process'] as const)
        .default('xen' as const),
    )
    .option('--with <file[@unit]>', 'a source of your own that will be given to the build too', eachOf)
    .option('--leave-init <[unit#]name>', 'boot code that the build will leave out, by name, or `all`', eachOf)
    .option('--promote-callers <[unit#]name>', 'functions whose callers the build will replace, or `all`', eachOf)
    .option('--config <file>', "Xen's .config, for a tree that was not built")
    .option('--make-arg <var=value>', 'for make, for a tree that was not built; may be given again', eachVariable)
    .option('--build-dir <dir>', 'where the objects are (O=), or compile_commands.json is, when not in the tree')
    .option('--toolchain <prefix>', TOOLCHAIN)
    .option('--toolchain-path <inside=outside>', TOOLCHAIN_PATH, eachOf)
    .option('--toolchain-file <file>', TOOLCHAIN_FILE)
    .addOption(JOBS)
    .option('-o, --output <file>', 'the source, a new file (default: standard output)')
    .option('--json <file>', 'write the source and what it does as JSON; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async ({ makeArg, ...rest }) => {
      const request: AssistArguments = { ...rest, makeArgs: makeArg ?? [] }
      const { signal } = host
      const { runAssist } = await import('./assist-run.ts')
      const { json } = rest
      host.ended(await attempt({ json, command: 'assist', host, work: console => runAssist(request, console, signal) }))
    })
}

const HELP = {
  more: MORE,
  examples: [
    {
      so: 'a patch that changes the initial value of a variable',
      run: 'hotsplice assist --tree ~/xen --patch fix.patch -o fix-assist.c',
    },
    {
      so: 'then, filled in',
      run: 'hotsplice build --tree ~/xen --patch fix.patch --with fix-assist.c@common/grant_table.o',
    },
  ],
  codes: [
    [0, 'a source was written; what stays refused all the same is told'],
    [2, 'refused, and none of it has a way out that a source could be'],
    [3, 'nothing to do: nothing of the patch is refused'],
  ],
} as const
