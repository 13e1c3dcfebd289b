import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { Command, Option } from '@commander-js/extra-typings'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { type TreeQuestion, verifyFile, XEN_VERSIONS } from '../../flows/verify/verify.ts'
import { describeVerify } from '../../report/verify-text.ts'
import type { VerifyReport, XenVersion } from '../../verify/model.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import { readInput, readText } from '../files.ts'
import { helpAfter } from '../help.ts'
import { eachOf, TOOLCHAIN, TOOLCHAIN_FILE, TOOLCHAIN_PATH, WITHOUT_IBT } from '../option-values.ts'

export function define(host: Host) {
  return new Command('verify')
    .description('Checks a payload by every rule of the loader that will get it, whoever built it.')
    .argument('<payload>', 'a payload file')
    .addOption(new Option('--target <name>', 'who will load it').choices(['xen', 'linux']).default('xen' as const))
    .requiredOption(
      '--symbols <file>',
      'what is running: its xen-syms, or the image that boots (/boot/xen-*.gz, xen.efi, vmlinuz-*), packed or not',
    )
    .option(
      '--tree <dir>',
      'the built tree of what is running, to check that the code to be replaced is the code that runs',
    )
    .option('--build-dir <dir>', 'where the objects are (O=), when not in the tree')
    .option('--toolchain <prefix>', TOOLCHAIN)
    .option('--toolchain-path <inside=outside>', TOOLCHAIN_PATH, eachOf)
    .option('--toolchain-file <file>', TOOLCHAIN_FILE)
    .option('--memory <file[@address]>', "a copy of the running system's code, raw (from _stext on), to compare with")
    .option('--on <payload...>', 'payloads that are applied already, the lowest first')
    .addOption(
      new Option(
        '--xen-version <version>',
        'the version whose rules apply (default: the one that the symbols, or the tree, tell)',
      ).choices(XEN_VERSIONS),
    )
    .option('--without-ibt', WITHOUT_IBT)
    .option(
      '--key <file>',
      'a certificate or public key in PEM that the payload must be signed with; may be given again',
      eachOf,
    )
    .option('--only-known', 'refuse a payload that anybody else has signed as well')
    .option('--all', 'show the checks that passed or did not apply, too')
    .option('--json <file>', 'write the result as JSON; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async (payload, options) => {
      const work = (console: Console) => verify({ payload, signal: host.signal, ...options }, console)
      host.ended(await attempt({ json: options.json, command: 'verify', host, work }))
    })
}

const HELP = {
  examples: [
    { so: 'does the loader accept it?', run: 'hotsplice verify fix.livepatch --symbols ~/xen/xen/xen-syms' },
    {
      so: 'and is the code to be replaced the code that runs?',
      run: 'hotsplice verify fix.livepatch --symbols xen-syms --tree ~/xen',
    },
    {
      so: 'on top of another',
      run: 'hotsplice verify b.livepatch --on a.livepatch --symbols xen-syms',
    },
    {
      so: 'a live patch for Linux',
      run: 'hotsplice verify fix.ko --target linux --symbols /boot/vmlinuz-$(uname -r)',
    },
  ],
  codes: [
    [0, 'it would be taken, and with --key is signed with one of them'],
    [2, 'it would be refused, would crash the hypervisor, replaces other code than runs (--tree), or is not signed'],
  ],
} as const

interface Request {
  readonly payload: string
  readonly target: keyof typeof VERIFIERS
  readonly symbols: string
  readonly tree?: string
  readonly buildDir?: string
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly toolchainFile?: string
  readonly memory?: string
  readonly on?: readonly string[]
  readonly xenVersion?: XenVersion
  readonly withoutIbt?: true
  readonly key?: readonly string[]
  readonly onlyKnown?: true
  readonly all?: true
  readonly json?: string
  readonly signal: AbortSignal
}

async function verify(request: Request, console: Console): Promise<Finished> {
  const { payload, symbols, target, on = [], all, json, key } = request
  checkOutputs([...on, payload, symbols, ...(key ?? [])], [json])
  const report = await VERIFIERS[target](request, console)
  return {
    ending: report.accepted ? 'done' : 'refused',
    text: describeVerify(withShownNames(report), { all: all === true }),
    json: report,
  }
}

const VERIFIERS = { xen: verifyForXen, linux: verifyForLinux }

function verifyForXen(request: Request, { progress }: Console): Promise<VerifyReport> {
  const { payload, symbols, on = [], xenVersion, withoutIbt } = request
  return verifyFile({
    payload: { name: basename(payload), bytes: readInput(payload, 'the payload') },
    on: on.map(name => ({ name: basename(name), bytes: readInput(name, 'the payload') })),
    symbols: readInput(symbols, 'the symbols'),
    ...(xenVersion === undefined ? {} : { xenVersion }),
    ...(withoutIbt === undefined ? {} : { withoutIbt }),
    ...treeOf(request, progress),
    ...signersOf(request),
  })
}

async function verifyForLinux(request: Request): Promise<VerifyReport> {
  const { refuseQuestionsOfXen, verifyKernelModule } = await import('../../flows/verify/module.ts')
  refuseQuestionsOfXen(request, option => `--${option.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`)
  const { payload, symbols, withoutIbt } = request
  return verifyKernelModule({
    payload: readInput(payload, 'the module'),
    kernel: symbols,
    withoutIbt,
    ...signersOf(request),
  })
}

function signersOf({ key, onlyKnown }: Request) {
  if (key !== undefined)
    return { keys: key.map(file => readText(file, 'the key', 'latin1')), onlyKnown: onlyKnown === true }
  if (onlyKnown !== true) return {}
  throw new InputError('cli/usage', '--only-known is about signers, and none is named', 'give --key')
}

function treeOf(
  { tree, buildDir, toolchain, toolchainPath, toolchainFile, memory, signal }: Request,
  progress: Console['progress'],
): { readonly tree?: TreeQuestion } {
  if (tree === undefined) {
    if (memory === undefined) return {}
    throw new InputError('cli/usage', '--memory is held against the objects of a tree, and there is no --tree')
  }
  const options = {
    tree,
    target: 'xen' as const,
    jobs: availableParallelism(),
    progress,
    cacheFolder: cacheFolder(),
    signal,
    toolchain,
    toolchainPath,
    toolchainFile,
    ...(buildDir === undefined ? {} : { buildDir }),
  }
  const peek: TreeQuestion['peek'] = ({ object }) => (object === undefined ? undefined : readFileSync(object))
  return { tree: { options, peek, ...(memory === undefined ? {} : { memory }) } }
}
