import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { COLOURED, deliver, deliverJson, type Output, say } from './terminal.ts'

function written(isTTY: boolean, write: (output: Output) => unknown): string {
  const parts: Buffer[] = []
  write({ isTTY, write: data => parts.push(Buffer.from(data)) > 0 })
  return Buffer.concat(parts).toString('latin1')
}

describe.for([true, false])('on a terminal: %s', isTTY => {
  test.for(['\u001b[31mred', '\u001b]0;title\u0007', 'a\u009b2J', 'a\u202eb', 'a\rb', 'a\u007f'])(
    'words never act (%j)',
    text => {
      const all = Buffer.from(
        written(isTTY, output => say(output, `${text}\n`)),
        'latin1',
      ).toString('utf8')
      expect(all).toMatch(/^[^\p{Cc}\p{Cf}]+\n$/u)
    },
  )

  test('our own colours stay, and the same bytes of another do not', () => {
    const text = `${COLOURED.bad('error:')} ${COLOURED.strong('\u001b[31mf')} \u001b[32m\n`
    expect(written(isTTY, output => say(output, text))).toBe(
      '\u001b[31merror:\u001b[39m \u001b[1m^[[31mf\u001b[22m ^[[32m\n',
    )
  })

  test('what says that it is ink is not', () => {
    const [mark = ''] = /[0-9a-f]{32}/.exec(COLOURED.good('')) ?? []
    expect(mark).toHaveLength(32)
    expect(written(isTTY, output => say(output, `${'0'.repeat(32)}31m`))).toBe(`${'0'.repeat(32)}31m`)
  })
})

test('data is exact where a program reads it, and shown where a terminal does', () => {
  const bytes = Uint8Array.of(0x61, 0xff, 0x1b, 0x5b, 0xc3, 0xa9, 0x0a)
  expect(written(false, output => deliver(output, bytes))).toBe('a\xff\u001b[\xc3\xa9\n')
  expect(written(true, output => deliver(output, bytes))).toBe('a\xef\xbf\xbd^[[\xc3\xa9\n')
})

test.for(['\u009b', '\u202e', '\u{e0041}', '\u2028', '\u007f', '\u001b'])(
  'JSON on a terminal is the same value (%j)',
  name => {
    const json = `${JSON.stringify({ name })}\n`
    const [terminal, pipe] = [true, false].map(isTTY => written(isTTY, output => deliverJson(output, json)))
    expect(Buffer.from(pipe ?? '', 'latin1').toString('utf8')).toBe(json)
    expect(terminal).toMatch(/^[ -~]*\n$/)
    expect(JSON.parse(terminal ?? '')).toEqual({ name })
  },
)

test('there is no other way out: nothing else writes to standard output or standard error', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(200)
  const writers = files.filter(name =>
    /process\.std(?:out|err)\.write|\bconsole\.(?:log|info|warn|error)\(|writeSync\([12],/.test(
      // Examples in comments are for others' programs.
      readFileSync(`${folder}/${name}`, 'utf8').replace(/^ *\*.*$/gm, ''),
    ),
  )
  expect(writers).toEqual([])
})
