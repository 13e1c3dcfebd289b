/** A function that another unit has by now is what its name led to, if the reference is to it and to nothing else. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { verdictLines } from '../../tests/support/judge.ts'
import { correlate } from '../correlate/correlate.ts'
import { readElf } from '../elf/index.ts'
import { PROCESS } from '../loaders/process/process.ts'
import { pieceMap } from '../pieces/pieces.ts'
import { compareUnit } from './compare.ts'

const FLAGS = ['-O2', '-fno-pie', '-ffunction-sections', '-fcf-protection=none']
const OWN = '__attribute__((noipa)) int f(int n) { return n * 7 + 3; }\n'
const USER = 'extern int out(long); int g(int n) { return out((long) f + n) + f(n); }\n'
const beside = (distance: number) => USER.replace('(long) f', `(long) f + ${distance}`)

test
  .skipIf(!hasGcc)
  .for<readonly [what: string, after: string, moved: readonly string[], verdicts: readonly string[]]>([
    ['by its name', `extern int f(int);\n${USER}`, ['f'], ['f: gone']],
    ['where another name has moved', `extern int f(int);\n${USER}`, ['h'], ['f: gone', 'g: changed (reaches)']],
    [
      'where it may be missing',
      `extern int f(int) __attribute__((weak));\n${USER}`,
      ['f'],
      ['f: gone', 'g: changed (reaches)'],
    ],
    ['beside its start', `extern int f(int);\n${beside(3)}`, ['f'], ['f: gone', 'g: changed (reaches)']],
    [
      'by another name',
      `extern int h(int);\n${USER.replaceAll(/\bf\b/g, 'h')}`,
      ['h'],
      ['f: gone', 'g: changed (reaches)'],
    ],
  ])(`reached %s${withoutGcc}`, ([, after, moved, verdicts]) => {
  const [a, b] = [compile(OWN + USER, FLAGS), compile(after, FLAGS)]
  const before = pieceMap(readElf<'original'>(a), { loader: PROCESS })
  const correlation = correlate(before, pieceMap(readElf<'patched'>(b), { loader: PROCESS }))
  expect(verdictLines(compareUnit(correlation, undefined, new Set(moved))).toSorted()).toEqual(verdicts)
})
