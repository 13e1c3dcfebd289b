/** The lines of code by its debug information, held against what addr2line says of every byte. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { type LineSequence, readLineSequences, rowAt } from '../../src/dwarf/line-rows.ts'
import { readElf } from '../../src/elf/index.ts'
import { hasGcc } from '../support/gcc.ts'

const hasJudge = spawnSync('addr2line', ['--version']).status === 0
const without = !hasGcc ? ' (needs gcc)' : !hasJudge ? ' (needs addr2line)' : ''

const HEADER = 'static inline int twice(int x)\n{\n    return x *\n        2;\n}\n'
const SOURCE = `#include "twice.h"
extern int puts(const char *);
int f(int a, int b)
{
    for (int i = 0; i < b; i++)
        a += twice(a) ^ i;
#line 500
    if (__builtin_expect(a == 7, 0))
        puts("seven");
#line 9
    return a;
}
int g(int a)
{
    return f(a, 2)
        + f(a, 3);
}
int main(int n, char **v)
{
    return g(n);
}
`

test.skipIf(without !== '').for([['-O2'], ['-O1', '-ffunction-sections'], ['-O2', '-o', 'program']])(
  `every byte of code, compiled with %s${without}`,
  flags => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-lines-'))
    try {
      writeFileSync(join(folder, 'twice.h'), HEADER)
      writeFileSync(join(folder, 'a.c'), SOURCE)
      const isLinked = flags.includes('program')
      execFileSync('gcc', ['-g', 'a.c', ...flags, ...(isLinked ? [] : ['-c'])], { cwd: folder })
      const file = join(folder, isLinked ? 'program' : 'a.o')
      const object = readElf<'original'>(new Uint8Array(readFileSync(file)))
      const sequences = readLineSequences(object)
      expect(sequences.length).toBeGreaterThan(0)
      for (const sequence of sequences) {
        const section = sequence.section === undefined ? undefined : object.sections[sequence.section]?.name
        expect(ours(sequence)).toEqual(judged(file, sequence, section))
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

const offsetsOf = ({ from, end }: LineSequence) => Array.from({ length: end - from }, (_, index) => from + index)

function ours(sequence: LineSequence): string[] {
  return offsetsOf(sequence).map(offset => {
    const row = rowAt(sequence, offset)
    return `${basename(row?.file ?? '')}:${row?.line}`
  })
}

function judged(file: string, sequence: LineSequence, section: string | undefined): string[] {
  const addresses = offsetsOf(sequence).map(offset => `0x${(sequence.base + BigInt(offset)).toString(16)}`)
  const where = section === undefined ? [] : ['-j', section]
  const said = execFileSync('addr2line', ['-s', '-e', file, ...where, ...addresses], { encoding: 'utf8' })
  return said
    .trimEnd()
    .split('\n')
    .map(line => line.replace(/ \(discriminator \d+\)$/, ''))
}
