import { Command } from '@commander-js/extra-typings'
import { shownName } from '../../base/printable.ts'
import { explain } from '../../report/explain.ts'
import { readable } from '../../report/readable.ts'
import { disassemble } from '../../system/disassemble.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import type { Console } from '../console.ts'
import { readText } from '../files.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('explain')
    .description('Says from a report why something is in the payload, or why it cannot be.')
    .argument('<report.json>', 'what `hotsplice build --json FILE` (or diff) wrote; - is standard input')
    .argument('[name]', 'a function, data object, unit, or `unit name`; everything, unless given')
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'everything', run: 'hotsplice explain fix.json' },
          { so: 'one function', run: 'hotsplice explain fix.json f2' },
          {
            so: 'what differs in its code',
            run: 'hotsplice build … --details --json fix.json && hotsplice explain fix.json f2',
          },
          { so: 'one unit', run: 'hotsplice explain fix.json common/domain.o' },
        ],
        codes: [[0, 'explained']],
      }),
    )
    .action(async (file, name) => {
      const work = (console: Console) => explainReport(file, name, console)
      host.ended(await attempt({ command: 'explain', host, work }))
    })
}

async function explainReport(file: string, name: string | undefined, console: Console): Promise<Finished> {
  const [{ readReport }, { withInstructionNames }] = await Promise.all([
    import('../../report/schema.ts'),
    import('../../report/page/instruction-names.ts'),
  ])
  const report = withInstructionNames(readReport(readText(file, 'the report', 'utf8'), file), disassemble)
  return {
    ending: 'done',
    text: explain(readable(report), name === undefined ? name : shownName(name), console.ink),
  }
}
