/** Everything that the library exports is documented: api/*.d.ts, which another test holds against src/. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ENTRIES } from '../../scripts/api/declared.ts'
import { examplesIn, missingDocs } from '../../scripts/api/docs.ts'

const read = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8')

test.for(ENTRIES)('$name tells all', ({ declarations }) => {
  expect(missingDocs(declarations, read(declarations))).toEqual([])
  expect(examplesIn(declarations, read(declarations)).length).toBeGreaterThan(5)
})

describe('what is missed', () => {
  const EXAMPLE = ' * @example\n * ```ts\n * go()\n * ```\n'
  const about = (...lines: readonly string[]) => `/**\n${lines.map(line => ` * ${line}\n`).join('')}${EXAMPLE} */\n`
  const WHOLE = about('Goes.', '@param far how far', '@returns where', '@throws never')
  const GO = 'export declare function go(far: number): string;'

  test.for<{ text: string; missing: readonly string[] }>([
    { text: WHOLE + GO, missing: [] },
    { text: about('@param far how far', '@returns where', '@throws never') + GO, missing: ['go: a description'] },
    { text: about('Goes.', '@returns where', '@throws never') + GO, missing: ['go: @param far'] },
    { text: about('Goes.', '@param far', '@returns where', '@throws never') + GO, missing: ['go: @param far'] },
    { text: about('Goes.', '@param near how far', '@returns a', '@throws b') + GO, missing: ['go: @param far'] },
    { text: about('Goes.', '@param far how far', '@throws never') + GO, missing: ['go: @returns'] },
    { text: about('Goes.', '@param far how far', '@returns where') + GO, missing: ['go: @throws'] },
    { text: WHOLE.replace(EXAMPLE, '') + GO, missing: ['go: @example with a block of code'] },
    { text: WHOLE.replace('```ts', '') + GO, missing: ['go: @example with a block of code'] },
    {
      text: GO,
      missing: ['a description', '@param far', '@returns', '@throws', '@example'].map(what => `go: ${what}`),
    },
    { text: 'export interface Way {\n}', missing: ['Way: a description'] },
    { text: 'export type Way = 1;', missing: ['Way: a description'] },
    { text: '/** A way. */\nexport interface Way {\n readonly far: number;\n}', missing: [] },
    { text: '/** A way. */\nexport interface Way {\n go(): void;\n}', missing: ['Way.go: a description'] },
    {
      text: '/** Options. */\nexport interface WayOptions {\n readonly far: number;\n}',
      missing: ['WayOptions.far: a description'],
    },
    {
      text: '/** Options. */\nexport interface WayOptions {\n /** How far. */\n readonly far?: number;\n}',
      missing: ['WayOptions.far: @default'],
    },
    { text: `${about('One.')}export declare const ONE = 1;`, missing: [] },
    { text: '/** One. */\nexport declare const ONE = 1;', missing: ['ONE: @example with a block of code'] },
    { text: 'declare const owner: unique symbol;', missing: [] },
    { text: `${about('A class.')}export declare class Way {\n /** Yes. */\n readonly far: number;\n}`, missing: [] },
    {
      text: `${about('A class.')}export declare class Way {\n readonly far: number;\n}`,
      missing: ['Way.far: a description'],
    },
  ])('$text: $missing', ({ text, missing }) => {
    const found = missingDocs('x.d.ts', text).map(({ name, what }) => `${name}: ${what}`)
    expect(found).toEqual(missing.map(each => expect.stringContaining(each)))
  })

  test('an example is the code between its fences, and says what it needs', () => {
    const text =
      '/**\n * Goes.\n *\n * @example needs a road\n * ```ts\n * if (far) {\n *   go(a * b)\n * }\n *\n * go()\n * ```\n */\n'
    expect(examplesIn('x.d.ts', text + GO)).toEqual([
      { name: 'go', needs: 'needs a road', code: 'if (far) {\n  go(a * b)\n}\n\ngo()\n' },
    ])
  })
})
