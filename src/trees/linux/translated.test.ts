import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkTranslated } from './translated.ts'

const FILES: Readonly<Record<string, string>> = {
  'scripts/gen/.gen.cmd':
    'cmd_scripts/gen/gen := gcc -o scripts/gen/gen scripts/gen/gen.c\n\ndeps_scripts/gen/gen := \\\n  lib/../include/linux/poly.h \\\n',
  'kernel/.bounds.s.cmd':
    'cmd_kernel/bounds.s := gcc -D__KERNEL__ -S -o kernel/bounds.s kernel/bounds.c\n\ndeps_kernel/bounds.s := \\\n  include/linux/plain.h \\\n',
  '..checked-plain.h.cmd': 'cmd_.checked-plain.h := sha1sum include/linux/plain.h\n',
  'lib/reads.c': '#include "table.inc"\n',
  'tools/x/.x.o.cmd': 'cmd_tools/x/x.o := gcc -c x.c\n\ndeps := include/linux/plain.h\n',
}

describe('what gets into the kernel without being compiled', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-translated-'))
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const check = (path: string, built = folder) =>
    checkTranslated([path], { folder: built, sources: folder, scratch: folder, kept: (_, ask) => ask() })

  test.each([
    'arch/x86/entry/syscalls/syscall_64.tbl',
    'arch/x86/lib/x86-opcode-map.txt',
    'crypto/rsapubkey.asn1',
    'fs/proc/Makefile',
    'Makefile',
    'mm/Kconfig',
    'scripts/gen.sh',
    'include/linux/poly.h',
  ])('%s', path => expect(check(path)).rejects.toMatchObject({ code: 'linux/translated-file' }))

  test.each([
    'include/linux/plain.h',
    'kernel/bounds.c',
    'Documentation/x.rst',
    'MAINTAINERS',
    'lib/.gitignore',
    'arch/arm/tools/syscall.tbl',
    'tools/testing/run.sh',
  ])('not %s', path => expect(check(path)).resolves.toBeUndefined())

  test('as a build with O= has recorded it, too', async () => {
    const built = mkdtempSync(join(tmpdir(), 'hotsplice-translated-'))
    try {
      const record = `savedcmd_gen := gcc -o gen ${folder}/gen.c\n\ndeps_gen := \\\n  ${folder}/lib/../include/linux/deep.h \\\n`
      writeFileSync(join(built, '.gen.cmd'), record)
      await expect(check('include/linux/deep.h', built)).rejects.toMatchObject({ code: 'linux/translated-file' })
      await expect(check('include/linux/poly.h', built)).resolves.toBeUndefined()
    } finally {
      rmSync(built, { recursive: true })
    }
  })

  test('nor what sources include', () => expect(check('lib/table.inc')).resolves.toBeUndefined())
})
