/** Which chunks of a file are laid out anew: as few as will do, and none whose result is not proven. */
import { newLines, oldLines } from './chunks.ts'
import { type LaidLine, layOut, type PlannedChunk, type Sides, type Treatment } from './layout.ts'
import type { LexedFile } from './lexed.ts'
import { lex } from './lexer.ts'
import { type Placement, placeDirectives } from './place-directives.ts'
import { sameTokens, wholeFile } from './tokens.ts'

/** One way of laying the file out, with the directives that go with it. */
export interface Attempt {
  readonly plan: readonly PlannedChunk[]
  readonly lines: readonly LaidLine[]
  /** The lines as the lexer sees them. */
  readonly lexed: LexedFile
  readonly placement: Placement
}

/** `allowed`: whether directives may be used. */
export function layAsIs(sides: Sides, plan: readonly PlannedChunk[], allowed: boolean): Attempt {
  const lines = layOut(sides, plan) ?? []
  return { plan, lines, lexed: sides.patched, placement: placeDirectives(sides.patched, lines, allowed) }
}

/** Lays chunks out anew until no line is off or nothing more can be done. */
export function reformatted(sides: Sides, asIs: Attempt, allowed: boolean): Attempt {
  let current = asIs
  const given = new Set<number>()
  for (;;) {
    const culprits = culpritsOf(current, given)
    if (culprits.length === 0) return current
    for (const culprit of culprits) given.add(culprit)
    current = treatAll(sides, current, { culprits, allowed })
  }
}

interface Treating {
  readonly culprits: readonly number[]
  readonly allowed: boolean
}

/** All at once, or where that cannot be done, each by itself. */
function treatAll(sides: Sides, current: Attempt, { culprits, allowed }: Treating): Attempt {
  const together = current.plan.map((planned, index) => (culprits.includes(index) ? treated(planned, 0) : planned))
  let done = attempt(sides, together, allowed)
  if (done !== undefined) return done
  done = current
  for (const culprit of culprits) {
    const choices = [0, 1].map(
      choice => (planned: PlannedChunk, index: number) => (index === culprit ? treated(planned, choice) : planned),
    )
    for (const choose of choices) {
      const tried = attempt(sides, done.plan.map(choose), allowed)
      if (tried === undefined) continue
      done = tried
      break
    }
  }
  return done
}

/** Undefined where a treatment cannot be carried out, or its result is not proven. */
function attempt(sides: Sides, plan: readonly PlannedChunk[], allowed: boolean): Attempt | undefined {
  const lines = layOut(sides, plan)
  if (lines === undefined) return undefined
  const lexed = lex(lines.map(line => line.text).join(''))
  if (!isProven(lexed, sides, plan)) return undefined
  return { plan, lines, lexed, placement: placeDirectives(lexed, lines, allowed) }
}

/** The program must be the patched one, token by token. */
function isProven(lexed: LexedFile, { patched }: Sides, plan: readonly PlannedChunk[]): boolean {
  if (plan.some(({ equal, treatment }) => treatment === 'restored' && !equal)) return false
  return sameTokens(lexed, wholeFile(lexed), patched, wholeFile(patched))
}

/** The best way to keep a chunk's lines in step, and the next best. */
function treated(planned: PlannedChunk, choice: number): PlannedChunk {
  const { chunk, equal } = planned
  const surplus = newLines(chunk) - oldLines(chunk)
  const other: Treatment = surplus > 0 ? 'joined' : surplus < 0 ? 'padded' : 'as-is'
  return { ...planned, treatment: equal && choice === 0 ? 'restored' : other }
}

/** For each line that is off the nearest chunk above that moves lines and has not been treated. */
function culpritsOf({ plan, lines, placement }: Attempt, given: ReadonlySet<number>): readonly number[] {
  const culprits = new Set<number>()
  for (const line of placement.off) {
    const patched = patchedAtOrAbove(lines, line)
    const own = lines[line - 1]?.chunk ?? -1
    const nearest = plan.findLastIndex(({ chunk }, index) => {
      const moves = newLines(chunk) !== oldLines(chunk) || index === own
      return moves && !given.has(index) && chunk.newFrom <= patched
    })
    if (nearest >= 0) culprits.add(nearest)
  }
  return [...culprits]
}

function patchedAtOrAbove(lines: readonly LaidLine[], line: number): number {
  let at = line
  while (at > 0 && lines[at - 1]?.patched === 0) at--
  return lines[at - 1]?.patched ?? 0
}
