/** What compile_commands.json may hold besides plain entries, and what response files in it add. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCompileCommands } from './read.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-commands-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entry = (more: object) => ({ directory: '.', file: 'a.c', arguments: ['gcc', '-c', 'a.c'], ...more })
const read = (bytes: Uint8Array) => readCompileCommands(bytes, join(folder, 'compile_commands.json'))
const asBytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const wordsOf = (...words: string[]) => read(asBytes([entry({ arguments: words })]))[0]?.words

describe('names', () => {
  test('are UTF-8', () => {
    const [found] = read(asBytes([entry({ file: 'é/ß.c', arguments: ['gcc', '-DX="é"', '-c', 'é/ß.c', '-o', 'é.o'] })]))
    expect(found).toMatchObject({ source: join(folder, 'é/ß.c'), output: join(folder, 'é.o') })
    expect(found?.words).toContain('-DX="é"')
  })

  test.for([
    { name: 'a folder with a NUL byte', value: entry({ directory: 'x\0y' }), fact: 'a NUL byte in "x\\u0000y"' },
    { name: 'a file with a NUL byte', value: entry({ file: 'a\0.c' }), fact: 'a NUL byte' },
    { name: 'a word with a NUL byte', value: entry({ arguments: ['gcc', '-D\0', 'a.c'] }), fact: 'a NUL byte' },
    {
      name: 'a command with a NUL byte',
      value: { directory: '.', file: 'a.c', command: 'gcc -DX=\0 a.c' },
      fact: 'NUL',
    },
    { name: 'an output with a NUL byte', value: entry({ output: 'a\0.o' }), fact: 'a NUL byte' },
    { name: 'half a character', value: entry({ file: '\ud800.c' }), fact: 'not UTF-8' },
  ])('$name is an error that names the entry', ({ value, fact }) => {
    expect(() => read(asBytes([entry({}), value]))).toThrow(
      expect.objectContaining({ code: 'build/bad-compile-commands' }),
    )
    expect(() => read(asBytes([entry({}), value]))).toThrow(new RegExp(`entry 1: .*${fact.replaceAll('\\', '\\\\')}`))
  })

  test.for(['file', 'directory', 'arguments'])('bytes that are not UTF-8 in %s are an error', field => {
    const bad = { ...entry({}), [field]: field === 'arguments' ? ['gcc', 'XX.c'] : 'XX.c' }
    const bytes = Buffer.from(JSON.stringify([bad]).replace('XX', '\xe9'), 'latin1')
    expect(() => read(bytes)).toThrow(/entry 0: bytes that are not UTF-8/)
  })

  test('of what is not compiled do not count', () => {
    expect(read(asBytes([entry({ file: 'a\0.txt' })]))).toEqual([])
  })
})

describe('response files', () => {
  test.for([
    ['in a list to the assembler', '-Wa,-R,@as.opt', '-Xassembler -R -Xassembler -adhlns=a.lst -Xassembler -W'],
    ['alone to the assembler', '-Xassembler @as.opt', '-Xassembler -adhlns=a.lst -Xassembler -W'],
    ['in a list to the preprocessor', '-Wp,@as.opt', '-Xpreprocessor -adhlns=a.lst -Xpreprocessor -W'],
    ['inside another', '@outer.opt', '-O2 -Xassembler -adhlns=a.lst -Xassembler -W'],
    ['that are not there', '-Wa,@none', '-Xassembler @none'],
  ])('%s are read', ([, given = '', wanted]) => {
    writeFileSync(join(folder, 'as.opt'), '-adhlns=a.lst -W\n')
    writeFileSync(join(folder, 'outer.opt'), '-O2 -Wa,@as.opt')
    expect(wordsOf('gcc', ...given.split(' '), '-c', 'a.c')?.join(' ')).toBe(`gcc ${wanted} -c a.c`)
  })

  test('with a NUL byte are an error that names them', () => {
    writeFileSync(join(folder, 'x.opt'), '-DX=\0')
    expect(() => wordsOf('gcc', '@x.opt', 'a.c')).toThrow(/NUL byte in .*x\.opt/)
  })
})
