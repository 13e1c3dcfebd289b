/**
 * A kernel's source in miniature, with makefiles and an objtool of our own, and real compiles: prepared, built in its folder,
 * and of a configuration that leaves objtool to the whole kernel.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { missingFor } from '../../../tests/support/missing.ts'
import { compileUnits, createPool, openBase, quiet } from '../index.ts'

const without = missingFor('gcc', 'make', 'objcopy', 'readelf')
const work = mkdtempSync(join(tmpdir(), 'hotsplice-kernel-tree-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const run = { pool: createPool(2), progress: quiet, signal: undefined }
const OPTIONS = ['X86_64', 'LIVEPATCH', 'MODVERSIONS', 'UNWINDER_ORC', 'CC_IS_GCC']
const COMPILE = 'gcc -D__KERNEL__ -O1 -fcf-protection=none -c -o fs/a.o fs/a.c'
const OBJTOOL = './tools/objtool/objtool --orc fs/a.o'
const FIXDEP = "scripts/basic/fixdep fs/.a.o.d fs/a.o 'x' > fs/.a.o.cmd"
const TEXT = 'int number(void) { return 4711; }\nstatic int other = 1;\nint *where(void) { return &other; }\n'

/** Leaves a word in the object, as the real one leaves tables. */
const FAKE_OBJTOOL = `#!/bin/sh
set -e
for last; do :; done
printf '%s' "$*" > "$TMPDIR/words"
objcopy --add-section .told="$TMPDIR/words" "$last"
`

const makefile = (printed: string) =>
  `VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 176\nfs/a.o: FORCE\n\t${printed}\nFORCE:\nprepare:\n`

let made = 0

interface Asked {
  readonly wantsDebug?: boolean
  readonly buildDir?: string
}

interface Made {
  /** What make prints for the unit; nothing where its object is there already. */
  readonly printed?: string
  /** The file beside the object. */
  readonly kept?: string
  readonly more?: Readonly<Record<string, string>>
  readonly options?: readonly string[]
}

