/**
 * Is it the code that runs? Every function of a tree that could be replaced, as the tree's own objects have it, held
 * against a linked image.
 *
 *   npx tsx scripts/running-code.ts [--tree release|debug] [--symbols release|debug|FILE] [--all] [--memory FILE@ADDRESS]
 *
 * Prints how many are the same, how many differ (with --all each of them), and how long it took.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readHypervisorSymbols } from '../src/loaders/xen/symbols.ts'
import { RunningImage } from '../src/verify/code/image.ts'
import { checkUnits, linkedObjects, readUnits } from '../tests/verify/running-code-support.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string', default: 'release' },
    symbols: { type: 'string' },
    memory: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
})

const script = join(import.meta.dirname, 'xen.sh')
const treeOf = (config: string) => execFileSync(script, [config], { encoding: 'utf8' }).trim()
const tree = join(treeOf(values.tree), 'xen')
const given = values.symbols ?? values.tree
const file = existsSync(given) ? given : join(treeOf(given), 'xen', 'xen-syms')

const objects = await linkedObjects(tree)
const started = performance.now()
const symbols = readHypervisorSymbols(readFileSync(file))
const [memoryFile = '', memoryAddress = ''] = values.memory?.split('@') ?? []
const memory =
  memoryFile === ''
    ? undefined
    : {
        bytes: new Uint8Array(readFileSync(memoryFile)),
        address: BigInt(memoryAddress || (symbols.lookup('_stext') ?? 0n)),
      }
const image = new RunningImage(symbols, memory)
const result = checkUnits(readUnits(objects), image)
const milliseconds = performance.now() - started

const differ = result.findings.filter(({ difference }) => difference !== undefined)
if (values.all)
  for (const { unit, name, difference } of differ)
    console.log(`${unit} ${name}: byte ${difference?.offset}: ${difference?.text}`)
const unchecked = new Map<string, number>()
for (const finding of result.findings)
  for (const text of finding.unchecked) unchecked.set(text, (unchecked.get(text) ?? 0) + 1)
for (const [text, count] of unchecked) console.log(`not compared: ${text} (${count})`)
const sum = (of: (one: (typeof result.findings)[number]) => number) =>
  result.findings.reduce((total, one) => total + of(one), 0)
console.log(
  `${objects.length} units, ${result.findings.length} functions: ${result.findings.length - differ.length} are the code that runs, ` +
    `${differ.length} are not, ${result.absent} are not in the image`,
)
console.log(
  `${sum(one => one.bytes)} bytes and ${sum(one => one.entries)} special entries compared, ${sum(one => one.edited)} bytes edited at boot left out; ` +
    `${unchecked.size} places not compared; ${Math.round(milliseconds)} ms`,
)
process.exitCode = differ.length === 0 ? 0 : 1
