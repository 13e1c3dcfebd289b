/** One work done by two checkouts, and what differs. */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { differencesOf, words } from './differences.ts'
import { carryOut, type Ending, PAYLOAD, REPORT, type Work } from './works.ts'

/** What the checkout's command is made of: another build is another one. */
export function keyOf(checkout: string): string {
  const dist = join(checkout, 'dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.js'))
  const hash = createHash('sha256')
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(dist, file)))
  return hash.digest('hex').slice(0, 16)
}

interface Made extends Ending {
  readonly report: unknown
  readonly payload: Uint8Array | undefined
}

/** Each difference in a line; caches of both, and what is made meanwhile, lie in `state`. */
export function compareWork(work: Work, checkouts: readonly [string, string], state: string): readonly string[] {
  const folder = mkdtempSync(join(state, 'work-'))
  try {
    const args = work.prepare(folder)
    const [first, second] = checkouts.map((checkout, side): Made => {
      const place = join(folder, `side-${side}`)
      const ending = carryOut(checkout, args, { folder: place, cache: join(state, `cache-${side}`) })
      return { ...ending, ...madeIn(place) }
    })
    if (first === undefined || second === undefined) throw new Error('two checkouts are compared')
    return linesOf(first, second)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function madeIn(folder: string): Pick<Made, 'report' | 'payload'> {
  const read = (name: string) => {
    const file = join(folder, name)
    return existsSync(file) ? readFileSync(file) : undefined
  }
  const report = read(REPORT)
  return { report: report === undefined ? undefined : JSON.parse(report.toString('utf8')), payload: read(PAYLOAD) }
}

function linesOf(first: Made, second: Made): readonly string[] {
  const status =
    first.status === second.status ? [] : [`exit ${first.status} → ${second.status}: ${second.words.trim()}`]
  const unwritten = [first, second].filter(({ report }) => report === undefined)
  const silent = unwritten.map(({ words: said }) => `a checkout wrote no report: ${said.trim()}`)
  const reports = differencesOf(first.report, second.report).map(words)
  return [...status, ...silent, ...payloadLines(first.payload, second.payload), ...reports]
}

function payloadLines(first: Uint8Array | undefined, second: Uint8Array | undefined): readonly string[] {
  if (first === undefined && second === undefined) return []
  const size = (bytes: Uint8Array | undefined) => (bytes === undefined ? 'none' : `${bytes.length} bytes`)
  const differing = first?.findIndex((byte, offset) => byte !== second?.[offset]) ?? 0
  if (first?.length === second?.length && differing === -1) return []
  const at = differing === -1 ? (first?.length ?? 0) : differing
  return [`payload: ${size(first)} → ${size(second)}, from byte 0x${at.toString(16)} on`]
}
