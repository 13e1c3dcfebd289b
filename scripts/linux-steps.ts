/**
 * Live patches that come and go on Debian's kernel while it works (fork, files, pipes, /proc, the loopback device):
 *
 *     npx tsx scripts/linux-steps.ts [--steps 500]
 *
 * Each round loads one, lets another take its place, unloads the first, and disables and unloads the second: five steps. Exits
 * 1 where the kernel says no, warns, stalls, or something that works meanwhile gets something wrong.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { rehearse } from '../src/hosts/rehearsal/index.ts'
import { SLEPT, said } from '../tests/linux/edits.ts'
import { type Edit, Workshop } from '../tests/linux/made.ts'

const { values } = parseArgs({ options: { steps: { type: 'string', default: '500' } } })

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
    const rounds = Math.ceil(Number(values.steps) / STEPS_OF_ROUND)
    const script = `run ${load} start\n${ROUND.repeat(rounds)}run ${load} stop\nexpect-taints OEK\n`
    const asked = { hypervisor: workshop.image, payloads: built, script, cpus: 2, timeoutMs: 240_000 }
    const { outcome, operations, console: last } = await rehearse({ system: 'Linux', ...asked })
    for (const each of operations.filter(({ expected }) => !expected))
      console.log(`not expected: ${each.text}`, each.result)
    const warned = operations.flatMap(({ console: lines }) =>
      lines.filter(line => /WARNING|BUG:|Oops|stall/.test(line)),
    )
    if (outcome !== 'passed') console.log((last ?? []).slice(-80).join('\n'))
    for (const line of [...warned, ...(operations.at(-2)?.output ?? [])]) console.log(line)
    console.log(`${rounds * STEPS_OF_ROUND} steps: ${outcome}`)
    return outcome === 'passed' && warned.length === 0 ? 0 : 1
  } finally {
    workshop.close()
    rmSync(work, { recursive: true, force: true })
  }
}

run().then(code => {
  process.exitCode = code
})
