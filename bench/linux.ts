/**
 * A live patch for the kernel that Debian ships, from patch to module, and its rehearsal: `npx tsx bench/linux.ts [6.1|6.12] [RUNS]`.
 *
 * Each build has a patch of its own. At first with a cache that knows nothing, so that it is the first of its kind; then with one
 * that has seen another patch of the same unit. Each stands against the unit's own compile, the compiler alone. Memory is the peak of the command's process. The machine may be busy: processor time is the steadier figure.
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
const runs = Number(process.argv[3] ?? 3)
/** A unit that is compiled in no time, so that all else shows; and one that is not. */
const UNITS = [
  {
    file: 'fs/proc/cmdline.c',
    before: '\tseq_puts(m, saved_command_line);\n',
    line: (at: number) => `\tseq_puts(m, "patch ${at}: ");\n`,
  },
  {
    file: 'fs/namei.c',
    before: '\tif (max_links && dir->i_nlink >= max_links)\n',
    line: (at: number) => `\tif (max_links == ${1000 + at})\n\t\treturn -EPERM;\n`,
  },
]
/** Prints the peak of its memory, in KiB, when it ends. */
const PEAK = "process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS))"

const part = (name: string) =>
  execFileSync(join(checkout, 'scripts/linux.sh'), [name, line], { encoding: 'utf8' }).trim()

async function main(work: string): Promise<void> {
  const [tree, image] = [part('tree'), part('image')]
  let peaks: number[] = []
  let number = 0
  const hotsplice = async (args: readonly string[], cache = mkdtempSync(join(work, 'cache-'))): Promise<Spent> => {
    const env = { ...process.env, HOTSPLICE_CACHE: cache }
    const preload = `data:text/javascript,${encodeURIComponent(PEAK)}`
    const run = await timed(process.execPath, ['--import', preload, command, ...args], { env })
    peaks.push(Number(/^peak (\d+)$/m.exec(run.output)?.[1] ?? 0))
    if (run.status !== 0) throw new Error(run.output)
    return run
  }
  for (const { file, before, line: added } of UNITS) {
    const json = join(work, 'report.json')
    const build = (cache?: string, more: readonly string[] = []) => {
      const text = readFileSync(join(tree, file), 'latin1')
      // Where something stands twice, the first is meant.
      const patched = text.replace(before, () => `${added(number++)}${before}`)
      const patch = join(work, 'fix.patch')
      writeFileSync(patch, createTwoFilesPatch(`a/${file}`, `b/${file}`, text, patched, '', ''), 'latin1')
      const of = ['--target', 'linux', '--tree', tree, '--symbols', image, '--patch', patch, ...more]
      return hotsplice(['build', ...of, '-o', join(work, 'fix.ko'), '--json', json], cache)
    }
    const known = mkdtempSync(join(work, 'known-'))
    await build(known)
    const { units } = readReport(readFileSync(json, 'utf8'), json)
    const [program = '', ...args] = units[0]?.command ?? []
    const own = [
      ...args.slice(0, args.indexOf('-o')),
      '-o',
      join(work, 'unit.o'),
      ...args.slice(args.indexOf('-o') + 2),
    ]
    const ways = [
      { what: 'nothing cached', one: () => build(), aim: '6 s' },
      { what: 'a tree that was built for before, another patch', one: () => build(known), aim: '2.5 × the compile' },
      {
        what: 'the same with --lines neutral',
        one: () => build(known, ['--lines', 'neutral']),
        aim: '2.5 × the compile',
      },
    ]
    for (const { what, one, aim } of ways) {
      peaks = []
      const found = await inTurn(runs, one, () => timed(program, own, { cwd: tree }))
      const { first, second, ratio } = found
      printRow({
        what: `Linux ${line}: from patch to module, ${file}: ${what}`,
        spent: first,
        against: [{ what: "the unit's own compile", spent: second, ratio }],
        more: `by processor time ${(first.cpu / second.cpu).toFixed(1)} ×; peak of memory: ${Math.round(Math.max(...peaks) / 1024)} MB`,
        aim: `${aim}, 300 MB`,
      })
    }
  }
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
