/**
 * New texts of generated headers under a patch. What a recorded command makes from patched texts counts only if the same
 * command makes the tree's own header from the tree's own texts; otherwise the change is refused by name.
 */
import { join } from 'node:path'
import { toAbsolute, toBase } from '../../layout.ts'
import type { BuildRefusal, Tree } from '../../model.ts'
import type { Overlay } from '../../overlay.ts'
import type { Generated } from '../../tree-kind.ts'
import { offsetsUnder } from './asm-offsets.ts'
import { type Task, tasksFor } from './recipes.ts'
import { replay } from './replay.ts'

export async function generatedUnder(tree: Tree, touched: ReadonlySet<string>, overlay: Overlay): Promise<Generated> {
  const texts = new Map<string, string>()
  const refusals: BuildRefusal[] = []
  const read = new Set<string>()
  const tasks = tasksFor(tree, touched)
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    for (const path of task.reads) read.add(toBase(tree.layout, toAbsolute(tree.layout, path)))
    const made = await makeAgain(tree, task, new Map([...overlay, ...texts]))
    if ('code' in made) {
      refusals.push(made)
      continue
    }
    for (const [target, text] of made) texts.set(baseOf(tree, target), text)
    tasks.unshift(...(task.next?.(new Set(made.keys())) ?? []))
  }
  const offsets = await offsetsUnder(tree, new Set([...touched, ...texts.keys()]), new Map([...overlay, ...texts]))
  if (offsets.kind === 'changed') texts.set(offsets.header, offsets.text)
  if (offsets.kind === 'unknown') refusals.push(refuse(offsets.header, offsets.why))
  if (offsets.kind !== 'unconcerned') for (const path of touched) if (path.endsWith('/asm-offsets.c')) read.add(path)
  return { texts, refusals, read }
}

/** The texts of a task that are not what the tree has, by target. */
async function makeAgain(tree: Tree, task: Task, overlay: Overlay): Promise<Map<string, string> | BuildRefusal> {
  const after = await replay(tree, task, overlay)
  if (after.texts === undefined) return refuse(task.name, after.failed)
  const changed = new Map(
    [...task.finish(after.texts)].filter(([target, text]) => text !== tree.reader.read(baseOf(tree, target))),
  )
  if (changed.size === 0) return changed
  const before = await replay(tree, task, new Map())
  if (before.texts === undefined) return refuse(task.name, before.failed)
  for (const [target, text] of task.finish(before.texts)) {
    if (text === tree.reader.read(baseOf(tree, target))) continue
    return refuse(task.name, `made again from the tree's own texts, ${target} is not what the tree has`)
  }
  return changed
}

function baseOf(tree: Tree, target: string): string {
  return toBase(tree.layout, join(tree.layout.buildFolder, target))
}

function refuse(header: string, why: string): BuildRefusal {
  return {
    code: 'generated-header',
    file: header,
    text: `the patch touches what ${header} is generated from, and its new text cannot be made for certain: ${why}`,
    hint: 'leave the change of the generated interface out of this patch, or build the tree again as it was built and try once more',
  }
}
