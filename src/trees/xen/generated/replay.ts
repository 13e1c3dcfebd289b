/**
 * Runs commands that the tree's build recorded again, in a private copy of the few files they read, so that a generated
 * header can be made from patched texts. Copies, not links: some of these commands write through a name that exists.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inPrivatePlace } from '../../../system/private-place.ts'
import { readText, toAbsolute } from '../../layout.ts'
import type { Tree } from '../../model.ts'
import type { Overlay } from '../../overlay.ts'
import { guardOf } from '../../read-only.ts'
import { run } from '../../run.ts'
import { calledIn } from '../../toolchain.ts'
import { readCommand } from '../command-file.ts'

/** One target below the build folder, and the shell's words that make it; undefined where nobody recorded them. */
export interface Step {
  readonly target: string
  readonly command: string | undefined
}

export interface Recipe {
  /** In the order in which they are made. */
  readonly steps: readonly Step[]
  /** What the chain reads, relative to `base` or absolute; missing files are left out. */
  readonly reads: readonly string[]
  /** What is wanted of it: targets below the build folder. */
  readonly wanted: readonly string[]
}

export type Replayed =
  | { readonly texts: ReadonlyMap<string, string>; readonly failed?: undefined }
  | { readonly failed: string; readonly texts?: undefined }

/** The file in which the build recorded how a target was made. */
export function commandFile(tree: Tree, target: string): string {
  return join(tree.layout.buildFolder, dirname(target), `.${target.slice(target.lastIndexOf('/') + 1)}.cmd`)
}

/** A target as the build made it. */
export function recordedStep(tree: Tree, target: string): Step {
  return { target, command: readCommand(readText(commandFile(tree, target)) ?? '')?.command }
}

export async function replay(tree: Tree, recipe: Recipe, overlay: Overlay): Promise<Replayed> {
  return inPrivatePlace(tree.cacheFolder, async root => {
    const { toolchain } = tree
    const folder = root + tree.layout.buildFolder
    mkdirSync(folder, { recursive: true })
    const python = /^\S*python[\d.]*$/.exec(recordedStep(tree, 'include/compat/xen.c').command?.split(' ')[0] ?? '')
    // Scripts of the build run one another by this name.
    const environment = { PYTHON: python?.[0] ?? 'python3' }
    copyIn(tree, { root, reads: recipe.reads, overlay })
    for (const { target, command: recorded } of recipe.steps) {
      if (recorded === undefined) return { failed: `the build did not record how it made ${target}` }
      const { sourceFolder } = tree.layout
      const spelled = calledIn(toolchain, sourceFolder)
      const command = recorded.replaceAll(`${spelled}/`, `${calledIn(toolchain, root)}${sourceFolder}/`)
      mkdirSync(join(folder, dirname(target)), { recursive: true })
      const { signal } = tree.run
      const settings = { folder, scratch: root, environment, signal, guard: await guardOf(tree), toolchain }
      const result = await tree.run.pool.use(tree.run, () => run(['/bin/sh', '-e', '-c', command], settings))
      if (result.exit !== 0) return { failed: `${target}: ${result.errors.replaceAll(root, '').trim()}` }
    }
    const texts = new Map<string, string>()
    for (const target of recipe.wanted) {
      const text = readText(join(folder, target))
      if (text === undefined) return { failed: `${target} was not made` }
      texts.set(target, text)
    }
    return { texts }
  })
}

function copyIn(
  tree: Tree,
  { root, reads, overlay }: { root: string; reads: readonly string[]; overlay: Overlay },
): void {
  const { layout } = tree
  const replaced = new Map([...overlay].map(([path, text]) => [toAbsolute(layout, path), text]))
  const paths = new Set([...reads.map(path => toAbsolute(layout, path)), ...replaced.keys()])
  for (const path of paths) {
    const text = replaced.get(path)
    if (text === null) continue
    mkdirSync(dirname(root + path), { recursive: true })
    if (text !== undefined) writeFileSync(root + path, text, 'latin1')
    else if (readText(path) !== undefined) copyFileSync(path, root + path)
  }
}
