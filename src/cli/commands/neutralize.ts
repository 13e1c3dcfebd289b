import { rmSync } from 'node:fs'
import { Command, Option } from '@commander-js/extra-typings'
import { shownName } from '../../base/printable.ts'
import { neutralizePatch } from '../../flows/neutralize.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import { STANDARD, writeWhole } from '../files.ts'
import { helpAfter } from '../help.ts'
import { natural } from '../option-values.ts'
import { readPatches, STRIP } from '../patches.ts'
import { VERSION } from '../version.ts'

const MORE = [
  'After each edit a `#line` directive gives the next unchanged line its old number; where none may stand, the edit is',
  'laid out on as many lines as it replaced. Added lines get numbers above the file’s last one. The tree need not be',
  'built, and is not written to.',
]

const STYLES = ['auto', 'directive', 'reformat'] as const

export function define(host: Host) {
  return new Command('neutralize')
    .description('Rewrites a patch so that every line it leaves alone keeps its number, for use with any builder.')
    .requiredOption('--tree <dir>', 'the source that the patch is for')
    .requiredOption('--patch <file...>', 'the patch, or several in their order; they become one')
    .option('-p, --strip <n>', STRIP, natural, 1)
    .addOption(
      new Option('--style <style>', 'directive: only #line; reformat: only layout')
        .choices(STYLES)
        .default('auto' as const),
    )
    .option('-o, --output <file>', 'the rewritten patch (default: standard output)')
    .option('--json <file>', 'write the patch and what was done as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        more: MORE,
        examples: [
          {
            so: 'for another builder',
            run: 'hotsplice neutralize --tree ~/linux --patch fix.patch -o fix-neutral.patch',
          },
        ],
        codes: [[0, 'the patch was written; remaining line offsets are listed on standard error']],
      }),
    )
    .action(async options => {
      const work = (console: Console) => rewrite(options, console)
      host.ended(await attempt({ json: options.json, command: 'neutralize', host, work }))
    })
}

interface Request {
  readonly tree: string
  readonly patch: readonly string[]
  readonly strip: number
  readonly style: (typeof STYLES)[number]
  readonly output?: string
  readonly json?: string
}

function rewrite({ tree, patch, strip, style, output, json }: Request, console: Console): Finished {
  checkOutputs([...patch], [output, json])
  const patches = readPatches(patch, strip)
  const { report, patch: text } = neutralizePatch({ tree, patches, style, version: VERSION })
  for (const note of report.notes) console.note(shownName(note))
  if (text === '') console.note('nothing is left of the patch: without it, the compiler sees the same lines')
  const bytes = Buffer.from(text, 'latin1')
  if (output === undefined || output === STANDARD) {
    // As bytes: a source need not be UTF-8, and a patch of it must not be spelled anew.
    const also = () => (json === STANDARD ? undefined : console.data(bytes))
    return { ending: 'done', text: '', json: report, also }
  }
  writeWhole(output, bytes)
  return { ending: 'done', text: `wrote ${output}`, json: report, undo: () => rmSync(output, { force: true }) }
}
