import { Command, Option } from '@commander-js/extra-typings'
import type { Side } from '../../base/side.ts'
import { DUMP_VIEWS, dumpElf, readElf } from '../../elf/index.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { readInput } from '../files.ts'
import { helpAfter } from '../help.ts'

export function define(host: Host) {
  return new Command('dump')
    .description('Prints an ELF file the way readelf does, as hotsplice reads it.')
    .argument('<file>', 'an ELF64 little-endian file: an object, a payload, a program')
    .addOption(new Option('--view <name...>', 'only these parts').choices(DUMP_VIEWS))
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          { so: 'everything, as readelf -hSgrsnW', run: 'hotsplice dump common/domain.o' },
          { so: 'side by side', run: 'diff <(hotsplice dump a.o) <(readelf -hSgrsnW a.o)' },
          { so: 'only symbols and relocations', run: 'hotsplice dump fix.livepatch --view symbols relocations' },
        ],
        codes: [[0, 'printed']],
      }),
    )
    .action(async (file, { view }) => {
      const work = (): Finished => {
        const elf = readElf<Side>(readInput(file, 'the file'))
        return { ending: 'done', text: dumpElf(elf, view === undefined ? {} : { views: view }) }
      }
      host.ended(await attempt({ command: 'dump', host, work }))
    })
}
