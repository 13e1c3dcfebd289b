/** What gcc says that a text uses: the same whether pieces are known from other units, or the text is read as a whole. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PRODUCTS } from '../trees/products.ts'
import { lex } from './lexer.ts'
import { tokenText } from './tokens.ts'
import { packUsed, unpackUsed } from './used-names.ts'

/** Headers of the C library, in other orders and under other macros, so that their pieces are alike and not the same. */
const HEADERS = ['stdio', 'stdlib', 'string', 'ctype', 'math', 'signal', 'pthread', 'sys/socket', 'byteswap', 'wchar']
const OWN = 'static inline int twice(int n) { return 2 * n; }\nstatic inline int half(int n) { return n / 2; }\n'
const UNITS = HEADERS.map((_, at) => {
  const named = [...HEADERS.slice(at), ...HEADERS.slice(0, at)].slice(0, 1 + (at % 7))
  const uses = ['EOF', 'twice(NULL != 0)', 'half(1)']
    .slice(0, at % 4)
    .map((use, n) => `int v${n}(void) { return ${use}; }`)
  return [at % 2 ? '#define _GNU_SOURCE' : '', ...named.map(name => `#include <${name}.h>`), OWN, ...uses, ''].join(
    '\n',
  )
})

function preprocessed(text: string, options: readonly string[]): Buffer {
  const { status, stdout } = spawnSync('gcc', [...options, '-O2', '-w', '-x', 'c', '-'], { input: text })
  expect(status).toBe(0)
  return stdout
}

/** Without any line that tells of the text, so that it is one piece. */
function whole(text: Buffer): Buffer {
  return Buffer.from(text.toString('latin1').replace(/^# \d.*\n/gm, ''), 'latin1')
}

/** Where in a line macros are said may differ. */
function tokensOf(text: Buffer): readonly string[] {
  const file = lex(text.toString('latin1').replace(/^# ?(?:\d|define|undef).*\n/gm, ''))
  return Array.from({ length: file.tokens.count }, (_, at) => tokenText(file, at))
}

const MACRO = /^#(?:define|undef) (\w+)/gm

describe.skipIf(!hasGcc)(`units of the same headers${withoutGcc}`, () => {
  test.each(UNITS.map((text, at) => [at, text] as const))('%i', (_, text) => {
    const made = preprocessed(text, PRODUCTS.used.options)
    const [inPieces, asWhole] = [made, whole(made)].map(each => unpackUsed(packUsed(each)))
    expect(inPieces).toEqual(asWhole)
    const said = [...made.toString('latin1').matchAll(MACRO)].map(([, name]) => name)
    expect(said.length).toBeGreaterThan(0)
    expect(inPieces?.macros).toEqual(new Set(said))
    expect(inPieces?.functions.has('twice')).toBe(text.includes('twice(NULL'))
    expect(inPieces?.unused.has('half')).toBe(!text.includes('half(1)'))
  })

  test.each(UNITS.map((text, at) => [at, text] as const))('%i: the same tokens without places', (_, text) => {
    const options = PRODUCTS.used.options
    const all = options.filter(option => !option.startsWith('-ftrack'))
    expect(all.length).toBe(options.length - 1)
    expect(tokensOf(preprocessed(text, options))).toEqual(tokensOf(preprocessed(text, all)))
  })
})
