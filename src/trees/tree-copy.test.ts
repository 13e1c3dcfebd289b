/** A tree that is made again from its list: the digest is the judge, and nothing is written elsewhere. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packFolder, placedTree, placeFolder } from './tree-copy.ts'
import { treeDigest } from './tree-digest.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-copy-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const at = (path: string) => join(folder, path)

function memory() {
  const contents = new Map<string, Uint8Array>()
  const put = async (content: Uint8Array) => {
    const digest = createHash('sha256').update(content).digest('hex')
    contents.set(digest, content)
    return digest
  }
  return { contents, put, get: async (digest: string) => contents.get(digest) }
}

function makeTree(): void {
  for (const path of ['tree/.git/objects', 'tree/empty', 'tree/sub/deep']) mkdirSync(at(path), { recursive: true })
  writeFileSync(at('tree/.git/kept.h'), 'kept')
  writeFileSync(at('tree/.git/objects/other'), 'other')
  symlinkSync('.git/kept.h', at('tree/kept.h'))
  symlinkSync('sub/deep', at('tree/short'))
  symlinkSync('nowhere', at('tree/broken'))
  writeFileSync(at('tree/sub/deep/a.c'), 'int a;\n')
  writeFileSync(at('tree/run'), '#!/bin/sh\n')
  chmodSync(at('tree/run'), 0o755)
  utimesSync(at('tree/sub/deep/a.c'), 1_000_000_000.5, 1_000_000_000.5)
}

const digest = (tree: string) => treeDigest({ tree: at(tree) }, undefined)

test('what is made from the list is the tree, with times and modes, without what nobody reads', async () => {
  makeTree()
  const { put, get } = memory()
  const list = Buffer.from(await packFolder(at('tree'), put))
  const tree = await digest('tree')
  await placeFolder({ list, path: at('copy'), tree, get })
  expect(await digest('copy')).toBe(tree)
  expect(statSync(at('copy/sub/deep/a.c')).mtimeMs).toBe(1_000_000_000_500)
  expect(statSync(at('copy/run')).mode & 0o111).toBe(0o111)
  expect(readdirSync(at('copy/.git'))).toEqual(['kept.h'])
  expect(placedTree(at('copy'))).toBe(tree)
  // Whoever put it there may do so again; a folder of somebody's own is not taken away.
  await placeFolder({ list: Buffer.from('[]'), path: at('copy'), tree: 'later', get })
  expect([readdirSync(at('copy')), placedTree(at('copy'))]).toEqual([[], 'later'])
  expect(placedTree(at('tree'))).toBeUndefined()
  await expect(placeFolder({ list, path: at('tree'), tree, get })).rejects.toThrow(/ENOTEMPTY|EEXIST/)
  expect(await digest('tree')).toBe(tree)
})

test('what the store has not all of is not there at all', async () => {
  makeTree()
  const { put, get, contents } = memory()
  const list = Buffer.from(await packFolder(at('tree'), put))
  contents.delete(createHash('sha256').update('int a;\n').digest('hex'))
  await expect(placeFolder({ list, path: at('copy'), tree: 't', get })).rejects.toMatchObject({
    code: 'fleet/not-in-store',
  })
  expect(readdirSync(folder)).toEqual(['tree'])
})

test.for([
  { what: 'a name that leads out', entries: [{ kind: 'file', name: '../out', mode: 0o644, time: 0, sha256: 'x' }] },
  {
    what: 'a file behind a link that leads out',
    entries: [
      { kind: 'link', name: 'out', to: '..' },
      { kind: 'file', name: 'out/out', mode: 0o644, time: 0, sha256: 'x' },
    ],
  },
])('$what writes nothing elsewhere', async ({ entries }) => {
  const get = async () => Buffer.from('x')
  await expect(
    placeFolder({ list: Buffer.from(JSON.stringify(entries)), path: at('copy'), tree: 't', get }),
  ).rejects.toThrow()
  expect(existsSync(at('out'))).toBe(false)
})
