/** Debug files of payloads, asked by debuggers that nobody here wrote: each address has the name and the line of its function. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { debugTwin } from '../../src/assemble/debug-twin.ts'
import { readElf } from '../../src/elf/index.ts'
import { hasGcc } from '../support/gcc.ts'
import { patchProgram } from '../support/small-program.ts'

const FILES = {
  'a.c': [
    'int shared(int);',
    'static int counter;',
    '__attribute__((noinline)) int before(int x) { return shared(x) + 1; }',
    '__attribute__((noinline)) int first(int x)',
    '{',
    '  counter += x;',
    '  return shared(counter) * 3;',
    '}',
    '__attribute__((noinline)) int between(int x) { return shared(x + 2) * before(x); }',
    '__attribute__((noinline)) int second(int x)',
    '{',
    '  for (int i = 0; i < x; i++)',
    '    counter += shared(i);',
    '  return counter - 5;',
    '}',
    'int main(int argc, char **argv) { return first(argc) + between(argc) + second(argc); }',
    '',
  ].join('\n'),
  'b.c': [
    '__attribute__((noinline)) int other(int x) { return x ^ 21; }',
    '__attribute__((noinline)) int shared(int x)',
    '{',
    '  return other(x) * 7;',
    '}',
    '',
  ].join('\n'),
}
const EDIT = {
  'a.c': FILES['a.c'].replace('* 3;', '* 30;').replace('- 5;', '- 50;'),
  'b.c': FILES['b.c'].replace('* 7;', '* 70;'),
}
/** A line of each changed function that has a call. */
const LINES = { first: 'a.c:7', second: 'a.c:13', shared: 'b.c:4' }

const CALL = 0xe8

const hasTool = (tool: string) => spawnSync(tool, ['--version']).status === 0
let folder = ''
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-twin-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const [version, options] of [
  ['DWARF 5', ['-gdwarf-5']],
  ['DWARF 4', ['-gdwarf-4', '-g3']],
  ['compressed', ['-gz', '-g']],
] as const) {
  describe.skipIf(!hasGcc)(`${version}${hasGcc ? '' : ' (gcc is missing)'}`, () => {
    const file = `twin-${version.replace(' ', '')}.debug`
    /** Of each call in the new functions: function, and its place in .text. */
    let calls: { readonly name: string; readonly offset: number }[] = []

    beforeAll(async () => {
      const command = ['gcc', '-O2', '-fcf-protection=none', ...options]
      const { run, refused, error } = await patchProgram({ files: FILES, command, depends: '11'.repeat(20) }, EDIT)
      expect([error, refused]).toEqual([undefined, []])
      const payload = run?.payload ?? expect.unreachable()
      const bytes = debugTwin(run?.selection ?? expect.unreachable(), payload) ?? expect.unreachable()
      writeFileSync(at(file), bytes)
      writeFileSync(at('payload'), payload.bytes)
      const elf = readElf<'payload'>(payload.bytes)
      const text = elf.sections.find(({ name }) => name === '.text') ?? expect.unreachable()
      const functions = elf.symbols.filter(({ kind, place }) => kind === 'function' && place.in === 'section')
      calls = functions.flatMap(({ name, place, size }) => {
        const start = place.in === 'section' && place.section === text.id ? place.offset : Number.NaN
        const inside = (elf.relocations[text.id] ?? []).find(
          ({ offset }) => text.bytes[offset - 1] === CALL && offset > start && offset < start + size,
        )
        return inside === undefined ? [] : [{ name, offset: inside.offset }]
      })
      expect(calls.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(Object.keys(LINES)))
    })

    test('has the payload’s sections, symbols and build-id, and no content', () => {
      const shown = (name: string) => execFileSync('readelf', ['-nW', at(name)], { encoding: 'utf8' })
      expect(/Build ID: \w+/.exec(shown(file))?.[0]).toBe(/Build ID: \w+/.exec(shown('payload'))?.[0])
      const listed = (name: string) =>
        execFileSync('readelf', ['-SW', at(name)], { encoding: 'utf8' })
          .split('\n')
          .flatMap(line => {
            const [, section, , size, flags] =
              /\] (\S+) +(\S+) +0+ \S+ (\S+) \S+ +([WAXMS]*A[WAXMS]*) /.exec(line) ?? []
            return section === undefined ? [] : [[section, size, flags]]
          })
      expect(listed(file)).toEqual(listed('payload'))
      expect(execFileSync('readelf', ['-SW', at(file)], { encoding: 'utf8' })).toMatch(/\] \.text +NOBITS /)
    })

    test.for([['addr2line'], ['eu-addr2line']] as const)('%s', ([tool], { skip }) => {
      if (!hasTool(tool)) skip(`${tool} is missing`)
      for (const { name, offset } of calls) {
        const words = ['-f', '-e', at(file), '-j', '.text', `0x${offset.toString(16)}`]
        const [called, line] = execFileSync(tool, words, { encoding: 'utf8' }).split('\n')
        expect(called).toBe(name)
        expect(line).toContain(`/${LINES[name as keyof typeof LINES]}`)
      }
    })

    test('gdb', ({ skip }) => {
      if (!hasTool('gdb')) skip('gdb is missing (Debian package gdb)')
      const base = 0x7f0000100000
      const asked = calls.flatMap(({ offset }) => {
        const address = `0x${(base + offset).toString(16)}`
        return ['-ex', `info symbol ${address}`, '-ex', `info line *${address}`]
      })
      const load = `add-symbol-file ${at(file)} -s .text 0x${base.toString(16)}`
      const words = ['-nx', '-batch', '-iex', 'set debuginfod enabled off', '-ex', load, ...asked]
      const { stdout } = spawnSync('gdb', [...words, '-ex', 'info scope second', '-ex', 'info address between'], {
        encoding: 'utf8',
      })
      for (const { name } of calls) {
        expect(stdout).toMatch(new RegExp(`^${name} \\+ \\d+ in section \\.text`, 'm'))
        const [source, line] = LINES[name as keyof typeof LINES].split(':')
        expect(stdout).toMatch(new RegExp(`^Line ${line} of "[^"]*${source}"`, 'm'))
      }
      // Names of variables are kept; what is not in the payload has no address.
      expect(stdout).toMatch(/Symbol i is/)
      expect(stdout).not.toMatch(/between.* is a function at/)
    })
  })
}
