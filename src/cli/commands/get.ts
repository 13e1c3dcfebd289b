import { shownName } from '../../base/printable.ts'
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
        run: async system => {
          const { result, words, status } = await system.get(name)
          if (status === undefined) return { result, words }
          const { state, rc } = status
          return {
            result,
            words,
            payloads: [{ name, state, rc, metadata: '' }],
            text: `${shownName(name)}: ${state}${lastly(rc)}`,
          }
        },
      }))
    })
}

/** The last action's result, where it says more than the state. */
export const lastly = (rc: number): string => (rc === 0 ? '' : ` (${describeResult(rc)})`)
