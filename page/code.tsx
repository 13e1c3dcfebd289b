/** Both versions of a function, side by side. */
import { useMemo } from 'preact/hooks'
import type { ListedCode, Listing, RunReport } from '../src/report/model.ts'
import { codeForm, FORM_WORDS } from '../src/report/shown/code-form.ts'
import { type CodeCell, type CodeRow, codeView, type Segment } from '../src/report/shown/code-rows.ts'
import { VirtualList } from './virtual-list.tsx'

const ROW = 20
const BEFORE = 5

export function Code({ listing, report }: { listing: Listing; report: RunReport }) {
  const { symbol, original, patched } = listing
  const { rows, differing, sites } = useMemo(() => codeView(listing, report), [listing, report])
  const form = FORM_WORDS[codeForm(listing)]
  // What is looked for is seen at once, with what stands before it.
  const begin = Math.max(0, rows.findIndex(({ differs }) => differs) - BEFORE)
  return (
    <>
      <h4>
        Instructions of <span class="mono">{symbol}</span>
      </h4>
      <p>
        {sizeOf(original, 'before')}; {sizeOf(patched, 'after')}.{' '}
        {differing === 0 ? 'All rows say the same.' : `${differing} of ${rows.length} rows differ (marked ≠).`}
        {sites > 0 &&
          ` ${sites} of the original ${sites === 1 ? 'embeds a line number' : 'embed line numbers'} (marked #, and in the new version where it is the same place).`}
        {form !== '' && ` ${form}`}
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
          scrollTo={begin}
          label={`Instructions of ${symbol} before and after`}
          row={at => <Row key={at} row={rows[at]} />}
        />
      </div>
    </>
  )
}

function sizeOf(code: ListedCode | null, when: string): string {
  return code === null ? `Not there ${when}` : `${code.size} ${code.size === 1 ? 'byte' : 'bytes'} ${when}`
}

function Row({ row }: { row: CodeRow | undefined }) {
  if (row === undefined) return null
  const { original, patched, differs } = row
  return (
    <div class={differs ? 'pair differs' : 'pair'}>
      <Cell cell={original} differs={differs} />
      <Cell cell={patched} differs={differs} />
    </div>
  )
}

function Cell({ cell, differs }: { cell: CodeCell | undefined; differs: boolean }) {
  if (cell === undefined) return <span class="none" />
  const { offset, segments, hasSite } = cell
  return (
    <span title={segments.map(({ text }) => text).join(' ')}>
      {hasSite ? '#' : differs ? '≠' : ' '} {`${offset.toString(16).padStart(4, ' ')}  `}
      {segments.map(({ text, kind, differs: isOther }, at) => (
        <Words key={at} text={text} kind={kind} isOther={isOther} />
      ))}
    </span>
  )
}

function Words({ text, kind, isOther }: { text: string; kind: Segment['kind']; isOther: boolean }) {
  if (kind === 'line' || kind === 'site') return <i> {text}</i>
  const shown = kind === 'name' ? <em>{text}</em> : text
  return isOther ? <mark>{shown}</mark> : shown
}
