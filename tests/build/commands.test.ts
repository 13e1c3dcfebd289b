/** Trees that say how they are compiled by compile_commands.json. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { affectedUnits, buildPairs, originalObject, overlayOf, type Tree } from '../../src/trees/index.ts'
import { missingFor } from '../xen/tree.ts'
import { changeOf, checksums, edit, inFolder, open, writeFiles } from './support.ts'

const missing = missingFor('gcc')

const SOURCES = {
  'src/main.c': '#include "api.h"\nint main(void) { return work(LIMIT) + part(); }\n',
  'src/work.c':
    '#include "../include/api.h"\n#include <stddef.h>\nint work(int x) { return x + LIMIT; }\nconst char *where(void) { return __FILE__; }\n',
  'src/deep/part.c': '#include <api.h>\nint part(void) { return LIMIT; }\n',
  'src/alone.c': 'int alone(void) { return 1; }\n',
  'include/api.h': '#define LIMIT 40\nint work(int);\nint part(void);\n',
  'CMakeLists.txt':
    'project(app C)\nadd_executable(app\n  src/main.c\n  src/work.c\n  src/alone.c\n  src/deep/part.c\n)\n',
}

/** Both forms of entries, relative and absolute folders and files, as CMake, Meson and Bear write them. */
function database(folder: string) {
  const flags = ['-O2', '-g', `-I${folder}/include`]
  return [
    {
      directory: `${folder}/build`,
      file: `${folder}/src/main.c`,
      command: `gcc ${flags.join(' ')} -DNAME='"a b"' -MD -MF x.d -o app.dir/src/main.c.o -c ${folder}/src/main.c`,
    },
    {
      directory: `${folder}/build`,
      file: `${folder}/src/work.c`,
      arguments: ['gcc', ...flags, '-DNAME="a b"', '-o', 'app.dir/src/work.c.o', '-c', `${folder}/src/work.c`],
    },
    {
      directory: `${folder}/build`,
      file: `${folder}/src/alone.c`,
      command: `gcc ${flags.join(' ')} -DNAME='"a b"' -o app.dir/src/alone.c.o -c ${folder}/src/alone.c`,
    },
    {
      directory: '../src/deep',
      file: 'part.c',
      output: 'part.o',
      arguments: ['gcc', '-O2', '-I../../include', 'part.c'],
    },
    { directory: `${folder}/build`, file: `${folder}/src/table.txt`, command: 'sed x' },
  ]
}

async function opened(folder: string, more: Readonly<Record<string, string>> = {}): Promise<Tree> {
  const tree = join(folder, 'tree')
  writeFiles(tree, { ...SOURCES, 'build/compile_commands.json': JSON.stringify(database(tree)), ...more })
  return open(tree, join(folder, 'cache'), { target: 'process', buildDir: join(tree, 'build') })
}

const textOf = (object: Uint8Array | undefined) => Buffer.from(object ?? new Uint8Array()).toString('latin1')
const sectionsOf = (object: Uint8Array | undefined) =>
  readElf(object ?? new Uint8Array()).sections.map(({ name }) => name)

