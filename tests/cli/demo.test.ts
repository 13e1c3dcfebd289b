/** `make demo`, but for its end: the example under every way, side by side. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const script = fileURLToPath(new URL('../../examples/demo/run.sh', import.meta.url))

test.skipIf(!hasGcc)(
  `the demo shows which functions each way takes, why, and what a log line says${withoutGcc}`,
  () => {
    const shown = execFileSync(script, ['as_it_is', 'side_by_side', 'one_log_line'], { encoding: 'utf8' })
    expect(shown).toMatch(/f2 {2}changed: byte 0x11 went from 0xc to 0xe/)
    for (const [way, functions] of Object.entries({ auto: 1, neutral: 1, mask: 1, table: 1, ignore: 2 }))
      expect(shown).toMatch(new RegExp(`^${way} +built +${functions} `, 'm'))
    expect(shown).toContain('recommended: --lines auto: 1 function')
    const lines = [
      ...shown.matchAll(/^--lines (\w+): in .*: (\d) .*\n +logged +(.*): the.*\n +translated +(.*): the/gm),
    ]
    expect(lines.map(([, ...parts]) => parts)).toEqual([
      ['ignore', '2', 'f2: file1.c:14', 'f2: file1.c:14 {=file1.c:14}'],
      ['mask', '1', 'f2: file1.c:12', 'f2: file1.c:12 {=file1.c:14}'],
      ['neutral', '1', 'f2: file1.c:12', 'f2: file1.c:12 {=file1.c:14}'],
      ['auto', '1', 'f2: file1.c:12', 'f2: file1.c:12 {=file1.c:14}'],
    ])
    expect(shown).toContain('f1: file1.c:15 {=file1.c:6}: more than there is')
  },
)
