/** Which chunks of a file are laid out anew: as few as will do, and none whose result is not proven. */

import type { LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { sameTokens, wholeFile } from '../ctext/tokens.ts'
import { newLines, oldLines } from './chunks.ts'
import { type LaidLine, layOut, type PlannedChunk, type Sides, type Treatment } from './layout.ts'
import { type Placement, placeDirectives } from './place-directives.ts'

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

/**
 * Lines that may be laid out in all, over all tries: most files need one try, and a file of thousands of edits where no
 * directive may stand must not take hours. What is left undone is told as unsafe.
 */
const MOST_LAID = 5e6

/** Lays chunks out anew until no line is off or nothing more can be done. */
export function reformatted(sides: Sides, asIs: Attempt, allowed: boolean): Attempt {
  let current = asIs
  const tries = new Tries(sides, allowed)
  const given = new Set<number>()
  for (;;) {
    const culprits = culpritsOf(current, given)
    if (culprits.size === 0 || tries.exhausted) return current
    for (const culprit of culprits) given.add(culprit)
    current = treatAll(tries, current, culprits)
  }
}

class Tries {
  readonly #sides: Sides
  readonly #allowed: boolean
  #left: number

  constructor(sides: Sides, allowed: boolean) {
    this.#sides = sides
    this.#allowed = allowed
    this.#left = Math.max(4, Math.floor(MOST_LAID / (sides.patched.lineCount + 1)))
  }

  get exhausted(): boolean {
    return this.#left <= 0
  }

  /** Undefined where a treatment cannot be carried out, or its result is not proven. */
  lay(plan: readonly PlannedChunk[]): Attempt | undefined {
    this.#left--
    return attempt(this.#sides, plan, this.#allowed)
  }
}

/** All at once, or where that cannot be done, each by itself. */
function treatAll(tries: Tries, current: Attempt, culprits: ReadonlySet<number>): Attempt {
  const together = current.plan.map((planned, index) => (culprits.has(index) ? treated(planned, 0) : planned))
  let done = tries.lay(together)
  if (done !== undefined) return done
  done = current
  for (const culprit of culprits) {
    const choices = [0, 1].map(
      choice => (planned: PlannedChunk, index: number) => (index === culprit ? treated(planned, choice) : planned),
    )
    for (const choose of choices) {
      if (tries.exhausted) return done
      const tried = tries.lay(done.plan.map(choose))
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
function culpritsOf({ plan, lines, placement }: Attempt, given: ReadonlySet<number>): ReadonlySet<number> {
  const culprits = new Set<number>()
  const moving = nearestMoving(plan, given)
  const patchedAbove = nearestAbove(lines)
  for (const line of placement.off) {
    const last = lastBeginning(plan, patchedAbove[line - 1] ?? 0)
    const own = lines[line - 1]?.chunk ?? -1
    const nearest = Math.max(moving[last] ?? -1, own <= last && !given.has(own) ? own : -1)
    if (nearest >= 0) culprits.add(nearest)
  }
  return culprits
}

/** For each chunk the last one up to it that moves lines and has not been treated; -1 where there is none. */
function nearestMoving(plan: readonly PlannedChunk[], given: ReadonlySet<number>): Int32Array {
  let nearest = -1
  return Int32Array.from(plan, ({ chunk }, index) => {
    if (newLines(chunk) !== oldLines(chunk) && !given.has(index)) nearest = index
    return nearest
  })
}

/** The last chunk that begins on the patched line or above; -1 where there is none. */
function lastBeginning(plan: readonly PlannedChunk[], patched: number): number {
  let low = 0
  let high = plan.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((plan[middle]?.chunk.newFrom ?? 0) <= patched) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** For each line the last patched line that stands there or above. */
function nearestAbove(lines: readonly LaidLine[]): Int32Array {
  let nearest = 0
  return Int32Array.from(lines, ({ patched }) => {
    nearest = patched || nearest
    return nearest
  })
}
