/** A kernel's source in miniature, with one source that the configuration has and two that it leaves out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { missingFor } from '../../../tests/support/missing.ts'
import { InputError } from '../../base/errors.ts'
import { createPool, openBase, quiet } from '../../trees/index.ts'
import { whyUncompiled } from './unconfigured.ts'

const without = missingFor('gcc', 'make', 'find', 'grep')
const work = mkdtempSync(join(tmpdir(), 'hotsplice-unconfigured-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const run = { pool: createPool(2), progress: quiet, signal: undefined }
const compile = (name: string) =>
  `gcc -D__KERNEL__ -c -o fs/${name}.o fs/${name}.c ; scripts/basic/fixdep fs/.${name}.o.d > fs/.${name}.o.cmd`
const record = (path: string) => `cmd_${path}.s := gcc -S -o ${path}.s ${path}.c\n`
const FILES = {
  Kbuild: '',
  Makefile: ['has', 'lacks', 'broken']
    .map(name => `fs/${name}.o: FORCE\n\t${compile(name)}\n`)
    .concat(`.: FORCE\n\t${compile('has')}\n\t${compile('broken')}\nFORCE:\nprepare:\n`)
    .join(''),
  'scripts/Makefile.build': '',
  'kernel/livepatch/core.c': '',
  'kernel/.bounds.s.cmd': record('kernel/bounds'),
  'arch/x86/kernel/.asm-offsets.s.cmd': record('arch/x86/kernel/asm-offsets'),
  'include/generated/autoconf.h': '',
  'include/generated/utsrelease.h': '',
  'include/config/auto.conf': ['X86_64', 'LIVEPATCH', 'MODVERSIONS', 'UNWINDER_ORC', 'CC_IS_GCC']
    .map(name => `CONFIG_${name}=y\n`)
    .join(''),
  'fs/has.c': 'int has;\n',
  'fs/lacks.c': '#error "is not configured"\n',
  'fs/broken.c': '#error "is configured all the same"\n',
}

const failure = new InputError('build/compile-failed', 'it does not compile')

/** The code of what is said where a patch of this source does not compile. */
async function said(source: string): Promise<unknown> {
  const base = await openBase({ tree: work, target: 'linux', cacheFolder: join(work, 'cache') }, run)
  const dependents = await base.dependents(new Set([source]), run)
  const affected = dependents.map(each => ({ ...each, kind: 'changed' as const }))
  const nothing = { refusals: [], notices: [], generated: new Map(), renamed: new Map() }
  return whyUncompiled({ ...base, run }, { affected, ...nothing }, failure)
}

describe.skipIf(without !== '')(`a source of a kernel that does not compile${without}`, () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(work, path)), { recursive: true })
    writeFileSync(join(work, path), text)
  }

  it('may be one that the configuration leaves out', async () => {
    expect(await said('fs/lacks.c')).toMatchObject({ code: 'linux/not-configured' })
  })

  it.each(['fs/has.c', 'fs/broken.c'])('is what it is said to be, where the configuration has it: %s', async source => {
    expect(await said(source)).toBe(failure)
  })
})
