/** Linker scripts are preprocessed from sources too: a header that changes one changes the layout of the image. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tryCompile } from '../compile.ts'
import { readText } from '../layout.ts'
import type { BuildRefusal, Tree, Unit } from '../model.ts'
import type { Overlay } from '../overlay.ts'
import type { Scripts } from '../tree-kind.ts'
import { shellWords } from '../words.ts'
import { readCommand } from './command-file.ts'
import { preprocessedFrom } from './generated/recipes.ts'
import { commandFile } from './generated/replay.ts'

/** Refuses what changes the text that the linker saw. */
export async function changedScripts(tree: Tree, touched: ReadonlySet<string>, overlay: Overlay): Promise<Scripts> {
  const refusals: BuildRefusal[] = []
  const read = new Set<string>()
  for (const target of scriptsOf(tree)) {
    const reads = preprocessedFrom(tree, target).filter(path => touched.has(path))
    const unit = asUnit(tree, target)
    if (unit === undefined || reads.length === 0) continue
    for (const path of reads) read.add(path)
    const results = await tryCompile(
      tree,
      [
        { unit, overlay: new Map(), label: 'original' },
        { unit, overlay, label: 'patched' },
      ],
      'preprocessed',
    )
    const [before, after] = results.map(({ done }) => done?.object)
    if (before !== undefined && after !== undefined && Buffer.compare(before, after) === 0) continue
    refusals.push({
      code: 'linker-script',
      file: `${target}.S`,
      text: `the linker script ${target} changes with ${reads.join(', ')}; it lays out the image that is running already`,
      hint: 'leave this change out of the patch; what moves in the image cannot be hotpatched',
    })
  }
  return { refusals, read }
}

/** Of every machine's folder where it is not known which the tree was built for. */
function scriptsOf(tree: Tree): readonly string[] {
  const arch = archOf(tree)
  const folders = arch === undefined ? foldersIn(join(tree.layout.buildFolder, 'arch')) : [arch]
  return folders.flatMap(folder => ['xen.lds', 'efi.lds'].map(name => `arch/${folder}/${name}`))
}

function foldersIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

/** The folder below arch/ that the tree was built for; undefined where none of its units lies there. */
export function archOf(tree: Tree): string | undefined {
  return tree.units.find(each => each.role === 'linked' && each.unit.startsWith('arch/'))?.unit.split('/')[1]
}

function asUnit(tree: Tree, target: string): Unit | undefined {
  const command = shellWords(readCommand(readText(commandFile(tree, target)) ?? '')?.command ?? '')
  if (command === undefined || command.length === 0) return undefined
  return {
    unit: target,
    source: `${target}.S`,
    command,
    folder: tree.layout.buildFolder,
    dependencies: preprocessedFrom(tree, target),
    language: 'assembly',
    role: 'embedded',
    object: undefined,
    original: 'compiled',
    objcopy: [],
  }
}
