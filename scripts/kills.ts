/**
 * Kills builds of the example at random moments, and looks whether each next run is right and leaves nothing.
 *
 *   npx tsx scripts/kills.ts [--count 200] [--seed N]
 */
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeDemo } from '../tests/cli/support/demo.ts'
import { killBuilds } from '../tests/support/kills.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: '19' } },
})
const [count, seed] = [Number(values.count), Number(values.seed)]
const command = fileURLToPath(new URL('../bin/hotsplice', import.meta.url))
const demo = makeDemo()
console.log(`seed ${seed}`)
try {
  const { right, missed, wrong } = await killBuilds({ ...demo, command, count, seed })
  console.log(
    [
      ...wrong,
      `${right} of ${count} next runs right and nothing left; ${missed} were done before they could be killed`,
    ].join('\n'),
  )
  process.exitCode = right === count ? 0 : 1
} finally {
  rmSync(demo.folder, { recursive: true, force: true })
}