describe.skipIf(missing !== '')(`compile_commands.json (${missing || 'gcc is here'})`, () => {
  test('every entry that compiles is a unit, named by its object', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      expect(tree.facts).toMatchObject({ kind: 'compile-commands', version: undefined, compiler: 'gcc' })
      expect(tree.units.map(({ unit, source }) => [unit, source])).toEqual([
        ['app.dir/src/main.c.o', 'src/main.c'],
        ['app.dir/src/work.c.o', 'src/work.c'],
        ['app.dir/src/alone.c.o', 'src/alone.c'],
        ['src/deep/part.o', 'src/deep/part.c'],
      ])
    }))

  test('the file is found in the tree’s own build folder too', () =>
    inFolder(async folder => {
      await opened(folder)
      const tree = await open(join(folder, 'tree'), join(folder, 'cache'), { target: 'process' })
      expect(tree.units).toHaveLength(4)
    }))

  test('a header concerns what the preprocessor says reads it', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const { affected, refusals } = await affectedUnits(tree, edit(tree, 'include/api.h', '40', '41'))
      expect(affected.map(({ unit }) => unit.source)).toEqual(['src/main.c', 'src/work.c', 'src/deep/part.c'])
      expect(refusals).toEqual([])
      expect((await affectedUnits(tree, edit(tree, 'src/alone.c', '1', '2'))).affected).toHaveLength(1)
    }))

  test('both sides are compiled here with split sections; paths are the user’s; the tree is not written to', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const before = checksums(join(folder, 'tree'))
      const change = edit(tree, 'include/api.h', '40', '0x1234')
      const affected = await affectedUnits(tree, change)
      const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      for (const { original, patched, fileSymbol } of pairs) {
        expect(sectionsOf(original).filter(name => /^\.text\../.test(name)).length).toBeGreaterThan(0)
        expect(sectionsOf(patched)).toEqual(sectionsOf(original))
        expect(textOf(patched)).toContain('\x34\x12')
        expect(textOf(patched)).not.toContain('/private/')
        expect(fileSymbol).toMatch(/^\w+\.c$/)
      }
      expect(textOf(pairs[1]?.patched)).toContain(`${folder}/tree/src/work.c`)
      expect(checksums(join(folder, 'tree'))).toBe(before)
    }))

  test('an original is what the user’s own command gives, plus split sections', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const work = tree.units.find(({ source }) => source === 'src/work.c')
      if (work === undefined) throw new Error('no such unit')
      const ours = await originalObject(tree, work)
      execFileSync('mkdir', ['-p', join(work.folder, 'app.dir/src')])
      const [program = '', ...rest] = work.command
      execFileSync(program, rest, { cwd: work.folder })
      expect(textOf(ours)).toBe(
        execFileSync('cat', [join(work.folder, 'app.dir/src/work.c.o')], { encoding: 'latin1' }),
      )
    }))

  test('a new source that the patched build file names is compiled as its siblings are', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const lists = SOURCES['CMakeLists.txt']
      const change = changeOf(tree, {
        'CMakeLists.txt': lists
          .replace('  src/work.c\n', '  src/work.c\n  src/more.c\n')
          .replace('  src/alone.c\n', ''),
        'src/more.c': '#include "api.h"\nint more(void) { return LIMIT; }\n',
        'src/alone.c': null,
      })
      const { affected, refusals, ...rest } = await affectedUnits(tree, change)
      expect(refusals).toEqual([])
      expect(affected.map(({ unit, kind }) => [unit.unit, kind])).toEqual([
        ['app.dir/src/alone.c.o', 'removed'],
        ['app.dir/src/more.c.o', 'new'],
      ])
      const pairs = await buildPairs(tree, affected, overlayOf(change, rest))
      expect(pairs[1]).toMatchObject({ fileSymbol: 'more.c', original: undefined })
    }))

  test('an edit of how things are compiled is refused, a file that nobody reads is a notice', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const change = changeOf(tree, {
        'CMakeLists.txt': `${SOURCES['CMakeLists.txt']}add_definitions(-DFIX)\n`,
        'notes.txt': 'x',
      })
      const { refusals, notices } = await affectedUnits(tree, change)
      expect(refusals.map(({ code, file }) => [code, file])).toEqual([['makefile-edit', 'CMakeLists.txt']])
      expect(notices.map(({ code }) => code)).toEqual(['not-compiled'])
    }))

  test('what no unit reads is known for what it is, or refused: sources may be made from it', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const texts = Object.fromEntries(
        [
          'README',
          'doc/manual.texi',
          't/issue.t',
          'src/unused.h',
          '.clang-format',
          'src/grammar.y',
          'gen.py',
          'x.h.in',
        ].map(path => [path, 'x']),
      )
      const { refusals, notices } = await affectedUnits(tree, changeOf(tree, texts))
      expect(refusals.map(({ code, file }) => [code, file])).toEqual([
        ['unknown-file', 'src/grammar.y'],
        ['unknown-file', 'gen.py'],
        ['unknown-file', 'x.h.in'],
      ])
      expect(notices.map(({ code }) => code)).toEqual(Array(5).fill('not-compiled'))
    }))

  test('options in a response file are the command’s own, and an edit of that file is one of the build', () =>
    inFolder(async folder => {
      const command = 'gcc @../flags.rsp -c ../src/alone.c -o alone.o'
      const entries = [{ directory: '.', file: '../src/alone.c', command }]
      const files = (flags: string) => ({
        'build/compile_commands.json': JSON.stringify(entries),
        'flags.rsp': '-O1 @more.rsp',
        'build/more.rsp': flags,
      })
      const compiled = async (flags: string) => {
        const tree = await opened(folder, files(flags))
        const [unit] = tree.units
        if (unit === undefined) throw new Error('no unit')
        return { tree, unit, object: textOf(await originalObject(tree, unit)) }
      }
      const { tree, unit, object } = await compiled(`-DNAME='"a b"' -DOTHER=\\"x\\" "-DTHIRD=1 2"\n`)
      expect(unit.command).toEqual(expect.arrayContaining(['-O1', '-DNAME="a b"', '-DOTHER="x"', '-DTHIRD=1 2']))
      expect(unit.command.some(word => word.startsWith('@'))).toBe(false)
      const { refusals } = await affectedUnits(tree, changeOf(tree, { 'flags.rsp': '-O2' }))
      expect(refusals.map(({ code, file }) => [code, file])).toEqual([['makefile-edit', 'flags.rsp']])
      // Other options in the same file are another compile.
      expect((await compiled('-fno-omit-frame-pointer -O0')).object).not.toBe(object)
    }))

  test('link-time optimisation is refused by name', () =>
    inFolder(async folder => {
      const entries = [{ directory: '.', file: '../src/alone.c', command: 'gcc -flto -c ../src/alone.c -o alone.o' }]
      const opening = opened(folder, { 'build/compile_commands.json': JSON.stringify(entries) })
      await expect(opening).rejects.toMatchObject({ code: 'build/unsupported-config' })
    }))

  test('the folder’s own objects are asked which compiler made them', () =>
    inFolder(async folder => {
      const tree = await opened(folder)
      const unit = tree.units[2]
      execFileSync('mkdir', ['-p', join(folder, 'tree/build/app.dir/src')])
      const [program = '', ...rest] = unit?.command ?? []
      const object = join(folder, 'tree/build/app.dir/src/alone.c.o')
      execFileSync(program, rest, { cwd: unit?.folder })
      await expect(opened(folder)).resolves.toBeDefined()
      writeFiles(folder, { comment: '\0GCC: (Other) 99\0' })
      execFileSync('objcopy', ['--update-section', `.comment=${folder}/comment`, object])
      await expect(opened(folder)).rejects.toMatchObject({
        code: 'build/other-compiler',
        message: expect.stringContaining('(Other) 99'),
      })
    }))

  test.for([
    { name: 'is not JSON', text: '[', code: 'build/bad-compile-commands' },
    { name: 'is not a list', text: '{}', code: 'build/bad-compile-commands' },
    { name: 'has an entry without a file', text: '[{"directory":"."}]', code: 'build/bad-compile-commands' },
    {
      name: 'has an entry that needs a shell',
      text: '[{"directory":".","file":"a.c","command":"gcc $(flags) -c a.c"}]',
      code: 'build/bad-compile-commands',
    },
    { name: 'compiles nothing', text: '[]', code: 'build/no-units' },
  ])('a file that $name is $code', ({ text, code }) =>
    inFolder(async folder => {
      await expect(opened(folder, { 'build/compile_commands.json': text })).rejects.toMatchObject({ code })
    }),
  )

  test('a tree with neither is an error that says what is looked for', () =>
    inFolder(async folder => {
      await expect(open(folder, join(folder, 'cache'))).rejects.toMatchObject({
        code: 'build/no-tree',
        hint: expect.stringContaining('compile_commands.json'),
      })
      await expect(open(join(folder, 'nowhere'), folder)).rejects.toMatchObject({ code: 'build/no-tree' })
    }))
})
