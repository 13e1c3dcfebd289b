/** The public declarations are a committed file: what changes for users is seen in a diff, and no inner type leaks. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { declare } from '../../scripts/api/declared.ts'
import { rollUp } from '../../scripts/api/roll-up.ts'
import { apiTexts } from '../../scripts/api/texts.ts'

test('api/ is what src/ declares', { timeout: 180_000 }, () => {
  for (const [file, text] of apiTexts()) {
    const committed = readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
    expect(
      committed,
      `${file} is behind src/: npm run api writes it anew; commit it, and say in CHANGELOG.md what changed`,
    ).toBe(text)
  }
})

describe('rolling up', () => {
  /** The declarations of `src/face.ts` of a project of such files. */
  function rolled(files: Readonly<Record<string, string>>): string {
    const texts = new Map(Object.entries(files).map(([name, text]) => [`src/${name}.ts`, text]))
    return rollUp(declare(['src/face.ts'], texts), 'src/face.ts', '// Made.')
  }

  test('what is exported, with its comment, by name; no file is needed besides', () => {
    const text = rolled({
      face: "export { go } from './way.ts'\nexport type { Far } from './far.ts'",
      far: '/** The header of the file. */\n/** How far. */\nexport type Far = number\nexport const inner = 1',
      way: "import type { Far } from './far.ts'\n/** Goes. */\nexport function go(far: Far): string {\n  return String(far)\n}",
    })
    expect(text).toBe(
      '// Made.\n\n/** How far. */\nexport type Far = number;\n\n/** Goes. */\nexport declare function go(far: Far): string;\n\nexport {}\n',
    )
  })

  test('names are those by which they are exported', () => {
    const text = rolled({
      face: "export { type Far as HowFar, type Way } from './far.ts'",
      far: 'export interface Far { readonly far: number }\nexport interface Way extends Far { readonly all: readonly Far[] }',
    })
    expect(text).toContain('interface HowFar {')
    expect(text).toContain('interface Way extends HowFar {\n    readonly all: readonly HowFar[];')
  })

  test('what a declaration names and nobody can import is a leak, wherever it stands', () => {
    const ways = [
      'export function one(far: Far): void {}',
      'export const two = () => far()',
      'export interface three { readonly far: Far }',
      'export interface four extends Far {}',
      'export interface five extends Base { readonly far: 5 }\ninterface Base { readonly base: 1 }',
      'export type six = typeof FAR',
      'export type seven = readonly Far[]',
      'export class eight { go(): Far { return far() } }',
      'export function nine<T extends Far>(far: T): void {}',
    ]
    const files = {
      face: "export { one, two, three, type four, five, type six, type seven, eight, nine, fine } from './way.ts'",
      way: `import { FAR, type Far, far } from './far.ts'\n${ways.join('\n')}\nexport const fine = () => far().far`,
      far: 'export interface Far { readonly far: 1 }\nexport const far = (): Far => ({ far: 1 })\nexport const FAR = [1] as const',
    }
    let said = ''
    try {
      rolled(files)
    } catch (error) {
      said = String(error)
    }
    const leaks = [...said.matchAll(/(\w+) mentions (\w+) of src\/(\w+)\.ts/g)].map(([, by, name]) => `${by} ${name}`)
    expect(leaks).toEqual([
      'eight Far',
      'five Base',
      'four Far',
      'nine Far',
      'one Far',
      'seven Far',
      'six FAR',
      'three Far',
      'two Far',
    ])
  })
})
