import { Command, Option } from '@commander-js/extra-typings'
import type { ReportedError } from '../../report/model.ts'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import type { Ending } from '../exit-code.ts'
import { helpAfter } from '../help.ts'
import {
  eachOf,
  eachVariable,
  JOBS,
  natural,
  TOOLCHAIN,
  TOOLCHAIN_FILE,
  TOOLCHAIN_PATH,
  WITHOUT_IBT,
} from '../option-values.ts'
import { STRIP } from '../patches.ts'
import type { BuildArguments } from './build-run.ts'

const MORE = [
  'DIR holds what is running, as its build left it: for Xen 4.17 or later the folder that holds xen/ (or xen/ itself)',
  'after `make`, with CONFIG_LIVEPATCH; for programs a folder with compile_commands.json. It is never written to. The',
  'patches are applied in memory, one after the other, as `patch` would with no fuzz.',
  '',
  'With --target linux, DIR is the source of a kernel 6.1 or 6.12, configured as the running one and prepared',
  '(make olddefconfig prepare), and --symbols the image that boots, /boot/vmlinuz-…; what is not there yet is refused by name.',
  '',
  'Nothing is written to -o unless everything went well. What cannot be hotpatched is told all at once, each with its',
  'way out.',
]

/** The ways to treat embedded line numbers. */
const WAYS = ['auto', 'neutral', 'mask', 'table', 'ignore'] as const
const TARGETS = ['xen', 'process', 'linux'] as const
const LINES =
  'how to treat functions that differ only by an embedded line number: ignore includes them, mask leaves them out, ' +
  'neutral rewrites the patch so that they do not differ, table leaves them out and sets their numbers while the ' +
  'payload is applied, auto chooses file by file and cross-checks neutral and mask'

const ACCEPT = 'accept a changed layout (or prototype) although old objects or callers remain; may be given again'
const LEAVE_INIT =
  'leave boot code or data of that name (UNIT#NAME where several units have it; or `all`) out of the patch, and say what will not happen as a result; may be given again'
const PROMOTE =
  'replace the callers of a changed function of that name, instead of the function (UNIT#NAME where several units have it; or `all` that cannot be replaced themselves); may be given again'
const COMPILE_ALL = 'compile all units that read a touched header, also those that cannot see what changes there'
const WITH =
  'a source of your own (hooks, helpers), compiled like the unit behind @, in its folder (default: like most units of the folder that the patch touches); may be given again'
const BESIDES =
  'payloads that are applied already, and that the new one is to replace (hotsplice replace): it shares no names with them, and is refused where data that they hold would be lost'
const LOSES = 'a variable that may be lost with them (`all` for all, `*` for those without a name); may be given again'
const MEMORY = "a copy of the running system's code, raw (from _stext on), to compare with too"
const DEBUG_FILE = 'write the payload’s debug file, for gdb and others: docs/debugging.md'
const EXPECT = 'refuse unless the payload has exactly these functions, one `[unit] name` a line'
const DETAILS =
  'put the patch and both versions of each function into the JSON too, for `hotsplice report` (--html does)'
const EXPLAIN = 'when refused, find the hunks that are to blame, and what would be built without them'

