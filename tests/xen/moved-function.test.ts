/** A function that goes to another file of Xen is the same one to all who call it: replaced at its old place, or refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPayload, named } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { expectRefused } from './expect-refused.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)

/** The file has the function no more: a static one that nobody uses is not compiled. */
const away = (file: string, start: string): Edit => ({
  file,
  find: start,
  put: start.replace(/\w+ (?=\w+\($)/, type => `static ${type}__maybe_unused gone_`),
})

const arrived = `
#include <xen/softirq.h>
void raise_softirq(unsigned int nr)
{
    unsigned int cpu = smp_processor_id();

    if ( nr < NR_SOFTIRQS )
        set_bit(nr, &softirq_pending(cpu));
}
`

interface Row {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly refusals?: readonly string[]
  readonly outcome?: string
}

const ROWS: readonly Row[] = [
  {
    name: 'with another body',
    edits: [away('xen/common/softirq.c', 'void raise_softirq('), { file: 'xen/common/rangeset.c', append: arrived }],
    outcome: 'built',
  },
  {
    name: 'with a static variable of its own',
    edits: [
      away('xen/drivers/char/console.c', 'int __printk_ratelimit('),
      {
        file: 'xen/common/keyhandler.c',
        append:
          '\nint __printk_ratelimit(int ms, int burst)\n{\n    static unsigned long toks = 7;\n\n    toks += ms * burst;\n    return toks % 3;\n}\n',
      },
    ],
    // With one caller less, gcc has something else in the function that prepares the console.
    refusals: ['state-left-behind common/keyhandler.o toks', 'init-code drivers/char/console.o console_init_postirq'],
  },
]

describe.skipIf(missing !== '')(`a function that goes to another file ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-moved-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.for(ROWS)('$name', async ({ edits, refusals, outcome }) => {
    const patch = join(folder, 'fix.patch')
    writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
    const built = await buildPayload({ tree: xenTree('release'), patch, folder })
    if (refusals !== undefined) {
      expectRefused(built, refusals)
      return
    }
    const { report } = built
    expect({ outcome: report.outcome, refusals: report.refusals }).toEqual({ outcome, refusals: [] })
    expect(named(report.functions, 'changed')).toEqual(['common/rangeset.o raise_softirq'])
  })
})
