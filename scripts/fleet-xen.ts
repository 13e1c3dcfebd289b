/**
 * Three builds of Debian's Xen, of two compilers, and six fixes: what comes of each, whether a second run does nothing, and
 * whether a fix that changed is built anew and no other. Each payload is tried on the real Xen in QEMU.
 *
 *     npx tsx scripts/fleet-xen.ts FOLDER     after `make build`
 *
 * A run that is stopped goes on where it was. Exits 1 where anything is not as it must be.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FleetIndex } from '../src/report/fleet-index.ts'
import { hotsplice } from '../tests/xen/command.ts'
import {
  cellsOf,
  expectedCells,
  writeXenFix,
  writeXenFleet,
  XEN_FIXES,
  type XenFixName,
} from '../tests/xen/fleet-fixes.ts'

const BASES = ['release', 'debug', 'release-gcc-11'] as const
const isFix = (name: string): name is XenFixName => Object.hasOwn(XEN_FIXES, name)
const FIXES = Object.keys(XEN_FIXES).filter(isFix)

const [given] = process.argv.slice(2)
if (given === undefined) {
  console.error('usage: fleet-xen.ts FOLDER')
  process.exit(1)
}
const folder = resolve(given)
mkdirSync(folder, { recursive: true })
writeXenFleet(folder, BASES, FIXES)

const first = await run('the first run')
console.log(readCells().join('\n'))
check('the matrix', cellsOf(first.index), expectedCells(BASES, FIXES))
check('rehearsals', rehearsalsOf(first.index), new Array(first.index.cells.filter(isBuilt).length).fill('passed'))
const second = await run('a second run')
check('what it does', second.done, 0)
check('its index', second.text, first.text)
writeXenFix(folder, 'pages', '-EINVAL : 4 * PAGE_SIZE')
const third = await run('a run after one fix has changed')
check('what it does', third.done, BASES.length)
check(
  'payloads that are others',
  third.index.cells.filter((cell, at) => cell.payload?.sha256 !== first.index.cells[at]?.payload?.sha256).map(nameOf),
  BASES.map(base => `${base}/pages`),
)
check('rehearsals', new Set(rehearsalsOf(third.index)).size, 1)

async function run(what: string) {
  const start = performance.now()
  const { status, stderr } = await hotsplice(['fleet', 'build', 'fleet.json', '-o', 'out', '-j', '2'], { cwd: folder })
  const time = (performance.now() - start) / 1000
  const [, done = ''] = /(\d+) of \d+ to be done/.exec(stderr) ?? []
  console.log(`${what}: ${done} cells done in ${time.toFixed(1)} s (exit ${status})`)
  const text = readFileSync(join(folder, 'out/index.json'), 'utf8')
  const index: FleetIndex = JSON.parse(text)
  return { done: Number(done), text, index }
}

type Cell = FleetIndex['cells'][number]

function isBuilt({ payload }: Cell): boolean {
  return payload !== null
}

function nameOf({ base, fix }: Cell): string {
  return `${base}/${fix}`
}

function readCells(): readonly string[] {
  const { cells }: FleetIndex = JSON.parse(readFileSync(join(folder, 'out/index.json'), 'utf8'))
  return cells.map(
    cell => `${nameOf(cell)}: ${cell.outcome}${cell.codes.length > 0 ? ` (${cell.codes.join(', ')})` : ''}`,
  )
}

function rehearsalsOf({ cells }: FleetIndex): readonly string[] {
  return cells.filter(isBuilt).map(cell => {
    const log = readFileSync(join(folder, 'out/cells', cell.base, cell.fix, 'rehearsal.json'), 'utf8')
    return String(JSON.parse(log).outcome)
  })
}

function check(what: string, found: unknown, wanted: unknown): void {
  const isRight = JSON.stringify(found) === JSON.stringify(wanted)
  console.log(`  ${what}: ${isRight ? 'as it must be' : `${JSON.stringify(found)}, must be ${JSON.stringify(wanted)}`}`)
  if (!isRight) process.exitCode = 1
}
