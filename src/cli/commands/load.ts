import { basename } from 'node:path'
import { loadPayload } from '../../flows/operate.ts'
import type { Host } from '../command-host.ts'
import { readInput } from '../files.ts'
import { DRY_OPTION, milliseconds, onHost, operate, operationHelp, SECCOMP_OPTION, SIGNAL_OPTION } from './operate.ts'
import { payloadId } from './upload.ts'

export function define(cli: Host) {
  return onHost(
    'load',
    'Uploads a payload under its file’s name and applies it; when that fails, nothing stays behind.',
  )
    .argument('<payload>', 'the payload’s file')
    .option('--name <name>', 'another name than the file’s')
    .option('--no-deps', 'do not ask what it depends on, only what it is built for (also --nodeps)')
    .option('--nodeps', 'the same as --no-deps, as xen-livepatch has it')
    .option(
      '--timeout <ms>',
      'how long to wait for all CPUs or threads to quiesce (default: the host’s own)',
      milliseconds,
    )
    .option(...SIGNAL_OPTION)
    .option(...SECCOMP_OPTION)
    .option(...DRY_OPTION)
    .addHelpText(
      'after',
      operationHelp([{ so: 'all at once', run: 'hotsplice load fix.livepatch --host process:1234' }]),
    )
    .action(async (file, options) => {
      const { deps, nodeps = false, timeout, signalHolders, dryRun = false } = options
      const name = options.name ?? basename(file).replace(/\.[^.]*$/, '')
      await operate(options, cli, () => ({
        name: 'load',
        payload: name,
        readOnly: dryRun,
        buildId: () => payloadId(file),
        run: (system, console) => {
          console.progress.step(`load ${name} on ${system.name}`)
          const payload = readInput(file, 'the payload')
          if (dryRun) return system.upload({ name, payload, dryRun })
          return loadPayload(system, { name, payload, nodeps: nodeps || !deps, timeoutMs: timeout, signalHolders })
        },
      }))
    })
}
