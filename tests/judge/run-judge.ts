/** Judges many cases, and counts what came of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { compilersHere } from './build-case.ts'
import { type Case, drawCase } from './draw-case.ts'
import { type Judged, type JudgeOptions, judgeCase } from './judge-case.ts'

export interface JudgeRun {
  readonly seed: number
  /** The number of the first case. */
  readonly from: number
  readonly count: number
  /** Of the host's gcc, two or three units, and one payload: what takes the least. */
  readonly isSmall?: boolean
  readonly say?: (line: string) => void
  readonly keep?: JudgeOptions['keep']
}

export interface JudgeResult {
  /** Judgement → how many; refusals by their codes too. */
  readonly counts: ReadonlyMap<string, number>
  /** A line each. */
  readonly faults: readonly string[]
}

export async function runJudge({
  seed,
  from,
  count,
  isSmall = false,
  say = () => undefined,
  keep,
}: JudgeRun): Promise<JudgeResult> {
  const cache = mkdtempSync(join(tmpdir(), 'hotsplice-judge-cache-'))
  const compilers = isSmall ? compilersHere().slice(0, 1) : compilersHere()
  const agent = agentFile(cache)
  const counts = new Map<string, number>()
  const faults: string[] = []
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  try {
    for (let number = from; number < from + count; number++) {
      const drawn = drawCase(seed, number, { compilers, isSmall })
      const judged = await judgeCase(drawn, { agent, cache, ...(keep === undefined ? {} : { keep }) })
      add(judged.judgement)
      if (judged.judgement === 'refused') for (const code of codesOf(judged)) add(`refused ${code}`)
      const line = describeCase(drawn, judged)
      say(line)
      if (isFault(drawn, judged)) faults.push(line)
    }
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
  return { counts, faults }
}

const codesOf = ({ words }: Judged): readonly string[] => (words.split('\t')[0] ?? '').split(' ')

/** A payload may be refused at load only where the build was not given the program, and said what it could not know. */
function isFault({ symbols }: Case, { judgement }: Judged): boolean {
  if (judgement === 'refused-at-load') return symbols
  return !['ok', 'nothing', 'refused', 'busy'].includes(judgement)
}

function describeCase(
  { name, kind, edits, compiler, flags, link, lines, symbols }: Case,
  { judgement, words }: Judged,
): string {
  const done = (kind === 'one' ? edits.slice(0, 1) : edits).map(names => names.join('+')).join(' / ')
  const options = [compiler, ...flags, ...link, '--lines', lines, ...(symbols ? ['--symbols'] : [])].join(' ')
  return `${name}\t${judgement}\t${kind}: ${done}\t${options}\t${words}`
}
