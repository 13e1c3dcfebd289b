/** The C units of a built Xen tree with the flags of their real compile, and the preprocessor's word on changed texts. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { shellWords } from '../../src/trees/words.ts'

export interface XenUnit {
  /** The folder that the compile ran in: `xen/` of the tree. */
  readonly folder: string
  /** Below the folder: `common/domain.c`. */
  readonly source: string
  readonly text: string
  /** The compiler and its options, without input, output and dependency files. */
  readonly command: readonly string[]
}

/** Every C source that the build compiled, in the order of their names; each once. */
export function cUnits(tree: string): XenUnit[] {
  const folder = join(tree, 'xen')
  const found = execFileSync('find', ['.', '-name', '.*.o.cmd'], { cwd: folder, encoding: 'utf8' }).trim().split('\n')
  const units = new Map<string, XenUnit>()
  for (const file of found.sort()) {
    const recorded = /^cmd_\S+ := (.*)$/m.exec(readFileSync(join(folder, file), 'latin1'))?.[1] ?? ''
    const words = shellWords(recorded.split(' ; ')[0] ?? '') ?? []
    const source = words[words.indexOf('-c') + 1]
    if (source?.endsWith('.c') !== true) continue
    const text = readFileSync(join(folder, source), 'latin1')
    units.set(source, { folder, source, text, command: optionsOf(words) })
  }
  return [...units.values()]
}

function optionsOf(words: readonly string[]): string[] {
  const taking = new Set(['-MF', '-MQ', '-MT', '-o'])
  return words.filter((word, at) => {
    const before = words[at - 1] ?? ''
    return !['-MMD', '-MD', '-MP', '-c'].includes(word) && !taking.has(word) && !taking.has(before) && before !== '-c'
  })
}

/** The preprocessor's output for a text that stands in the unit's place; undefined where it fails. */
export function preprocess(unit: XenUnit, text: string): string | undefined {
  const [compiler = 'gcc', ...options] = unit.command
  // Read from standard input, so that the tree is never written to; its own folder is where its "…" includes are.
  const beside = join(unit.folder, dirname(unit.source))
  const args = [...options, '-iquote', beside, '-E', '-P', '-x', 'c', '-']
  // One file of Xen includes itself by way of __FILE__.
  const input = Buffer.from(`#line 1 "${unit.source}"\n${text}`, 'latin1')
  const run = spawnSync(compiler, args, { cwd: unit.folder, input, maxBuffer: 1 << 28, encoding: 'latin1' })
  return run.status === 0 ? run.stdout : undefined
}

/** The text with `#line` before every line that `where` names, each giving the line the number it has anyway. */
export function withDirectives(text: string, where: (line: number) => boolean): string {
  const lines = text.split(/(?<=\n)/)
  return lines.map((content, index) => (where(index + 1) ? `#line ${index + 1}\n${content}` : content)).join('')
}

/** Every unit, or evenly spread ones. */
export function sample<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count)
  return items.filter((_, index) => Math.floor(index % step) === 0 && index % step < 1).slice(0, count)
}
