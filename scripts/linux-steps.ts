/**
 * Live patches that come and go on Debian's kernel while it works (fork, files, pipes, /proc, the loopback device):
 *
 *     npx tsx scripts/linux-steps.ts [--steps 500] [--slice 50] [--kept FILE] [--watchdog SECONDS]
 *
 * Each round loads one, lets another take its place, unloads the first, and disables and unloads the second: five steps. A slice
 * is a boot of its own; where FILE is given, a line for each slice that passed is kept there, and the next run goes on. Exits
 * 1 where the kernel says no, warns, stalls, or something that works meanwhile gets something wrong. A processor that makes no
 * progress for twice as long as the watchdog's seconds is a lockup: the kernel itself has 10; here it is 60 unless said
 * otherwise, as an emulated processor on a busy machine may rest for twenty.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type RehearsalPayload, rehearse } from '../src/hosts/rehearsal/index.ts'
import { SLEPT, said } from '../tests/linux/edits.ts'
import { type Edit, Workshop } from '../tests/linux/made.ts'
import { readIf } from './series/base.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '500' },
    slice: { type: 'string', default: '50' },
    kept: { type: 'string' },
    watchdog: { type: 'string', default: '60' },
  },
})

/** What each fork comes by. */
const FORK: Edit = {
  file: 'kernel/fork.c',
  replace: '\tif (!(clone_flags & CLONE_UNTRACED)) {\n',
  by: '\tif (!(clone_flags & CLONE_UNTRACED) && clone_flags != 0x77) {\n',
}

const ROUND = `load first.ko
wait first timeout=60000
load second.ko
wait second timeout=60000
unload first
disable second
wait second timeout=60000
unload second
`
const STEPS_OF_ROUND = 5

async function run(): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-steps-'))
  const workshop = new Workshop()
  try {
    const built = await Promise.all(
      [
        { name: 'first.ko', edits: [SLEPT, said('patched')] },
        { name: 'second.ko', edits: [said('patched'), FORK] },
      ].map(async ({ name, edits }) => {
        const { report, payload } = await workshop.build(edits, true, { output: name })
        if (payload === undefined) throw new Error(`${name}: ${report.refusals.map(({ text }) => text).join('; ')}`)
        return { name, bytes: payload }
      }),
    )
    const load = join(work, 'load')
    const source = fileURLToPath(new URL('../tests/linux/load.c', import.meta.url))
    execFileSync('gcc', ['-static', '-O2', '-o', load, source])
    const steps = Number(values.steps)
    let done = keptSteps()
    while (done < steps) {
      const rounds = Math.ceil(Math.min(Number(values.slice), steps - done) / STEPS_OF_ROUND)
      const said = await slice({ rounds, load, built, image: workshop.image })
      if (said === undefined) return 1
      done += rounds * STEPS_OF_ROUND
      const line = `${rounds * STEPS_OF_ROUND} steps (watchdog ${values.watchdog}): ${said.join('; ')}`
      console.log(`${line} (${done} of ${steps})`)
      if (values.kept !== undefined) appendFileSync(values.kept, `${line}\n`)
    }
    return 0
  } finally {
    workshop.close()
    rmSync(work, { recursive: true, force: true })
  }
}

/** What has passed already. */
function keptSteps(): number {
  const lines = values.kept === undefined ? [] : (readIf(values.kept) ?? '').split('\n')
  return lines.reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0), 0)
}

interface Slice {
  readonly rounds: number
  readonly load: string
  readonly built: readonly RehearsalPayload[]
  readonly image: string
}

/** What worked meanwhile, and how often; undefined where something went wrong, which is printed. */
async function slice({ rounds, load, built, image }: Slice): Promise<readonly string[] | undefined> {
  const watchdog = `write /proc/sys/kernel/watchdog_thresh ${Number(values.watchdog)}\n`
  const script = `${watchdog}run ${load} start\n${ROUND.repeat(rounds)}run ${load} stop\nexpect-taints OEK\n`
  const asked = { hypervisor: image, payloads: built, script, cpus: 2, timeoutMs: 540_000 }
  const { outcome, operations, console: last } = await rehearse({ system: 'Linux', ...asked })
  for (const each of operations.filter(({ expected }) => !expected))
    console.log(`not expected: ${each.text}`, each.result)
  const lines = operations.flatMap(each => each.console)
  const warned = lines.filter(line => /WARNING|BUG:|Oops|stall/.test(line))
  for (const line of warned) console.log(line)
  if (outcome === 'passed' && warned.length === 0) return operations.at(-2)?.output ?? []
  console.log(last.slice(-80).join('\n'))
  console.log(`${rounds * STEPS_OF_ROUND} steps: ${outcome}`)
  return undefined
}

run().then(code => {
  process.exitCode = code
})
