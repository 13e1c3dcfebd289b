import { inspect } from '../../flows/inspect.ts'
import type { Host } from '../command-host.ts'
import { readInput } from '../files.ts'
import { DRY_OPTION, milliseconds, onHost, operate, operationHelp, SECCOMP_OPTION, SIGNAL_OPTION } from './operate.ts'

export function define(cli: Host) {
  return onHost('upload', 'Brings a payload to a host, where it is checked and waits to be applied.')
    .argument('<name>', 'what to call it there, up to 127 bytes')
    .argument('<payload>', 'the payload’s file')
    .option('--timeout <ms>', 'for Linux, which applies it at once: how long to wait (default: 20000)', milliseconds)
    .option(...SIGNAL_OPTION)
    .option(...SECCOMP_OPTION)
    .option(...DRY_OPTION)
    .addHelpText(
      'after',
      operationHelp([
        { so: 'to a program', run: 'hotsplice upload fix fix.livepatch --host process:1234' },
        { so: 'to a Xen server', run: 'hotsplice upload fix fix.livepatch --host xen:ssh://root@server' },
      ]),
    )
    .action(async (name, file, options) => {
      const { timeout: timeoutMs, signalHolders, dryRun = false } = options
      await operate(options, cli, () => ({
        name: 'upload',
        payload: name,
        readOnly: dryRun,
        buildId: () => payloadId(file),
        run: system =>
          system.upload({ name, payload: readInput(file, 'the payload'), timeoutMs, signalHolders, dryRun }),
      }))
    })
}

/** For the record; null where the file is no payload. */
export function payloadId(file: string): string | null {
  try {
    return inspect(readInput(file, 'the payload'), file).buildId
  } catch {
    return null
  }
}
