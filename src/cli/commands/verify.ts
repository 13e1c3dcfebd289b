import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { Command, Option } from '@commander-js/extra-typings'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import type { compareReplaced } from '../../flows/verify-tree.ts'
import { type HypervisorSymbols, readHypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { xenVersionOf } from '../../loaders/xen/version.ts'
import type { Tree } from '../../trees/index.ts'
import {
  describeVerify,
  loadedStack,
  type VerifiedPayload,
  type VerifyReport,
  verifyAndLoad,
  withCode,
  XEN_VERSIONS,
  type XenVersion,
} from '../../verify/index.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../commands.ts'
import { checkOutputs } from '../console.ts'
import { readInput, readText } from '../files.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('verify')
    .description('Checks a payload by every rule of the loader that will get it, whoever built it.')
    .argument('<payload>', 'a payload file')
    .requiredOption('--symbols <file>', 'xen-syms (or xen.efi, which tells its build-id only) of what is running')
    .option('--tree <dir>', 'the built tree of what is running: is the code to be replaced the code that runs?')
    .option('--build-dir <dir>', 'where the objects are (O=), when not in the tree')
    .option('--memory <file[@address]>', "a copy of the running system's code, raw (from _stext on), to compare with")
    .option('--on <payload...>', 'payloads that are applied already, the lowest first')
    .addOption(
      new Option('--xen-version <version>', 'whose rules (default: what the symbols say, or 4.17)').choices(
        XEN_VERSIONS,
      ),
    )
    .option('--key <file>', 'a certificate or public key in PEM: is the payload signed with it?')
    .option('--all', 'show the checks that passed or did not apply, too')
    .option('--json <file>', 'write the result as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'would this hypervisor take it?', run: 'hotsplice verify fix.livepatch --symbols ~/xen/xen/xen-syms' },
          {
            so: 'is the code to be replaced the code that runs, too?',
            run: 'hotsplice verify fix.livepatch --symbols xen-syms --tree ~/xen',
          },
          {
            so: 'on top of another',
            run: 'hotsplice verify b.livepatch --on a.livepatch --symbols xen-syms',
          },
        ],
        codes: [
          [0, 'it would be taken, and with --key is signed with that key'],
          [
            2,
            'it would be refused, would crash the hypervisor, replaces other code than runs (--tree), or is not signed',
          ],
        ],
      }),
    )
    .action(async (payload, options) => {
      const work = () => verify({ payload, signal: host.signal, ...options })
      host.ended(await attempt({ json: options.json, command: 'verify', signal: host.signal, work }))
    })
}

interface Request {
  readonly payload: string
  readonly symbols: string
  readonly tree?: string
  readonly buildDir?: string
  readonly memory?: string
  readonly on?: readonly string[]
  readonly xenVersion?: XenVersion
  readonly key?: string
  readonly all?: true
  readonly json?: string
  readonly signal: AbortSignal
}

async function verify(request: Request): Promise<Finished> {
  const { payload, symbols: file, on = [], all, json } = request
  checkOutputs([...on, payload, file, ...(request.key === undefined ? [] : [request.key])], [json])
  if (request.memory !== undefined && request.tree === undefined) {
    throw new InputError('cli/usage', '--memory is held against the objects of a tree, and there is no --tree')
  }
  const bytes = readInput(payload, 'the payload')
  const stack = on.map(name => ({ name: basename(name), bytes: readInput(name, 'the payload') }))
  const symbols = readHypervisorSymbols(readInput(file, 'the symbols'))
  const version = request.xenVersion ?? versionOf(symbols)
  const tree = request.tree === undefined ? undefined : await openGiven(request.tree, request)
  const known = { symbols, version, tableUse: tree?.facts.tableUse }
  const below = loadedStack(stack, known)
  const { report, replaced } = verifyAndLoad({ ...known, payload: bytes, on: below }, basename(payload))
  const compared = tree === undefined ? report : await withTree(report, replaced, { request, tree, symbols, below })
  const answered = request.key === undefined ? compared : await signed(compared, bytes, request.key)
  return {
    ending: answered.accepted ? 'done' : 'refused',
    text: describeVerify(withShownNames(answered), { all: all === true }),
    json: answered,
  }
}

/** The version that the image says it is; the oldest known for one that does not say. */
function versionOf(symbols: HypervisorSymbols): XenVersion {
  const said = xenVersionOf(symbols) ?? XEN_VERSIONS[0]
  const known = XEN_VERSIONS.find(version => version === said)
  if (known !== undefined) return known
  throw new InputError(
    'verify/unknown-version',
    `the symbols are those of Xen ${said}, whose loader’s rules are not known; ${XEN_VERSIONS[0]} to ${XEN_VERSIONS.at(-1)} are`,
    'say with --xen-version whose rules to ask',
  )
}

async function signed(report: VerifyReport, payload: Uint8Array, key: string): Promise<VerifyReport> {
  const [{ checkSignature, readPublicKey }, { withSignature }] = await Promise.all([
    import('../../sign/sign.ts'),
    import('../../sign/verdict.ts'),
  ])
  return withSignature(report, checkSignature(payload, readPublicKey(readText(key, 'the key', 'latin1'))))
}

/** The code behind it is loaded only where a tree is given: most runs take less time than a tree takes to open. */
async function openGiven(folder: string, { buildDir, signal }: Request): Promise<Tree> {
  const { openTree, quiet } = await import('../../trees/index.ts')
  return openTree({
    tree: folder,
    target: 'xen',
    jobs: availableParallelism(),
    progress: quiet,
    cacheFolder: cacheFolder(),
    signal,
    ...(buildDir === undefined ? {} : { buildDir }),
  })
}

interface TreeQuestion {
  readonly request: Request
  readonly tree: Tree
  readonly symbols: HypervisorSymbols
  readonly below: readonly VerifiedPayload[]
}

async function withTree(
  report: VerifyReport,
  replaced: Parameters<typeof compareReplaced>[0],
  { request: { memory }, tree, symbols, below }: TreeQuestion,
): Promise<VerifyReport> {
  const [{ readMemory }, { compareReplaced }] = await Promise.all([
    import('../../flows/hotpatch/running.ts'),
    import('../../flows/verify-tree.ts'),
  ])
  if (symbols.format !== 'elf') {
    const leftOut = ['xen.efi tells a build-id only: to compare code, give xen-syms']
    return withCode(report, { findings: [], leftOut })
  }
  const answer = await compareReplaced(replaced, {
    tree,
    symbols,
    below,
    memory: memory === undefined ? undefined : readMemory(memory, symbols),
    peek: ({ object }) => (object === undefined ? undefined : readFileSync(object)),
  })
  return withCode(report, answer)
}