function kernelTree({ printed, kept, more = {}, options = OPTIONS }: Made): string {
  const tree = join(work, `tree-${made++}`)
  const files = {
    Kbuild: '',
    Makefile: makefile(printed ?? '@:'),
    'scripts/Makefile.build': '',
    'kernel/livepatch/core.c': '',
    'include/generated/autoconf.h': '',
    'include/generated/utsrelease.h': '',
    'include/config/auto.conf': options.map(name => `CONFIG_${name}=y\n`).join(''),
    'tools/objtool/objtool': FAKE_OBJTOOL,
    'fs/a.c': TEXT,
    ...(kept === undefined ? {} : { 'fs/.a.o.cmd': kept, 'fs/a.o': 'an object' }),
    ...more,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  chmodSync(join(tree, 'tools/objtool/objtool'), 0o755)
  return tree
}

/** The source and the folder of a build of it with O=, whose commands name the source by `spelled` of its folder. */
function apart({ how, spelled }: { readonly how: 'printed' | 'kept'; readonly spelled: (tree: string) => string }) {
  const buildDir = join(work, `built-${made}`)
  const tree = kernelTree({ printed: '' })
  const source = `${spelled(tree)}/fs/a.c`
  const compile = `${COMPILE.slice(0, -'fs/a.c'.length)}-I${tree}/include -include ./include/generated/own.h ${source}`
  const line = `set -e; ${compile} ; ${OBJTOOL}`
  const below = (path: string, text: string) => {
    mkdirSync(dirname(join(buildDir, path)), { recursive: true })
    writeFileSync(join(buildDir, path), text)
  }
  for (const path of ['include', 'tools']) {
    cpSync(join(tree, path), join(buildDir, path), { recursive: true })
    rmSync(join(tree, path), { recursive: true })
  }
  below('include/generated/own.h', '#define OWN 1\n')
  below('Makefile', `# Automatically generated\ninclude ${tree}/Makefile\n`)
  symlinkSync(tree, join(buildDir, 'source'))
  const printed = how === 'printed' ? `${line}; ${FIXDEP}` : '@:'
  writeFileSync(join(tree, 'Makefile'), makefile(printed))
  if (how === 'kept') below('fs/.a.o.cmd', `savedcmd_fs/a.o := ${line.slice('set -e; '.length)}\n`)
  return { tree, buildDir }
}

/** The unit of fs/a.c, and readelf's words on what its patched text is compiled to. */
async function compiled(tree: string, { wantsDebug = false, ...place }: Asked = {}) {
  const base = await openBase({ tree, target: 'linux', cacheFolder: join(work, 'cache'), ...place }, run)
  const [found] = await base.dependents(new Set(['fs/a.c']), run)
  if (found === undefined) throw new Error('no unit')
  const overlay = new Map([['fs/a.c', TEXT.replace('4711', '4712')]])
  const [patched] = await compileUnits({ ...base, run, wantsDebug }, [{ unit: found.unit, overlay, label: 'patched' }])
  const file = join(work, 'patched.o')
  writeFileSync(file, patched?.object ?? '')
  const words = execFileSync('readelf', ['-SW', '-p', '.told', file], { encoding: 'utf8' })
  return { unit: found.unit, words }
}

describe.skipIf(without !== '')(`a unit of a kernel’s source${without}`, () => {
  it('is compiled as make says, each function in a section of its own, and goes through objtool', async () => {
    const tree = kernelTree({ printed: `set -e; ${COMPILE} ; ${OBJTOOL}; ${FIXDEP}` })
    const { unit, words } = await compiled(tree)
    expect(unit).toMatchObject({ unit: 'fs/a.o', source: 'fs/a.c', objcopy: [['./tools/objtool/objtool', '--orc']] })
    expect(words).toMatch(/ \.text\.number /)
    expect(words).toMatch(/--orc \/\S+\.o/)
  })

  it('has debug information only where somebody wants it', async () => {
    const tree = kernelTree({ printed: `set -e; ${COMPILE.replace('-O1', '-O1 -g -gdwarf-5')} ; ${FIXDEP}` })
    expect((await compiled(tree)).words).not.toContain('.debug_info')
    expect((await compiled(tree, { wantsDebug: true })).words).toContain('.debug_info')
  })

  it.each(['cmd', 'savedcmd'])('is known by its own record (%s_) where the tree is built', async key => {
    const tree = kernelTree({ kept: `${key}_fs/a.o := ${COMPILE} ; ${OBJTOOL}\n\nsource_fs/a.o := fs/a.c\n` })
    const { unit, words } = await compiled(tree)
    expect(unit.command).toContain('-fcf-protection=none')
    expect(words).toMatch(/ \.text\.number /)
    expect(words).toMatch(/--orc \/\S+\.o/)
  })

  it.each([
    { how: 'printed', spelled: (tree: string) => tree },
    { how: 'kept', spelled: (tree: string) => tree },
    // What lies in a folder of the build's is named from there.
    { how: 'printed', spelled: (tree: string) => `../${basename(tree)}` },
  ] as const)('is known of a build with O=, as $how', async question => {
    const { tree, buildDir } = apart(question)
    const { unit, words } = await compiled(tree, { buildDir })
    expect(unit).toMatchObject({ unit: 'fs/a.o', source: 'fs/a.c', folder: buildDir })
    expect(words).toMatch(/ \.text\.number /)
    expect(words).toMatch(/--orc \/\S+\.o/)
    await expect(compiled(buildDir)).rejects.toMatchObject({
      hint: `name both: --tree ${tree} --build-dir ${buildDir}`,
    })
    const other = kernelTree({ printed: '' })
    await expect(compiled(other, { buildDir })).rejects.toMatchObject({ code: 'linux/other-build-folder' })
    const base = await openBase({ tree, target: 'linux', cacheFolder: join(work, 'cache'), buildDir }, run)
    writeFileSync(join(tree, 'fs/a.h'), '')
    await expect(base.dependents(new Set(['fs/a.h']), run)).rejects.toMatchObject({
      code: 'linux/header-users-unknown',
    })
  })

  it('goes through objtool by itself where the build leaves that to the whole kernel', async () => {
    const tree = kernelTree({
      printed: `set -e; ${COMPILE} ; ${FIXDEP}`,
      options: [...OPTIONS, 'X86_KERNEL_IBT'],
      more: {
        'scripts/Makefile.lib':
          'objtool := ./tools/objtool/objtool\nobjtool-args = --ibt $(if $(CONFIG_UNWINDER_ORC),--orc) --link\n',
      },
    })
    const { unit, words } = await compiled(tree)
    expect(unit.objcopy).toEqual([['./tools/objtool/objtool', '--ibt', '--orc', '--link']])
    expect(words).toMatch(/--ibt --orc --link \/\S+\.o/)
  })

  it.each([
    ['nobody says how it is compiled', {}, 'linux/no-command'],
    [
      'something unknown is done with the object',
      { printed: `set -e; ${COMPILE} ; strip fs/a.o; ${FIXDEP}` },
      'linux/unknown-step',
    ],
    [
      'another source has it in it',
      { printed: `${COMPILE} ; ${FIXDEP}`, more: { 'fs/b.c': '#include "a.c"\n' } },
      'linux/included-source',
    ],
    ['the configuration lacks something', { options: OPTIONS.slice(1) }, 'linux/unsupported-config'],
  ] as const)('is refused where %s', async (_, tree, code) => {
    await expect(compiled(kernelTree(tree))).rejects.toMatchObject({ code })
  })
})
