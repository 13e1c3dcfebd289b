/** A case: a program, one or two patches of it, how it is built, and what is done to it while it runs. */
import { createHash } from 'node:crypto'
import { draws } from '../support/harmless.ts'
import { EDITS } from './edits.ts'
import { drawProgram } from './generate.ts'
import { chance, type Draw, type Program, pick } from './model.ts'

export interface Compiler {
  readonly c: string
  /** Undefined where the machine has none. */
  readonly cxx: string | undefined
}

export interface Case {
  /** `SEED-NUMBER`, which draws it again. */
  readonly name: string
  /** The text before, after the first patch, and after the second. */
  readonly texts: readonly [Program, Program, Program]
  /** A payload; one on top of it; or one of both patches in the place of the first's. */
  readonly kind: 'one' | 'stack' | 'replace'
  /** Of each patch. */
  readonly edits: readonly (readonly string[])[]
  readonly compiler: string
  readonly flags: readonly string[]
  readonly link: readonly string[]
  readonly lines: 'auto' | 'ignore' | 'mask' | 'neutral'
  /** Whether the build is given the program. */
  readonly symbols: boolean
  /** What the program is asked at each stage. */
  readonly numbers: readonly (readonly string[])[]
}

const STAGES = 6
const OPTIONS: readonly (readonly [percent: number, flags: readonly string[]])[] = [
  [40, ['-ffunction-sections']],
  [25, ['-fdata-sections']],
  [15, ['-g']],
  [15, ['-fcf-protection']],
  [15, ['-fno-inline']],
  [10, ['-fstack-protector-strong']],
  [10, ['-fno-omit-frame-pointer']],
  [10, ['-fvisibility=hidden']],
  [10, ['-fno-plt']],
]

/** `isSmall` for two or three units and one payload. */
export function drawCase(
  seed: number,
  number: number,
  { compilers, isSmall }: { readonly compilers: readonly Compiler[]; readonly isSmall: boolean },
): Case {
  const draw = draws(createHash('sha256').update(`${seed}-${number}`).digest().readUInt32LE(0))
  const compiler = pick(draw, compilers)
  const cxx = chance(draw, 25) ? compiler.cxx : undefined
  const before = drawProgram(draw, cxx === undefined ? 'c' : 'c++', isSmall)
  const one = edited(draw, before)
  const two = edited(draw, one.program)
  const isPie = chance(draw, 60)
  const flags = [pick(draw, ['-O0', '-O1', '-O2', '-O2', '-O3', '-Os'])]
  flags.push(isPie ? pick(draw, ['-fPIE', '-fPIC']) : '-fno-pie')
  for (const [percent, more] of OPTIONS) if (chance(draw, percent)) flags.push(...more)
  if (cxx === undefined) flags.push(pick(draw, ['-fcommon', '-fno-common']))
  // What an exception may pass through is refused.
  else if (chance(draw, 90)) flags.push('-fno-exceptions')
  const link = [isPie ? '-pie' : '-no-pie']
  if (flags.includes('-ffunction-sections') && chance(draw, 25)) link.push('-Wl,--gc-sections')
  return {
    name: `${seed}-${number}`,
    texts: [before, one.program, two.program],
    kind: isSmall ? 'one' : pick(draw, ['one', 'one', 'one', 'stack', 'replace']),
    edits: [one.names, two.names],
    compiler: cxx ?? compiler.c,
    flags,
    link,
    lines: pick(draw, ['auto', 'auto', 'auto', 'ignore', 'mask', 'neutral']),
    symbols: chance(draw, 60),
    numbers: Array.from({ length: STAGES }, () => drawNumbers(draw)),
  }
}

/** What mostly can be hotpatched. */
const USUAL = ['exchange', 'more', 'branch', 'swap', 'again', 'less', 'beginning', 'outline', 'deletion']

function edited(draw: Draw, before: Program): { readonly program: Program; readonly names: readonly string[] } {
  let program = structuredClone(before)
  const names: string[] = []
  for (let count = 1 + draw(3); count > 0; count--) {
    const trial = structuredClone(program)
    const name = pick(draw, chance(draw, 60) ? USUAL : Object.keys(EDITS))
    if (EDITS[name]?.(trial, draw) === false) continue
    program = trial
    names.push(name)
  }
  return { program, names }
}

/** Each for one of the two threads. */
const drawNumbers = (draw: Draw): readonly string[] =>
  Array.from({ length: 7 }, () => `${draw(4) === 0 ? 'w' : 'm'}${draw(48)}`)
