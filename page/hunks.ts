/**
 * The hunks of a patch, and which functions have code of them. That is told by the debug information of the payload's
 * functions, so a hunk without any may still have code that the payload has not.
 */
import type { CodeLines, RunReport } from '../src/report/model.ts'
import { isSameFile, patchedLines } from '../src/report/shown/patched-lines.ts'

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
  /** Those of them that the patch wrote, and those beside which it took lines away. */
  readonly changed: ReadonlySet<number>
  /** What the patch writes behind `@@`. */
  readonly context: string
}

export interface LinkedHunk extends Hunk {
  readonly functions: readonly { readonly unit: string; readonly symbol: string }[]
}

export type LineKind = 'text' | 'file' | 'hunk' | 'added' | 'removed' | 'context'

interface HunkHead {
  readonly start: number
  readonly added: number
  readonly context: string
}

interface ReadLine {
  readonly kind: LineKind
  readonly head?: HunkHead
}

/** Each line counts by what its hunk says is still to come: `--- x` may be a removed line. */
function readLines(lines: readonly string[]): readonly ReadLine[] {
  let [old, now] = [0, 0]
  return lines.map(line => {
    if (old > 0 || now > 0 || line.startsWith('\\')) {
      const [kind, removed, added] = WITHIN[line[0] ?? ' '] ?? CONTEXT
      old -= removed
      now -= added
      return { kind }
    }
    const [, removed = '1', start, added = '1', context = ''] =
      /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)/.exec(line) ?? []
    if (start === undefined) return { kind: /^(?:diff |index |--- |\+\+\+ )/.test(line) ? 'file' : 'text' }
    ;[old, now] = [Number(removed), Number(added)]
    return { kind: 'hunk', head: { start: Number(start), added: now, context } }
  })
}

/** What a line takes of what is still to come of the original and of the patched text. */
const CONTEXT: readonly [LineKind, number, number] = ['context', 1, 1]
const WITHIN: Readonly<Record<string, readonly [LineKind, number, number]>> = {
  '-': ['removed', 1, 0],
  '+': ['added', 0, 1],
  '\\': ['context', 0, 0],
}

export function kindsOf(lines: readonly string[]): readonly LineKind[] {
  return readLines(lines).map(({ kind }) => kind)
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

/** Found once for each report: each function's details ask for them. */
const known = new WeakMap<RunReport, readonly LinkedHunk[]>()

/** With the functions of which some code comes from its lines; `lines` are those of the report's patches. */
export function linkedHunks(lines: readonly string[], report: RunReport): readonly LinkedHunk[] {
  const found = known.get(report) ?? findLinked(lines, report)
  known.set(report, found)
  return found
}

function findLinked(lines: readonly string[], report: RunReport): readonly LinkedHunk[] {
  const codes = report.lines.code.map(code => ({ code, lineOf: patchedLines(report, code.unit) }))
  return hunksOf(lines).map(hunk => {
    const functions = codes.filter(({ code, lineOf }) => hasLines(code, hunk, lineOf))
    return { ...hunk, functions: functions.map(({ code: { unit, symbol } }) => ({ unit, symbol })) }
  })
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
