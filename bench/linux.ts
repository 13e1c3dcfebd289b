/**
 * A live patch for the kernel that Debian ships, from patch to module, and its rehearsal: `npx tsx bench/linux.ts [6.1|6.12]`.
 *
 * Each build has a patch of its own and a cache that knows nothing but the tree's folder, so that it is the first of its kind; it
 * stands against the unit's own compile, the compiler alone. Memory is the peak of the command's process. The machine may be busy: processor time is the steadier figure.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTwoFilesPatch } from 'diff'
import { readReport } from '../src/report/schema.ts'
import { inTurn, printRow, type Spent, timed } from './clock.ts'

const checkout = fileURLToPath(new URL('../', import.meta.url))
const command = join(checkout, 'bin/hotsplice')
const line = process.argv[2] ?? '6.1'
const FILE = 'fs/proc/cmdline.c'
const SHOW = '\tseq_puts(m, saved_command_line);\n'
/** Prints the peak of its memory, in KiB, when it ends. */
const PEAK = "process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS))"

const part = (name: string) =>
  execFileSync(join(checkout, 'scripts/linux.sh'), [name, line], { encoding: 'utf8' }).trim()

async function main(work: string): Promise<void> {
  const [tree, image] = [part('tree'), part('image')]
  const peaks: number[] = []
  const json = join(work, 'report.json')
  let number = 0
  const hotsplice = async (args: readonly string[]): Promise<Spent> => {
    const env = { ...process.env, HOTSPLICE_CACHE: mkdtempSync(join(work, 'cache-')) }
    const preload = `data:text/javascript,${encodeURIComponent(PEAK)}`
    const run = await timed(process.execPath, ['--import', preload, command, ...args], { env })
    peaks.push(Number(/^peak (\d+)$/m.exec(run.output)?.[1] ?? 0))
    if (run.status !== 0) throw new Error(run.output)
    return run
  }
  const build = () => {
    const before = readFileSync(join(tree, FILE), 'latin1')
    const after = before.replace(SHOW, () => `\tseq_puts(m, "patch ${number++}: ");\n${SHOW}`)
    const patch = join(work, 'fix.patch')
    writeFileSync(patch, createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, before, after, '', ''), 'latin1')
    const of = ['--target', 'linux', '--tree', tree, '--symbols', image, '--patch', patch]
    return hotsplice(['build', ...of, '-o', join(work, 'fix.ko'), '--json', json])
  }
  await build()
  const { units } = readReport(readFileSync(json, 'utf8'), json)
  const [program = '', ...args] = units[0]?.command ?? []
  const own = [...args.slice(0, args.indexOf('-o')), '-o', join(work, 'unit.o'), ...args.slice(args.indexOf('-o') + 2)]
  const found = await inTurn(3, build, () => timed(program, own, { cwd: tree }))
  printRow({
    what: `Linux ${line}: from patch to module, one unit, nothing cached`,
    spent: found.first,
    against: [{ what: "the unit's own compile", spent: found.second, ratio: found.ratio }],
    more: `peak of memory: ${Math.round(Math.max(...peaks) / 1024)} MB`,
    aim: '6 s, 2.5 × the compile, 300 MB',
  })
  const rehearsed = await inTurn(
    2,
    () => hotsplice(['rehearse', join(work, 'fix.ko'), '--symbols', image]),
    () => timed(process.execPath, ['-e', '0']),
  )
  printRow({
    what: `Linux ${line}: rehearsal, from the start of QEMU to unloaded`,
    spent: rehearsed.first,
    against: [{ what: 'an empty node', spent: rehearsed.second, ratio: rehearsed.ratio }],
    aim: '8 s',
  })
}

const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
main(work).finally(() => rmSync(work, { recursive: true, force: true }))
