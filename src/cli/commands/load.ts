import { basename } from 'node:path'
import type { Host as System } from '../../hosts/host.ts'
import type { Host } from '../command-host.ts'
import { readInput } from '../files.ts'
import { DRY_OPTION, milliseconds, onHost, operate, operationHelp, type Performed, SECCOMP_OPTION } from './operate.ts'
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
    .option('--timeout <ms>', 'how long everything may take to come to a stand (default: the host’s own)', milliseconds)
    .option(...SECCOMP_OPTION)
    .option(...DRY_OPTION)
    .addHelpText(
      'after',
      operationHelp([{ so: 'all at once', run: 'hotsplice load fix.livepatch --host process:1234' }]),
    )
    .action(async (file, options) => {
      const { deps, nodeps = false, timeout, dryRun = false } = options
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
          return load(system, { name, payload, nodeps: nodeps || !deps, timeoutMs: timeout })
        },
      }))
    })
}

interface Loading {
  readonly name: string
  readonly payload: Uint8Array
  readonly nodeps: boolean
  readonly timeoutMs: number | undefined
}

async function load(system: System, { name, payload, nodeps, timeoutMs }: Loading): Promise<Performed> {
  const uploaded = await system.upload({ name, payload })
  if (uploaded.result < 0) return uploaded
  const applied = await system.act({ action: 'apply', name, nodeps, timeoutMs })
  if (applied.result >= 0) return applied
  const { result } = await system.act({ action: 'unload', name })
  return result >= 0 ? applied : { ...applied, words: [...applied.words, `${name} was uploaded and is still there`] }
}
