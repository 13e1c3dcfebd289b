/** Both versions of a function, side by side. */
import { useMemo } from 'preact/hooks'
import type { CodeLines, ListedCode, Listing, RunReport } from '../src/report/model.ts'
import { type AlignedRow, aligned } from './aligned.ts'
import { VirtualList } from './virtual-list.tsx'

const ROW = 20

export function Code({ listing, report }: { listing: Listing; report: RunReport }) {
  const { symbol, unit, original, patched } = listing
  const rows = useMemo(() => aligned(listing), [listing])
  const lines = report.lines.code.find(each => each.unit === unit && each.symbol === symbol)
  const lineAt = useMemo(() => lineMarks(lines, patched), [lines, patched])
  const siteAt = useMemo(() => siteMarks(original), [original])
  const differing = rows.filter(({ differs }) => differs).length
  return (
    <>
      <h4>
        Instructions of <span class="mono">{symbol}</span>
      </h4>
      <p>
        {sizeOf(original, 'before')}; {sizeOf(patched, 'after')}.{' '}
        {differing === 0 ? 'All rows say the same.' : `${differing} of ${rows.length} rows differ (marked ≠).`}
        {siteAt.size > 0 &&
          ` ${siteAt.size} of the original ${siteAt.size === 1 ? 'embeds a line number' : 'embed line numbers'} (marked #).`}
      </p>
      <div class="code">
        <div class="code-head">
          <span>before</span>
          <span>after</span>
        </div>
        <VirtualList
          count={rows.length}
          rowHeight={ROW}
          most={28}
          label={`Instructions of ${symbol} before and after`}
          row={at => <Row key={at} row={rows[at]} lineAt={lineAt} siteAt={siteAt} />}
        />
      </div>
    </>
  )
}

function sizeOf(code: ListedCode | null, when: string): string {
  return code === null ? `Not there ${when}` : `${code.size} ${code.size === 1 ? 'byte' : 'bytes'} ${when}`
}

interface RowProps {
  readonly row: AlignedRow | undefined
  readonly lineAt: ReadonlyMap<number, string>
  readonly siteAt: ReadonlyMap<number, string>
}

function Row({ row, lineAt, siteAt }: RowProps) {
  if (row === undefined) return null
  const { original, patched, differs } = row
  const site = original === undefined ? undefined : siteAt.get(original[0])
  const line = patched === undefined ? undefined : lineAt.get(patched[0])
  return (
    <div class={differs ? 'pair differs' : 'pair'}>
      <span class={original === undefined ? 'none' : undefined} title={original?.[1]}>
        {mark(differs, site)} {original !== undefined && `${hex(original[0])}  ${original[1]}`}
        {site !== undefined && <i> {site}</i>}
      </span>
      <span class={patched === undefined ? 'none' : undefined} title={patched?.[1]}>
        {mark(differs, undefined)} {patched !== undefined && `${hex(patched[0])}  ${patched[1]}`}
        {line !== undefined && <i> {line}</i>}
      </span>
    </div>
  )
}

const mark = (differs: boolean, site: string | undefined) => (site !== undefined ? '#' : differs ? '≠' : ' ')
const hex = (offset: number) => offset.toString(16).padStart(4, ' ')

/** By the instruction at which a line begins: `domain.c:120`. */
function lineMarks(code: CodeLines | undefined, patched: ListedCode | null): ReadonlyMap<number, string> {
  const marks = new Map<number, string>()
  for (const [offset, file, line] of code?.rows ?? []) {
    const name = code?.files[file]?.split('/').at(-1)
    if (name !== undefined) marks.set(instructionAt(patched, offset), `${name}:${line}`)
  }
  return marks
}

/** A number stands within its instruction. */
function siteMarks(original: ListedCode | null): ReadonlyMap<number, string> {
  return new Map(
    (original?.sites ?? []).map(({ offset, file, line }) => [
      instructionAt(original, offset),
      `line ${line} of ${file}`,
    ]),
  )
}

function instructionAt(code: ListedCode | null, offset: number): number {
  const list = code?.instructions ?? []
  let [low, high] = [0, list.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((list[middle]?.[0] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return list[low]?.[0] ?? offset
}
