/** The example of the README in a folder of its own, as a tree with compile_commands.json. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTwoFilesPatch } from 'diff'

const example = fileURLToPath(new URL('../../../examples/demo/', import.meta.url))

export interface Demo {
  readonly folder: string
  /** The tree; payloads and reports go beside it. */
  readonly tree: string
  readonly patch: string
}

export function makeDemo(compiler = 'gcc'): Demo {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  const tree = mkdtempSync(join(folder, 'tree-'))
  copyFileSync(join(example, 'file1.c'), join(tree, 'file1.c'))
  const args = [compiler, '-O2', '-c', 'file1.c', '-o', 'file1.o']
  writeFileSync(
    join(tree, 'compile_commands.json'),
    JSON.stringify([{ directory: tree, file: 'file1.c', arguments: args }]),
  )
  return { folder, tree, patch: join(example, 'fix.patch') }
}

/** A patch of the example's file: each edit replaces one text by another. Returns its path. */
export function patchOf({ folder, tree }: Demo, name: string, ...edits: readonly [from: string, to: string][]): string {
  const before = readFileSync(join(tree, 'file1.c'), 'utf8')
  const after = edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the example has no ${from}`)
    return text.replace(from, to)
  }, before)
  const path = join(folder, `${name}.patch`)
  writeFileSync(path, createTwoFilesPatch('a/file1.c', 'b/file1.c', before, after))
  return path
}
