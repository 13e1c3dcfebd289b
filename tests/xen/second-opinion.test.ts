/** The judge of fixes on their own bases (scripts/series/judge.ts): agrees with a person about cases, and sees what is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judge } from '../../scripts/series/judge.ts'
import { allCases } from './cases/all.ts'
import { buildPayload } from './command.ts'
import { patchText } from './edits.ts'
import { readObject } from './oracle/binutils.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
/** Static locals, a table of constants, one that alternatives change, and a new function with texts. */
const NAMES = ['static-locals', 'switch-table', 'alternative-call', 'new-function']
const cases = allCases.filter(({ name }) => NAMES.includes(name))

describe.skipIf(missing !== '')(`a second opinion ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-judge-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.for(cases)('$name: the payload is right, and damage to it is seen', { timeout: 300_000 }, async one => {
    const tree = xenTree(one.tree ?? 'release')
    const patch = join(folder, `${one.name}.patch`)
    writeFileSync(patch, patchText(xenTree('source'), one.edits), 'latin1')
    const { payload = new Uint8Array(), report } = await buildPayload({ tree, patch, folder, name: one.name })
    const functions = report.functions.map(({ unit, name }) => `${unit} ${name}`)
    const touched = one.edits.map(({ file }) => file)
    const file = join(folder, `${one.name}.livepatch`)
    const ask = (bytes: Uint8Array, told: readonly string[]) => {
      writeFileSync(file, bytes)
      const scratch = join(folder, 'tree')
      return judge({ tree, touched, patches: [patch], payload: file, functions: told, scratch })
    }

    const right = await ask(payload, functions)
    expect(right.must).toEqual([...one.changed, ...(one.added ?? [])].sort())
    expect(right).toMatchObject({ differing: 1, unjudged: [], missing: [], more: [], unlike: [] })

    const [first = ''] = functions
    const wrong = await ask(damaged(file, payload, first), [...functions.slice(1), 'common/domain.o vcpu_pause'])
    expect(wrong).toMatchObject({ missing: [first], more: ['common/domain.o vcpu_pause'] })
    const twisted = await ask(damaged(file, payload, first), functions)
    expect(twisted.unlike).toEqual([expect.stringContaining(`${first}: `)])
  })
})

/** With another first byte of a function that is in it. */
function damaged(file: string, payload: Uint8Array, words: string): Uint8Array {
  const object = readObject(file)
  const own = object.symbols.find(({ name, type }) => type === 'FUNC' && words.endsWith(` ${name.replace(/.*#/, '')}`))
  const section = object.sections.find(({ index }) => index === own?.section)
  if (own === undefined || section === undefined) throw new Error(`the payload has no ${words}`)
  const bytes = Uint8Array.from(payload)
  bytes[section.start + own.value] = 0xcc
  return bytes
}
