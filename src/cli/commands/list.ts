import { listPayloads, type OperationReport } from '../../flows/operate.ts'
import type { Host } from '../command-host.ts'
import { lastly } from './get.ts'
import { onHost, operate, operationHelp } from './operate.ts'

export function define(cli: Host) {
  return onHost('list', 'Lists the payloads on a host.')
    .addHelpText('after', operationHelp([{ so: 'what is there', run: 'hotsplice list --host xen:ssh://root@server' }]))
    .action(async options => {
      await operate(options, cli, () => ({
        name: 'list',
        payload: '',
        readOnly: true,
        run: listPayloads,
        text: table,
      }))
    })
}

function table({ payloads = [], runs: buildId }: OperationReport): string {
  const runs = `runs build-id ${buildId ?? 'unknown'}`
  if (payloads.length === 0) return `no payloads; ${runs}`
  const width = payloads.reduce((most, { name }) => Math.max(most, name.length), 0)
  const rows = payloads.map(({ name, state, rc, metadata }) =>
    `${name.padEnd(width)}  ${state}${lastly(rc)}  ${metadata}`.trimEnd(),
  )
  return [...rows, runs].join('\n')
}
