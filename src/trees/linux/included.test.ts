import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { includersOf, misledBy } from './included.ts'
import type { Kept } from './kept.ts'

const kept: Kept = (_, ask) => ask()

const FILES: Readonly<Record<string, string>> = {
  'kernel/sched/rt.c': '',
  'kernel/sched/wait-bit.c': '',
  'kernel/sched/all.c': '#include <linux/sched.h>\n # include "rt.c"\n#include "wait-bit.c" /* last */\n',
  'kernel/other/rt.c': '',
  'kernel/other/whole.h': '#include "rt.c"\n',
  'kernel/far.c': '#include "sched/rt.c"\n',
  'kernel/searched.S': '#include <kernel/sched/rt.c>\n',
  'kernel/waitXbit.c': '',
  'kernel/near.c': '#include "waitXbit.c"\n// #include "rt.c"\n',
  'tools/copy.c': '#include "../kernel/sched/rt.c"\n',
  'arch/arm/copy.c': '#include "../../kernel/sched/rt.c"\n',
  'arch/x86/kernel/copy.c': '#include "../../../kernel/sched/wait-bit.c"\n',
}

describe('what takes a source in', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-included-'))
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    // What a search path finds may be it.
    ['kernel/sched/rt.c', ['kernel/far.c', 'kernel/sched/all.c', 'kernel/searched.S']],
    ['kernel/other/rt.c', ['kernel/other/whole.h', 'kernel/searched.S']],
    ['kernel/sched/wait-bit.c', ['arch/x86/kernel/copy.c', 'kernel/sched/all.c']],
    ['kernel/sched/all.c', []],
  ] as const)('%s: %j', async (source, includers) => {
    expect(await includersOf(source, { folder, sources: folder, scratch: folder, kept })).toEqual(includers)
  })

  it.each([
    ['kernel/other/words.h', []],
    // What lies beside who names it is found first.
    ['fs/sched/rt.c', []],
    ['fs/kernel/sched/rt.c', ['kernel/searched.S']],
    ['kernel/near/waitXbit.c', []],
    ['kernel/waitXbit.h', []],
  ] as const)('%s would be new: %j', async (path, misled) => {
    expect(await misledBy(path, { folder, sources: folder, scratch: folder, kept })).toEqual(misled)
  })

  it('may be what a build with O= has made', async () => {
    const made = mkdtempSync(join(tmpdir(), 'hotsplice-included-'))
    try {
      mkdirSync(join(made, 'kernel/time'), { recursive: true })
      writeFileSync(join(made, 'kernel/time/made.c'), '#include "../sched/all.c"\n')
      const options = { folder: made, sources: folder, scratch: made, kept }
      expect(await includersOf('kernel/sched/all.c', options)).toEqual(['kernel/time/made.c'])
      expect(await includersOf('kernel/other/rt.c', options)).toEqual(['kernel/other/whole.h', 'kernel/searched.S'])
    } finally {
      rmSync(made, { recursive: true })
    }
  })
})
