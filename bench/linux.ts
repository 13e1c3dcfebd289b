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
    added: (at: number) => `\tseq_puts(m, "patch ${at}: ");\n`,
  },
  {
    file: 'fs/namei.c',
    before: '\tif (max_links && dir->i_nlink >= max_links)\n',
    added: (at: number) => `\tif (max_links == ${1000 + at})\n\t\treturn -EPERM;\n`,
  },
]
/** Prints the peak of its memory, in KiB, when it ends. */
const PEAK = "process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS))"

const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
const json = join(work, 'report.json')
const part = (name: string) =>
  execFileSync(join(checkout, 'scripts/linux.sh'), [name, line], { encoding: 'utf8' }).trim()
const newCache = () => mkdtempSync(join(work, 'cache-'))
/** Of memory, in KiB, of what was measured since they were last looked at. */
const peaks: number[] = []

async function hotsplice(args: readonly string[], cache: string): Promise<Spent> {
  const env = { ...process.env, HOTSPLICE_CACHE: cache }
  const preload = `data:text/javascript,${encodeURIComponent(PEAK)}`
  const run = await timed(process.execPath, ['--import', preload, command, ...args], { env })
  peaks.push(Number(/^peak (\d+)$/m.exec(run.output)?.[1] ?? 0))
  if (run.status !== 0) throw new Error(run.output)
  return run
}

interface Kernel {
  readonly tree: string
  readonly image: string
}

let number = 0

function build(
  { tree, image }: Kernel,
  { file, before, added }: (typeof UNITS)[number],
  cache: string,
  lines = 'auto',
) {
  const text = readFileSync(join(tree, file), 'latin1')
  // Where something stands twice, the first is meant.
  const patched = text.replace(before, () => `${added(number++)}${before}`)
  const patch = join(work, 'fix.patch')
  writeFileSync(patch, createTwoFilesPatch(`a/${file}`, `b/${file}`, text, patched, '', ''), 'latin1')
  const of = ['--target', 'linux', '--tree', tree, '--symbols', image, '--patch', patch, '--lines', lines]
  return hotsplice(['build', ...of, '-o', join(work, 'fix.ko'), '--json', json], cache)
}

async function printUnit(kernel: Kernel, unit: (typeof UNITS)[number]): Promise<void> {
  const known = newCache()
  await build(kernel, unit, known)
  const [program = '', ...args] = readReport(readFileSync(json, 'utf8'), json).units[0]?.command ?? []
  const at = args.indexOf('-o')
  const own = [...args.slice(0, at), '-o', join(work, 'unit.o'), ...args.slice(at + 2)]
  const ways = [
    { what: 'nothing cached', one: () => build(kernel, unit, newCache()), aim: '6 s' },
    { what: 'a known tree, a new patch', one: () => build(kernel, unit, known), aim: '2.5 × the compile' },
    { what: 'that, --lines neutral', one: () => build(kernel, unit, known, 'neutral'), aim: '2.5 × the compile' },
  ]
  for (const { what, one, aim } of ways) {
    peaks.length = 0
    const { first, second, ratio } = await inTurn(runs, one, () => timed(program, own, { cwd: kernel.tree }))
    printRow({
      what: `Linux ${line}: from patch to module, ${unit.file}: ${what}`,
      spent: first,
      against: [{ what: "the unit's own compile", spent: second, ratio }],
      more: `by processor time ${(first.cpu / second.cpu).toFixed(1)} ×; peak of memory: ${Math.round(Math.max(...peaks) / 1024)} MB`,
      aim: `${aim}, 300 MB`,
    })
  }
}

async function main(): Promise<void> {
  const kernel = { tree: part('tree'), image: part('image') }
  for (const unit of UNITS) await printUnit(kernel, unit)
  const rehearsed = await inTurn(
    2,
    () => hotsplice(['rehearse', join(work, 'fix.ko'), '--symbols', kernel.image], newCache()),
    () => timed(process.execPath, ['-e', '0']),
  )
  printRow({
    what: `Linux ${line}: rehearsal, from the start of QEMU to unloaded`,
    spent: rehearsed.first,
    against: [{ what: 'an empty node', spent: rehearsed.second, ratio: rehearsed.ratio }],
    aim: '8 s',
  })
}

main().finally(() => rmSync(work, { recursive: true, force: true }))
