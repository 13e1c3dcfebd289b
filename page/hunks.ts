/**
 * The hunks of a patch, and which functions have code of them. That is told by the debug information of the payload's
 * functions, so a hunk without any may still have code that the payload has not.
 */
import type { CodeLines, FileLines, LineRun, RunReport } from '../src/report/model.ts'

export interface Hunk {
  /** As the patch names it, without its first component. */
  readonly file: string
  /** Its number among those of the file, from 1. */
  readonly number: number
  /** Position of its `@@` among the lines of all patches. */
  readonly at: number
  /** Lines of the patched file, both within. */
  readonly from: number
  readonly to: number
  /** What the patch writes behind `@@`. */
  readonly context: string
}

export interface LinkedHunk extends Hunk {
  readonly functions: readonly { readonly unit: string; readonly symbol: string }[]
}

/** Each line counts by what its hunk says is still to come: `--- x` may be a removed line. */
export function hunksOf(lines: readonly string[]): readonly Hunk[] {
  const hunks: Hunk[] = []
  let [file, number, old, now] = ['', 0, 0, 0]
  for (const [at, line] of lines.entries()) {
    if (old > 0 || now > 0) {
      if (line.startsWith('-')) old--
      else if (line.startsWith('+')) now--
      else if (!line.startsWith('\\')) {
        old--
        now--
      }
      continue
    }
    const name = /^(?:---|\+\+\+) ([^\t]+)/.exec(line)?.[1]?.trim()
    if (name !== undefined && name !== '/dev/null') {
      file = name.replace(/^[^/]*\//, '')
      number = 0
    }
    const [, removed = '1', start, added = '1', context = ''] =
      /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)/.exec(line) ?? []
    if (start === undefined) continue
    ;[old, now] = [Number(removed), Number(added)]
    number++
    hunks.push({ file, number, at, from: Number(start), to: Number(start) + Math.max(1, now) - 1, context })
  }
  return hunks
}

/** With the functions of which some code comes from its lines. */
export function linkedHunks(lines: readonly string[], report: RunReport): readonly LinkedHunk[] {
  const neutral = new Set(report.units.filter(({ text }) => text === 'neutral').map(({ unit }) => unit))
  return hunksOf(lines).map(hunk => {
    const touched = report.lines.files.find(file => isSame(file.patched?.path ?? file.file, hunk.file))
    const has = (code: CodeLines) => hasLines(code, hunk, neutral.has(code.unit) ? touched : undefined)
    return { ...hunk, functions: report.lines.code.filter(has).map(({ unit, symbol }) => ({ unit, symbol })) }
  })
}

function hasLines({ files, rows }: CodeLines, { file, from, to }: Hunk, rewritten: FileLines | undefined): boolean {
  const own = new Set(files.flatMap((path, at) => (isSame(path, file) ? [at] : [])))
  if (own.size === 0) return false
  const runs = rewritten?.numbers ?? []
  return rows.some(([, at, number]) => {
    const line = runs.length === 0 ? number : patchedLine(runs, number)
    return own.has(at) && line >= from && line <= to
  })
}

/** The patched source's line for the number that the compiler saw. */
function patchedLine(runs: readonly LineRun[], number: number): number {
  const run = runs.find(([from, , count]) => number >= from && number < from + count)
  return run === undefined ? 0 : run[1] + number - run[0]
}

/** Compilers and patches name a file from different folders. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [a.replace(/^\.\//, ''), b.replace(/^\.\//, '')]
  return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`)
}
