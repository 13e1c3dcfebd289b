/** docs/schema says what the commands' JSON looks like; tests of the commands hold their JSON against the same schemas. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { schemaTexts } from '../../scripts/schema-texts.ts'

const folder = new URL('../../docs/schema/', import.meta.url)

test.for(schemaTexts())(
  'docs/schema/%s.json is what src/cli/schemas.ts says (`npm run schemas` writes it)',
  ([name, text]) => {
    expect(readFileSync(new URL(`${name}.json`, folder), 'utf8')).toBe(text)
  },
)

test('nothing else is published', () => {
  expect(readdirSync(folder).sort()).toEqual(
    schemaTexts()
      .map(([name]) => `${name}.json`)
      .sort(),
  )
})
