/**
 * The hunks of a patch, and which functions they touch. Two sources tell it, and neither stands for the other: debug
 * information of the payload's functions, whose code may be inlined from elsewhere, and the patched text, in which the lines
 * stand. A hunk without functions by debug information may still have code that the payload has not.
 */

import { forward } from '../line-runs.ts'
import type { CodeLines, RunReport, TextFunctions } from '../model.ts'
import { linesOfPatches, readLines } from '../shown/patch-lines.ts'
import { isSameFile, patchedLines } from '../shown/patched-lines.ts'
import type { HunkView } from './model.ts'

export interface Hunk extends Pick<HunkView, 'file' | 'number' | 'at' | 'from' | 'to' | 'context'> {
  /** Lines of the patched file that the patch wrote, and those beside which it took lines away. */
  readonly changed: ReadonlySet<number>
}

export function hunksOf(lines: readonly string[]): readonly Hunk[] {
  const hunks: Hunk[] = []
  let [file, number] = ['', 0]
  let changed = new Set<number>()
  let next = 0
  for (const [at, { kind, head }] of readLines(lines).entries()) {
    if (kind === 'added') changed.add(next++)
    else if (kind === 'context' && lines[at]?.startsWith('\\') !== true) next++
    else if (kind === 'removed') for (const line of [next - 1, next]) changed.add(line)
    const name = kind === 'file' ? /^(?:---|\+\+\+) ([^\t]+)/.exec(lines[at] ?? '')?.[1]?.trim() : undefined
    if (name !== undefined && name !== '/dev/null') {
      file = name.replace(/^[^/]*\//, '')
      number = 0
    }
    if (head === undefined) continue
    const { start, added, context } = head
    number++
    changed = new Set()
    next = start + (added === 0 ? 1 : 0)
    hunks.push({ file, number, at, from: start, to: start + Math.max(1, added) - 1, changed, context })
  }
  return hunks
}

/** Of all patches, one after the other. */
export function hunkViews(report: RunReport): readonly HunkView[] {
  const { details, lines } = report
  if (details === null) return []
  const codes = lines.code.map(code => ({ code, lineOf: patchedLines(report, code.unit) }))
  const seen = new Map<TextFunctions, number>()
  return hunksOf(linesOfPatches(details.patches)).map(({ changed: stated, ...hunk }) => {
    const text = details.texts.find(each => isSameFile(each.file, hunk.file))
    const number = text === undefined ? 0 : (seen.get(text) ?? 0)
    if (text !== undefined) seen.set(text, number + 1)
    const { changed, isLost } = carried(report, { file: hunk.file, stated, text, number })
    const own = codes.filter(({ code, lineOf }) => hasLines(code, { ...hunk, changed }, lineOf))
    const { bodies, isBodyUnknown } = writtenIn(text, changed)
    return {
      ...hunk,
      functions: own.map(({ code: { unit, symbol } }) => ({ unit, symbol })),
      bodies,
      isBodyUnknown: isBodyUnknown || isLost,
    }
  })
}

interface Stated {
  readonly file: string
  readonly stated: ReadonlySet<number>
  readonly text: TextFunctions | undefined
  /** Position among all hunks of the text, whichever patch they are of. */
  readonly number: number
}

/**
 * A hunk's own lines in the last text of its file: by where it was applied, and through the patches that came after it. Lost
 * is what these took away or wrote anew, and everything where a report does not tell which patch came when.
 */
function carried({ lines }: RunReport, { file, stated, text, number }: Stated) {
  const offset = text?.offsets[number] ?? 0
  const written = [...stated].map(line => line + offset)
  const { between = [] } = lines.files.find(each => isSameFile(each.patched?.path ?? each.file, file)) ?? {}
  if (between.length === 0) return { changed: new Set(written), isLost: false }
  const wrote = text?.wrote?.[number]
  if (wrote === undefined) return { changed: new Set<number>(), isLost: true }
  const map = between[wrote]?.map
  const found = map === undefined ? written : written.flatMap(line => forward(map, line))
  return { changed: new Set(found), isLost: found.length < written.length }
}

/** What the text of its file says; of a file that is gone there is none. */
function writtenIn(
  text: TextFunctions | undefined,
  changed: ReadonlySet<number>,
): Pick<HunkView, 'bodies' | 'isBodyUnknown'> {
  const found = text?.functions ?? null
  if (found === null) return { bodies: [], isBodyUnknown: true }
  const own = found.filter(([, from, to]) => [...changed].some(line => line >= from && line <= to))
  const names = own.flatMap(([name]) => (name === null ? [] : [name]))
  return { bodies: [...new Set(names)], isBodyUnknown: own.length > names.length }
}

function hasLines(
  { files, rows }: CodeLines,
  { file, changed }: Hunk,
  lineOf: ReturnType<typeof patchedLines>,
): boolean {
  const own = new Set(files.flatMap((path, at) => (isSameFile(path, file) ? [at] : [])))
  return (
    own.size > 0 && rows.some(([, at, number]) => own.has(at) && changed.has(lineOf(files[at] ?? '', number) ?? -1))
  )
}
