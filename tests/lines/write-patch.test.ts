/** The rewritten patch, by patch(1) and git apply: applied to the tree it must give exactly the rewritten texts. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { neutralPatch } from '../../src/flows/neutralize.ts'
import { neutralize } from '../../src/lines/neutral.ts'
import { writePatch } from '../../src/lines/write-patch.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import type { TouchedFile } from '../../src/source/model.ts'
import { PROGRAM_PATHS } from '../../src/trees/compile-commands/paths.ts'
import { edit, edits, files } from './awkward.ts'
import { touched } from './touched.ts'

const seed = Number(process.env.HOTSPLICE_SEED ?? 20261122)
const missing = ['patch', 'git'].filter(tool => spawnSync(tool, ['--version']).status !== 0)
const why = missing.length > 0 ? ` (skipped: needs ${missing.join(', ')})` : ''

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-write-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Tree = Record<string, string | undefined>

function applied(tree: Tree, patch: string, command: readonly string[], paths: readonly string[]): Tree {
  const root = join(folder, 'tree')
  rmSync(root, { recursive: true, force: true })
  for (const [path, text = ''] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, 'latin1')
  }
  const [tool = '', ...args] = command
  const run = spawnSync(tool, args, { cwd: root, input: Buffer.from(patch, 'latin1'), encoding: 'utf8' })
  expect(run.status, run.stdout + run.stderr).toBe(0)
  const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'latin1') : undefined)
  return Object.fromEntries(paths.map(path => [path, read(path)]))
}

const PATCH = ['patch', '-p1', '--fuzz=0', '--force', '--no-backup-if-mismatch']
const GIT = ['git', 'apply', '--whitespace=nowarn']

describe.skipIf(missing.length > 0)(`a written patch${why}`, () => {
  test('of neutral texts gives these texts', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(files, edits, fc.boolean(), (oldText, splices, cut) => {
        const now = edit(oldText, splices)
        const change = touched(oldText, cut ? now.slice(0, -1) : now, 'd/f.c')
        if (change === undefined) return
        const neutral = neutralize(change, { style: 'auto' })
        const patch = writePatch([change], new Map([[neutral.path, neutral]]))
        const tree = { 'd/f.c': oldText }
        if (neutral.text === oldText) expect(patch).toBe('')
        else expect(applied(tree, patch, PATCH, ['d/f.c'])).toEqual({ 'd/f.c': neutral.text })
      }),
      { numRuns: 60, seed },
    )
  })

  test.for([PATCH, GIT])('of new, removed, renamed and oddly named files: %s', command => {
    const tree: Tree = {
      'a.c': 'a\nb\nc\nd\ne\n',
      'gone.c': 'x\n',
      'my file.c': 'y\n',
      'd/\u00e9.c': 'z\n',
      'q"\\\t~.c': 'q\n',
    }
    const entries: [string | undefined, string | undefined, string][] = [
      ['a.c', 'd/b.c', 'a\nb\nC\nd\ne\n'],
      ['gone.c', undefined, ''],
      [undefined, 'd/new.c', 'n'],
      ['my file.c', 'my file.c', 'Y\n'],
      ['d/\u00e9.c', 'd/\u00e9.c', 'Z\r\n'],
      ['q"\\\t~.c', 'q"\\\t~.c', 'Q\n'],
    ]
    const change = entries.map(([oldPath, newPath, newText]): TouchedFile => {
      const lineMap = { toPatched: new Int32Array(1), toOriginal: new Int32Array(1) }
      return {
        oldPath,
        newPath,
        oldText: (oldPath && tree[oldPath]) ?? '',
        newText,
        kind: 'edited',
        hunks: [],
        lineMap,
      }
    })
    const patch = writePatch(change, new Map())
    const paths = ['a.c', 'd/b.c', 'gone.c', 'd/new.c', 'my file.c', 'd/\u00e9.c', 'q"\\\t~.c']
    const expected = {
      'a.c': undefined,
      'gone.c': undefined,
      ...Object.fromEntries(entries.flatMap(([, path, text]) => (path === undefined ? [] : [[path, text]]))),
    }
    expect(applied(tree, patch, command, paths)).toEqual(expected)
    const again = applyPatches([{ name: 'p', text: patch }], { read: path => tree[path] })
    expect(again.files.map(file => [file.oldPath, file.newPath, file.newText]).sort()).toEqual([...entries].sort())
  })

  test.for([PATCH, GIT])(
    'for other builders: odd names, an empty file, a line that looks like a header: %s',
    command => {
      const tree: Tree = { 'my file.c': '-- a\t\nint b;\n', 'd/\u00e9.c': 'int z;\n', 'old.c': 'int o;\n' }
      const texts = { 'my file.c': 'int b;\n', 'd/\u00e9.c': 'int y;\n', 'd/none.c': '', 'new.c': 'int o;\n' }
      const change = Object.entries(texts).map(([newPath, newText]): TouchedFile => {
        const oldPath = newPath === 'new.c' ? 'old.c' : newPath in tree ? newPath : undefined
        const lineMap = { toPatched: new Int32Array(1), toOriginal: new Int32Array(1) }
        return {
          oldPath,
          newPath,
          oldText: (oldPath && tree[oldPath]) ?? '',
          newText,
          kind: 'edited',
          hunks: [],
          lineMap,
        }
      })
      const patch = { name: 'p', text: writePatch(change, new Map()) }
      const reader = { read: (path: string) => tree[path] }
      const { text, files } = neutralPatch([patch], reader, { style: 'directive', paths: PROGRAM_PATHS })
      const neutral = Object.fromEntries(files.map(file => [file.path, file.text]))
      const paths = [...Object.keys(texts), 'old.c']
      expect(applied(tree, text, command, paths)).toEqual({ ...texts, ...neutral, 'old.c': undefined })
    },
  )
})
