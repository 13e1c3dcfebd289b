/**
 * Of a patch some hunks of which were left out, and that does not compile: hunks that need what was left out, by the lines
 * that the compiler complains of. Only lines that a hunk brings tell; one that was there before may break for any of them.
 */
import type { AppliedHunk, SourceChange, TouchedFile } from '../../source/model.ts'

/** What compilers say, of the text as the patch leaves it. */
const COMPLAINT = /^(\S[^:\n]*):(\d+):(?:\d+:)? (?:fatal )?error: /gm
/** Other texts have line numbers of their own. */
const OF_PATCHED = /with the patched texts$/m

export function needingHunks(words: string, { files }: SourceChange): readonly AppliedHunk[] {
  if (!OF_PATCHED.test(words)) return []
  return [...words.matchAll(COMPLAINT)].flatMap(([, spelled = '', number = '']) => {
    const path = spelled.replace(/^(?:\.\.?\/)+/, '')
    const named = files.filter(({ newPath }) => newPath === path || newPath?.endsWith(`/${path}`) === true)
    const [file, ...others] = named
    if (file === undefined || others.length > 0) return []
    const line = Number(number)
    // A line that was there before.
    if ((file.lineMap.toOriginal[line] ?? 1) !== 0) return []
    let above = line
    while (above > 0 && (file.lineMap.toOriginal[above] ?? 0) === 0) above--
    const original = (file.lineMap.toOriginal[above] ?? 0) + 1
    return [hunkAt(file, original) ?? []].flat()
  })
}

/** The hunk, of whichever patch, that begins last before a line of the original; of several there the latest patch's. */
export function hunkAt({ hunks }: TouchedFile, original: number): AppliedHunk | undefined {
  const before = hunks.filter(hunk => hunk.line <= original)
  return before.findLast(hunk => before.every(other => other.line <= hunk.line))
}

/** The first complaint, in a line. */
export function shortWords(words: string): string {
  const lines = words.split('\n')
  const complaint = lines.find(line => / error: /.test(line))
  return [lines[0] ?? '', ...(complaint === undefined ? [] : [complaint])].join(': ')
}
