/**
 * Our patch application against the real patch(1): random files, random edits, a random drift of the tree the patch is
 * then applied to. Text, success or failure, and every offset must be equal. HOTSPLICE_PATCH_RUNS sets how many.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import { overlayOf } from '../../src/trees/index.ts'

const runs = Number(process.env.HOTSPLICE_PATCH_RUNS ?? 50)
const seed = Number(process.env.HOTSPLICE_SEED ?? 20261122)
const missing = ['patch', 'diff', 'git'].filter(tool => spawnSync(tool, ['--version']).status !== 0)
const why = missing.length > 0 ? ` (skipped: needs ${missing.join(', ')})` : ''

type Tree = Readonly<Record<string, string>>
interface Outcome {
  /** Undefined where a hunk or file failed. */
  readonly tree: Tree | undefined
  readonly offsets: readonly number[]
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-patch-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const line = fc.constantFrom(
  'a\n',
  'b\n',
  'c\n',
  '{\n',
  '}\n',
  '\n',
  '-- x\n',
  '++ y\n',
  '\tt\n',
  'dos\r\n',
  '# p\n',
  '\\ z\n',
)
const content = fc.tuple(fc.array(line, { maxLength: 24 }), fc.boolean()).map(([lines, cut]) => {
  const text = lines.join('')
  return cut && text.endsWith('\n') && !text.endsWith('\n\n') && text.length > 1 ? text.slice(0, -1) : text
})
/** Splices applied one after the other: where (0 to 1), how many lines go, which come. */
const edits = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), fc.array(line, { maxLength: 4 })),
  { maxLength: 4 },
)
type Edits = [number, number, string[]][]

function edit(text: string, splices: Edits): string {
  const lines = text.split(/(?<=\n)/).filter(part => part !== '')
  for (const [where, removed, added] of splices) lines.splice(Math.floor(where * (lines.length + 1)), removed, ...added)
  return lines.map((part, index) => (index < lines.length - 1 && !part.endsWith('\n') ? `${part}\n` : part)).join('')
}

function put(root: string, tree: Tree): void {
  rmSync(root, { recursive: true, force: true })
  mkdirSync(root, { recursive: true })
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, 'latin1')
  }
}

function take(root: string): Tree {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const names = paths.map(entry => join(entry.parentPath, entry.name).slice(root.length + 1)).sort()
  return Object.fromEntries(names.map(name => [name, readFileSync(join(root, name), 'latin1')]))
}

function theirs(tree: Tree, patch: string, fuzz: number): Outcome {
  const root = join(folder, 'theirs')
  put(root, tree)
  const options = ['-p1', `--fuzz=${fuzz}`, '--force', '--no-backup-if-mismatch', '-r', '-']
  const run = spawnSync('patch', options, { cwd: root, input: Buffer.from(patch, 'latin1'), encoding: 'latin1' })
  const offsets = [...run.stdout.matchAll(/succeeded at \d+(?: with fuzz \d+)? \(offset (-?\d+) lines?\)/g)].map(
    found => Number(found[1]),
  )
  return { tree: run.status === 0 ? take(root) : undefined, offsets: run.status === 0 ? offsets : [] }
}

function ours(tree: Tree, patch: string, fuzz: number): Outcome {
  try {
    const change = applyPatches([{ name: 'p', text: patch }], { read: path => tree[path] }, { fuzz })
    const after = new Map(Object.entries(tree))
    for (const [path, text] of overlayOf(change, { generated: new Map(), renamed: new Map() })) {
      if (text === null) after.delete(path)
      else after.set(path, text)
    }
    const offsets = change.files.flatMap(file => file.hunks.map(hunk => hunk.offset)).filter(offset => offset !== 0)
    for (const file of change.files) checkLineMap(file)
    return { tree: Object.fromEntries([...after].sort(([a], [b]) => (a < b ? -1 : 1))), offsets }
  } catch (error) {
    if (error instanceof InputError) return { tree: undefined, offsets: [] }
    throw error
  }
}

