import { payloadStatus } from '../../flows/operate.ts'
import { describeResult } from '../../hosts/abi/errno.ts'
import type { Host } from '../command-host.ts'
import { onHost, operate, operationHelp } from './operate.ts'

export function define(cli: Host) {
  return onHost('get', 'Tells the state of one payload on a host, and the result of its last action.')
    .argument('<name>', 'the name it was uploaded as')
    .addHelpText('after', operationHelp([{ so: 'is it at work?', run: 'hotsplice get fix --host process:1234' }]))
    .action(async (name, options) => {
      await operate(options, cli, () => ({
        name: 'get',
        payload: name,
        readOnly: true,
        run: system => payloadStatus(system, name),
        text: ({ payloads = [] }) => payloads.map(({ name, state, rc }) => `${name}: ${state}${lastly(rc)}`).join('\n'),
      }))
    })
}

/** The last action's result, where it says more than the state. */
export const lastly = (rc: number): string => (rc === 0 ? '' : ` (${describeResult(rc)})`)
