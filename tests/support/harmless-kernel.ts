/**
 * Seeded edits that change no code, of the sources of a prepared Linux kernel, of which no list of units is to be had. Whether
 * one is harmless, `gcc -fpreprocessed` says, which takes comments and white space out and looks at nothing else.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { draws, editorsFor } from './harmless.ts'

export interface KernelEdit {
  readonly path: string
  readonly kind: string
  readonly patch: string
}

const EDITORS = editorsFor('\\s')

/**
 * One after the other, for ever; the same for the same seed and tree. Each is of one of the folders' own sources, whichever
 * folder is drawn: a large one does not crowd the others out.
 */
export function* kernelEdits(tree: string, folders: readonly string[], seed: number): Generator<KernelEdit> {
  const draw = draws(seed)
  const files = folders.map(folder =>
    readdirSync(join(tree, folder))
      .filter(file => file.endsWith('.c'))
      .toSorted(),
  )
  const kinds = Object.keys(EDITORS)
  for (;;) {
    const folder = draw(folders.length)
    const path = join(folders[folder] ?? '', files[folder]?.[draw(files[folder].length)] ?? '')
    const kind = kinds[draw(kinds.length)] ?? ''
    const mark = String(draw(1e6))
    const before = readFileSync(join(tree, path), 'latin1')
    const after = EDITORS[kind]?.(before.split('\n'), draw, mark)?.join('\n')
    if (after === undefined || after === before || tokensOf(after, mark) !== tokensOf(before, mark)) continue
    yield { path, kind, patch: createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, '', '') }
  }
}

/** Without what the one edit declares that adds tokens, and the other that defines what nobody uses. */
function tokensOf(text: string, mark: string): string {
  const gcc = ['-fpreprocessed', '-dD', '-E', '-P', '-x', 'c', '-w', '-']
  const { stdout, status } = spawnSync('gcc', gcc, { input: Buffer.from(text, 'latin1'), encoding: 'latin1' })
  if (status !== 0) throw new Error('gcc -fpreprocessed does not read it')
  const words = stdout.replace(/\s+/g, ' ').trim()
  return words
    .replace(`extern void hotsplice_unused_${mark}(void); `, '')
    .replace(`#define HOTSPLICE_UNUSED_${mark} 1 `, '')
}
