import { availableParallelism } from 'node:os'
import { Command } from '@commander-js/extra-typings'
import { listLines } from '../../flows/list-lines.ts'
import { describeLines } from '../../report/lines-report.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import { helpAfter } from '../help.ts'
import { eachOf, TOOLCHAIN, TOOLCHAIN_FILE, TOOLCHAIN_PATH } from '../option-values.ts'
import { VERSION } from '../version.ts'

const MORE = [
  'The file is compiled once more with its lines, and those of every header of the tree that it includes, shifted; what',
  'differs between the two objects is an embedded line number. Nothing is guessed from instruction patterns.',
]

export function define(host: Host) {
  return new Command('lines')
    .description('Lists every place where a source file’s objects embed a line number.')
    .argument('<source.c>', 'the source file, relative to the tree or to its source folder')
    .requiredOption('--tree <dir>', 'the source tree, as its build left it')
    .option('--build-dir <dir>', 'where the objects are (O=), or compile_commands.json is, when not in the tree')
    .option('--toolchain <prefix>', TOOLCHAIN)
    .option('--toolchain-path <inside=outside>', TOOLCHAIN_PATH, eachOf)
    .option('--toolchain-file <file>', TOOLCHAIN_FILE)
    .option('--json <file>', 'write the list as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        more: MORE,
        examples: [{ so: 'a file of Xen', run: 'hotsplice lines --tree ~/xen common/domain.c' }],
        codes: [[0, 'the list was printed']],
      }),
    )
    .action(async (source, options) => {
      const work = (console: Console) => list({ source, ...options }, console, host.signal)
      host.ended(await attempt({ json: options.json, command: 'lines', host, work }))
    })
}

interface Request {
  readonly source: string
  readonly tree: string
  readonly buildDir?: string
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly toolchainFile?: string
  readonly json?: string
}

async function list(
  { source, tree: folder, buildDir, json, toolchain, toolchainPath, toolchainFile }: Request,
  console: Console,
  signal: AbortSignal,
): Promise<Finished> {
  checkOutputs([], [json])
  const run = { jobs: availableParallelism(), progress: console.progress, cacheFolder: cacheFolder(), signal }
  const base = {
    tree: folder,
    target: 'xen' as const,
    toolchain,
    toolchainPath,
    toolchainFile,
    ...(buildDir === undefined ? {} : { buildDir }),
  }
  const { report, units } = await listLines({ ...base, ...run, source, version: VERSION })
  return { ending: 'done', text: describeLines(units), json: report }
}
