/**
 * Harmless edits all over Xen's files, made neutral: the compiler must make the very object that it makes of the original.
 * HOTSPLICE_ALL_UNITS=1 compiles every C unit of both configurations.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { neutralize } from '../../src/lines/neutral.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'
import { editHarmlessly } from './awkward.ts'
import { touched } from './touched.ts'
import { cUnits, preprocess, sample, type XenUnit } from './xen-units.ts'

const missing = missingFor(...toBuildXen)
const all = process.env.HOTSPLICE_ALL_UNITS === '1'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-neutral-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Reproducible places: a multiplicative generator, seeded by the file's name. */
function stepsFor(name: string): (readonly [number, string, number])[] {
  let state = [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 2147483647, 7)
  const next = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
  const kinds = ['blank', 'comment', 'split', 'join', 'indent']
  return Array.from({ length: 12 }, () => [
    next(),
    kinds[Math.floor(next() * kinds.length)] ?? 'blank',
    Math.floor(next() * 10),
  ])
}

/** The object without debug information, which names columns and the compile's folder; undefined where gcc refuses. */
function objectOf({ folder: cwd, source, command }: XenUnit, text: string): Buffer | undefined {
  const [compiler = 'gcc', ...options] = command
  const output = join(folder, 'out.o')
  const kept = options.filter(option => option !== '-g')
  const args = [...kept, '-iquote', join(cwd, dirname(source)), '-x', 'c', '-c', '-o', output, '-']
  const input = Buffer.from(`#line 1 "${source}"\n${text}`, 'latin1')
  return spawnSync(compiler, args, { cwd, input }).status === 0 ? readFileSync(output) : undefined
}

/** Whether the preprocessor puts out the same for both texts but for white space and the numbers of lines. */
function isHarmless(unit: XenUnit, edited: string): boolean {
  const [compiler = 'gcc', ...options] = unit.command
  const seen = [unit.text, edited].map(text => {
    const args = [
      ...options,
      '-iquote',
      join(unit.folder, dirname(unit.source)),
      '-D__LINE__=0',
      '-Wno-builtin-macro-redefined',
      '-E',
      '-P',
      '-x',
      'c',
      '-',
    ]
    const input = Buffer.from(`#line 1 "${unit.source}"\n${text}`, 'latin1')
    return spawnSync(compiler, args, {
      cwd: unit.folder,
      input,
      maxBuffer: 1 << 28,
      encoding: 'latin1',
    }).stdout.replace(/\s+/g, ' ')
  })
  return seen[0] === seen[1]
}

describe.skipIf(missing !== '')(`harmless edits of Xen's files${missing && ` (${missing})`}`, () => {
  test.for(['release', 'debug'] as const)(
    '%s: neutral gives the original object',
    { timeout: 3_600_000 },
    configuration => {
      const every = cUnits(xenTree(configuration))
      const units = all ? every : sample(every, 5)
      let [compared, naive, unsafe] = [0, 0, 0]
      const different: string[] = []
      for (const unit of units) {
        const edited = editHarmlessly(unit.text, stepsFor(unit.source))
        const file = touched(unit.text, edited, unit.source)
        if (file === undefined || !isHarmless(unit, edited)) continue
        const [original, naively] = [objectOf(unit, unit.text), objectOf(unit, edited)]
        // Split strings are white space to the comparison above, and errors to the compiler.
        if (original === undefined || naively === undefined) continue
        const neutral = neutralize(file, { style: 'auto' })
        compared++
        if (neutral.unsafe.length > 0) unsafe++
        else if (objectOf(unit, neutral.text)?.equals(original) !== true) different.push(unit.source)
        if (!naively.equals(original)) naive++
      }
      if (all)
        console.log(
          `${configuration}: ${compared} units, ${naive} differ without rewriting, ${unsafe} with unsafe lines`,
        )
      expect(different).toEqual([])
      expect(compared).toBeGreaterThan(units.length / 2)
      expect(naive).toBeGreaterThan(0)
      expect(unsafe).toBeLessThanOrEqual(compared / 10)
    },
  )

  test('a line added to the macro of invoke_stub(), which holds __LINE__', { timeout: 120_000 }, () => {
    const unit = cUnits(xenTree('release')).find(({ source }) => source === 'arch/x86/x86_emulate.c')
    if (unit === undefined) throw new Error('no x86_emulate.c in this tree')
    const name = 'x86_emulate/x86_emulate.c'
    const text = readFileSync(join(unit.folder, 'arch/x86', name), 'latin1')
    /** The unit's tokens, line numbers included, with another text in the file that it includes. */
    const tokensWith = (included: string) => {
      mkdirSync(join(folder, 'x86_emulate'), { recursive: true })
      writeFileSync(join(folder, name), included, 'latin1')
      const [compiler = 'gcc', ...options] = unit.command
      return preprocess({ ...unit, command: [compiler, '-iquote', folder, ...options] }, unit.text)?.replace(
        /\s+/g,
        ' ',
      )
    }
    const edited = text.replace(/(define invoke_stub\(.*\n(?:.*\\\n)*?.*\.popsection.*\n)/, '$1 "added" \\\n')
    const file = touched(text, edited, name)
    if (file === undefined) throw new Error('invoke_stub() looks different here')
    const neutral = neutralize(file, { style: 'auto' })
    expect(neutral).toMatchObject({ unsafe: [], reformatted: [], insertions: [{ because: 'keep-number' }] })

    const blind = edited.replace(' "added" \\\n', ' "added" \\\n#line 7\n')
    expect(tokensWith(blind), 'a directive directly behind the edit').toBeUndefined()
    const original = tokensWith(text)
    expect(original).toMatch(/stub_exn\.line = \d{4};/)
    expect(tokensWith(neutral.text)).toContain('"added"')
    expect(tokensWith(neutral.text)?.replaceAll(' "added"', '')).toBe(original)
    expect(tokensWith(edited)?.replaceAll(' "added"', '')).not.toBe(original)
  })
})
