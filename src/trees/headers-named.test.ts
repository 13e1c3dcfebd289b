/** What a compiler says beside the headers that it names. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { headersNamed, withoutHeaders } from './headers-named.ts'

test('names go, words stay', () => {
  const said = [
    '. /usr/include/stdio.h',
    '.. ./own dir/a.h',
    'In file included from a.c:1:',
    "./a.h:3:1: error: expected ';'",
    '... is no header',
    '    3 | .. in a source',
    'Multiple include guards may be useful for:',
    './own dir/a.h',
    'a.c: Assembler messages:',
    'a.c:9: Error: no such instruction',
    '',
  ]
  expect(headersNamed(said.join('\n'))).toEqual(['/usr/include/stdio.h', './own dir/a.h', 'is no header'])
  expect(withoutHeaders(said.join('\n'))).toBe([said[2], said[3], said[5], ...said.slice(8)].join('\n'))
})

test('a list of guards alone, at the end', () => {
  expect(withoutHeaders('. a.h\nMultiple include guards may be useful for:\na.h\n')).toBe('')
  expect(withoutHeaders('Multiple include guards may be useful for:\nb.c:1: error: no\n')).toBe('b.c:1: error: no\n')
  expect(withoutHeaders('')).toBe('')
})

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  test.for([
    { what: 'a syntax error', text: '#include <stddef.h>\n#include "own.h"\nint x = ;\n' },
    { what: 'an error in a header', text: '#include <limits.h>\n#include "bad.h"\nint x;\n' },
    { what: 'a warning that is an error', text: '#include "own.h"\nstatic int x;\n' },
    { what: 'assembly', text: '#include "own.h"\n__asm__("nonsense %rax");\n' },
    { what: 'a header that is not there', text: '#include "own.h"\n#include "nowhere.h"\n' },
  ])('$what: the same words with and without names', ({ text }) => {
    const files = { 'own.h': 'int own;\n', 'bad.h': 'int bad(\n' }
    const flags = ['-O2', '-Wall', '-Werror']
    const plain = compileFails(text, files, flags)
    const named = compileFails(text, files, [...flags, '-H'])
    expect(headersNamed(named)).not.toEqual([])
    const same = (words: string) => words.replaceAll(/\/tmp\/cc\w+\.s/g, 'x.s')
    expect(same(withoutHeaders(named))).toBe(same(plain))
  })
})

/** What gcc says of a unit that does not compile, with headers beside it. */
function compileFails(text: string, headers: Readonly<Record<string, string>>, flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    for (const [name, content] of Object.entries({ ...headers, 'a.c': text }))
      writeFileSync(join(folder, name), content)
    const env = { ...process.env, LC_ALL: 'C' }
    const run = spawnSync('gcc', [...flags, '-c', 'a.c', '-o', 'a.o'], { cwd: folder, env, encoding: 'utf8' })
    expect(run.status).toBe(1)
    return run.stderr
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
