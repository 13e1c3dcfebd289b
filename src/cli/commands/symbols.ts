import { resolve } from 'node:path'
import { debugSymbols } from '../../flows/symbols.ts'
import { readDebugFile } from '../../loaders/debug-file.ts'
import type { Host } from '../command-host.ts'
import { readInput } from '../files.ts'
import { onHost, operate, operationHelp } from './operate.ts'

export function define(cli: Host) {
  return onHost(
    'symbols',
    'Prints what gdb needs to know a payload’s code: its debug file, and where each section lies.',
  )
    .argument('<name>', 'the name it was uploaded as')
    .argument('<debug-file>', 'its debug file: `build --debug-file` wrote it')
    .addHelpText(
      'after',
      operationHelp([
        { so: 'a patched program in gdb', run: 'hotsplice symbols fix fix.debug --host process:1234 > fix.gdb' },
        { so: 'and then', run: 'gdb -p 1234 -x fix.gdb' },
      ]),
    )
    .action(async (name, file, options) => {
      await operate(options, cli, () => ({
        name: 'symbols',
        payload: name,
        readOnly: true,
        run: system =>
          debugSymbols(system, name, readDebugFile(readInput(file, 'the debug file'), file), resolve(file)),
        text: ({ words }) => words.join('\n'),
      }))
    })
}
