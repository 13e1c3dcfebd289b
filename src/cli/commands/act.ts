/** The four actions on a payload that is on the host: one definition, four commands. */
import type { ActionName } from '../../hosts/host.ts'
import type { Host } from '../command-host.ts'
import { DRY_OPTION, milliseconds, onHost, operate, operationHelp, SECCOMP_OPTION, SIGNAL_OPTION } from './operate.ts'

interface ActionWords {
  readonly action: ActionName
  readonly description: string
  readonly example: string
}

export function defineAction(cli: Host, { action, description, example }: ActionWords) {
  const command = onHost(action, description)
    .argument('<name>', 'the name it was uploaded as')
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
    .addHelpText('after', operationHelp([{ so: example, run: `hotsplice ${action} fix --host process:1234` }]))
  return command.action(async (name, options) => {
    const { deps, nodeps = false, timeout, signalHolders, dryRun = false } = options
    await operate(options, cli, () => ({
      name: action,
      payload: name,
      readOnly: dryRun,
      run: (system, console) => {
        console.progress.step(`${action} ${name} on ${system.name}`)
        return system.act({ action, name, nodeps: nodeps || !deps, timeoutMs: timeout, signalHolders, dryRun })
      },
    }))
  })
}