export function define(host: Host) {
  return new Command('build')
    .description('Builds a payload: the functions that a patch changes, and what they need.')
    .requiredOption('--tree <dir>', 'the source tree of what is running, as its build left it')
    .requiredOption('--patch <file...>', 'the patch, or several in their order; - is standard input')
    .option('-p, --strip <n>', STRIP, natural, 1)
    .addOption(new Option('--lines <way>', LINES).choices(WAYS).default('auto' as const))
    .option(
      '--symbols <file>',
      "what is running: its xen-syms, or the image that boots (/boot/xen-*.gz, xen.efi), gzipped or not; or the program, unstripped (default: the tree's own, where there is no doubt)",
    )
    .option('--depends <id>', 'build-id of the payload below (default: that of the symbols)')
    .option('--on <payload...>', 'payloads that are applied already, the lowest first: the new one goes on top')
    .option('--besides <payload...>', BESIDES)
    .option('--loses <variable>', LOSES, eachOf)
    .option('--xen-depends <id>', 'build-id of the hypervisor (default: that of the symbols)')
    .option('--memory <file[@address]>', MEMORY)
    .option('--no-expect', 'do not let the loader compare the first bytes of old code before it patches')
    .option('--without-ibt', WITHOUT_IBT)
    .option('--no-replace', 'for Linux: leave other live patches enabled, instead of taking the place of all of them')
    .addOption(new Option('--target <name>', 'what will load the payload').choices(TARGETS).default('xen' as const))
    .option('--with <file[@unit]>', WITH, eachOf)
    .option('--accept-type <name>', ACCEPT, eachOf)
    .option('--leave-init <[unit#]name>', LEAVE_INIT, eachOf)
    .option('--promote-callers <[unit#]name>', PROMOTE, eachOf)
    .option('--config <file>', "Xen's .config, for a tree that was not built")
    .option('--make-arg <var=value>', 'for make, for a tree that was not built; may be given again', eachVariable)
    .option('--build-dir <dir>', 'where the objects are (O=), or compile_commands.json is, when not in the tree')
    .option('--toolchain <prefix>', TOOLCHAIN)
    .option('--toolchain-path <inside=outside>', TOOLCHAIN_PATH, eachOf)
    .option('--toolchain-file <file>', TOOLCHAIN_FILE)
    .addOption(JOBS)
    .option('-o, --output <file>', 'the payload (default: <patch>.livepatch here)')
    .option('--json <file>', 'write the report as JSON; - is standard output')
    .option('--debug-file <file>', DEBUG_FILE)
    .option('--html <file>', 'write a page for people who have to decide: one file, for a browser')
    .option('--details', DETAILS)
    .option('--sarif <file>', 'write refusals for a code-review system (SARIF 2.1.0)')
    .option('--expect-functions <file>', EXPECT)
    .option('--explain-refusal', EXPLAIN)
    .option('--compile-all', COMPILE_ALL)
    .addHelpText('after', helpAfter(HELP))
    .action(async ({ output, target, makeArg, expectFunctions, acceptType, ...rest }) => {
      const request: BuildArguments = {
        ...{ ...rest, target, makeArgs: makeArg ?? [], acceptTypes: acceptType ?? [] },
        ...(output === undefined ? {} : { output }),
        ...(expectFunctions === undefined ? {} : { expectFunctions }),
      }
      host.ended(
        await attempt({
          json: rest.json,
          command: 'build',
          host,
          work: async console => (await import('./build-run.ts')).runBuild(request, console, host.signal),
          failed: (error, ending) => writeFailed(rest, error, ending),
        }),
      )
    })
}

type Outputs = Pick<BuildArguments, 'sarif' | 'html'>

async function writeFailed({ sarif, html }: Outputs, error: ReportedError, ending: Ending): Promise<void> {
  const { writeFailedSarif } = await import('../sarif-file.ts')
  writeFailedSarif(sarif, error, ending)
  const { writeFailedPage } = await import('../page-file.ts')
  writeFailedPage(html, 'build', error)
}

const HELP = {
  more: MORE,
  examples: [
    {
      so: 'the Xen that was built in this tree',
      run: 'hotsplice build --tree ~/xen --patch fix.patch -o fix.livepatch',
    },
    {
      so: 'for a host that runs another build of the same source, on top of another payload',
      run: 'hotsplice build --tree ~/xen --patch b.patch --symbols /boot/xen-4.17-amd64.gz --depends 3bf1…',
    },
    {
      so: 'a program, which the payload is compared with and then only loads into',
      run: 'hotsplice build --target process --tree ~/daemon --symbols ~/daemon/daemond --patch fix.patch',
    },
    {
      so: 'with hooks that you have written for it',
      run: 'hotsplice build --tree ~/xen --patch fix.patch --with hooks.c@common/domain.o',
    },
    {
      so: 'only if these are the functions',
      run: 'hotsplice build --tree ~/xen --patch fix.patch --expect-functions functions.txt',
    },
    {
      so: 'without what the patch changes of boot code: what that would have done is told, and is yours to judge',
      run: 'hotsplice build --tree ~/xen --patch fix.patch --leave-init all',
    },
    {
      so: 'a function that is too small for the jump: its callers are replaced instead',
      run: 'hotsplice build --tree ~/xen --patch fix.patch --promote-callers all',
    },
    {
      so: 'add a member to a structure that has no live instances',
      run: 'hotsplice build --tree ~/xen --patch fix.patch --accept-type rangeset',
    },
  ],
  codes: [
    [0, 'the payload was written'],
    [2, 'refused: something in the patch cannot be hotpatched, or the functions are not the expected ones'],
    [3, 'nothing to do: the patch changes no code'],
  ],
} as const
