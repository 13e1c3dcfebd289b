/**
 * Two tools upload to one process at the same moment, 200 times unless told otherwise, by two Nodes where two are given:
 *
 *     npx tsx scripts/lock-races.ts [--count 200] [--command bin/hotsplice] [NODE [NODE]]
 *
 * Ends with 1 when an upload got lost of which its tool said "done". `npm run build` comes first.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { race } from '../tests/cli/support/races.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '200' }, command: { type: 'string' } },
})
const [first = process.execPath, second = first] = positionals
const command = values.command ?? fileURLToPath(new URL('../bin/hotsplice', import.meta.url))
const results = await race({ nodes: [first, second], command, count: Number(values.count) })
console.log(JSON.stringify({ nodes: [first, second], count: Number(values.count), ...results }, null, 2))
process.exitCode = results.lost > 0 || results.other.length > 0 ? 1 : 0