/** Lines that are said to be each other's must be equal, in order, and all that changed must be in a hunk. */
function checkLineMap(file: ReturnType<typeof applyPatches>['files'][number]): void {
  const split = (text: string) => text.split(/(?<=\n)/).filter(part => part !== '')
  const [old, now] = [split(file.oldText), split(file.newText)]
  expect(file.lineMap.toPatched.length).toBe(old.length + 1)
  expect(file.lineMap.toOriginal.length).toBe(now.length + 1)
  let last = 0
  for (let at = 1; at <= now.length; at++) {
    const original = file.lineMap.toOriginal[at] ?? 0
    if (original === 0) continue
    expect(original).toBeGreaterThan(last)
    last = original
    expect(file.lineMap.toPatched[original]).toBe(at)
    expect(now[at - 1]?.replace(/\n$/, '')).toBe(old[original - 1]?.replace(/\n$/, ''))
  }
}

function diff(from: Tree, to: Tree, command: readonly string[]): string {
  put(join(folder, 'diff/a'), from)
  put(join(folder, 'diff/b'), to)
  const [tool = '', ...args] = command
  const run = spawnSync(tool, [...args, 'a', 'b'], { cwd: join(folder, 'diff'), encoding: 'latin1' })
  return run.stdout
}

describe.skipIf(missing.length > 0)(`as patch(1) does${why}`, () => {
  test.for([
    { name: 'a plain patch, on the file it was made for or on one that drifted', fuzz: 0 },
    { name: 'likewise with fuzz 2, when asked', fuzz: 2 },
  ])('$name', { timeout: 600_000 }, ({ fuzz }) => {
    fc.assert(
      fc.property(content, edits, edits, fc.nat(4), (text, change, drift, context) => {
        const patch = diff({ 'd/f.c': text }, { 'd/f.c': edit(text, change) }, ['diff', '-rN', `-U${context}`])
        fc.pre(patch !== '')
        const tree = { 'd/f.c': edit(text, drift) }
        expect(ours(tree, patch, fuzz)).toEqual(theirs(tree, patch, fuzz))
      }),
      { numRuns: runs, seed },
    )
  })

  test('a git patch of a tree with new, removed, renamed and copied files', { timeout: 600_000 }, () => {
    const name = fc.constantFrom('x.c', 'y.c', 'd/z.c', 'd/é.c')
    const tree = fc.dictionary(name, content, { maxKeys: 4 })
    fc.assert(
      fc.property(tree, tree, fc.dictionary(name, edits), fc.dictionary(name, edits), (from, extra, change, drift) => {
        const edited = (base: Tree, by: Record<string, Edits>) =>
          Object.fromEntries(Object.entries(base).map(([path, text]) => [path, edit(text, by[path] ?? [])]))
        const kept = Object.fromEntries(Object.entries(from).filter(([path]) => change[path]?.length !== 0))
        const renamed = Object.fromEntries(
          Object.entries(kept).map(([path, text]) => [change[path] ? `new/${path}` : path, text]),
        )
        const to = { ...edited(change['x.c'] === undefined ? kept : renamed, change), ...extra }
        const patch = diff(from, to, [
          'git',
          'diff',
          '--no-index',
          '--no-prefix',
          '-M30',
          '-C30',
          '--find-copies-harder',
        ])
        fc.pre(patch !== '' && !patch.includes('Binary files'))
        const target = edited(from, drift)
        expect(ours(target, patch, 0), patch).toEqual(theirs(target, patch, 0))
      }),
      { numRuns: runs, seed },
    )
  })

  test('the comparison can fail', () => {
    const patch = diff({ f: 'a\nb\nc\n' }, { f: 'a\nB\nc\n' }, ['diff', '-ru'])
    expect(ours({ f: 'a\nb\nc\n' }, patch, 0)).not.toEqual(theirs({ f: 'a\nb\nc\nd\n' }, patch.replace('B', 'C'), 0))
  })
})
