import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingFor } from '../../../tests/support/missing.ts'
import { Includes } from './includes.ts'

const FILES: Readonly<Record<string, string>> = {
  'fs/a.c': '#include <linux/one.h>\n#include "own.h"\n',
  'fs/own.h': '# include "deep/own.h"\n#include /* so */ <linux/slow.h>\n',
  'fs/deep/own.h': '#ifdef CONFIG_NONE\n#include <linux/never.h>\n#endif\n#inc\\\nlude <linux/late.h>\n',
  'fs/traced.c': '#define CREATE_TRACE_POINTS\n#include <trace/events/a.h>\n',
  'fs/tracing.c': '#include <trace/events/a.h>\n',
  'fs/open.c': '#define WHICH <linux/late.h>\n#include WHICH\n',
  'fs/missing.c': '#ifdef NO\n#include "generated-later.h"\n#endif\n',
  'include/linux/kconfig.h': '',
  'include/linux/one.h': '#pragma once\n#include <asm/one.h>\n#include <linux/one.h>\n',
  'include/linux/late.h': '',
  'include/linux/never.h': '',
  'include/linux/slow.h': '',
  'arch/x86/include/asm/one.h': '#pragma once\n#include_next <asm/one.h>\n',
  'include/asm/one.h': '',
  'include/trace/events/a.h': '#include <linux/late.h>\n#include <trace/define_trace.h>\n',
  'include/trace/define_trace.h':
    '#ifdef CREATE_TRACE_POINTS\n#undef CREATE_TRACE_POINTS\n#include <trace/stages.h>\n#endif\n',
  'include/trace/stages.h': '',
}
const COMMAND = ['gcc', '-nostdinc', '-I./arch/x86/include', '-I', './include', '-include', './include/linux/kconfig.h']
const KCONFIG = 'include/linux/kconfig.h'
const HEADERS = ['include/linux/one.h', 'arch/x86/include/asm/one.h', 'include/asm/one.h']

describe('what a unit may read', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-includes-'))
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const of = (source: string) => new Includes(folder).of(source, COMMAND)

  it.each([
    [
      'fs/a.c',
      [
        ...HEADERS,
        'fs/own.h',
        'fs/deep/own.h',
        'include/linux/slow.h',
        'include/linux/never.h',
        'include/linux/late.h',
      ],
    ],
    ['fs/tracing.c', ['include/trace/events/a.h', 'include/linux/late.h', 'include/trace/define_trace.h']],
    [
      'fs/traced.c',
      ['include/trace/events/a.h', 'include/linux/late.h', 'include/trace/define_trace.h', 'include/trace/stages.h'],
    ],
    ['fs/open.c', []],
    ['fs/missing.c', []],
  ])('%s', (source, headers) => {
    const { files, open } = of(source)
    expect([...files].sort()).toEqual([source, KCONFIG, ...headers].sort())
    expect(open).toBe(source === 'fs/open.c')
  })

  const missing = missingFor('gcc')
  it.skipIf(missing !== '')(`is never less than what a compiler reads ${missing}`, () => {
    for (const source of Object.keys(FILES).filter(path => path.endsWith('.c') && path !== 'fs/open.c')) {
      const [, ...words] = COMMAND
      const rule = execFileSync('gcc', [...words, '-M', source], { cwd: folder, encoding: 'utf8' })
      const reads = rule.replaceAll('\\\n', ' ').trim().split(/\s+/).slice(1)
      expect(of(source).files).toEqual(expect.arrayContaining(reads.map(path => normalize(path))))
    }
  })
})
