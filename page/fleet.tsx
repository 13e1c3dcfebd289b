/** The matrix of a fleet: a row for each fix, a column for each base; each cell leads to the page of its payload. */
import { useMemo } from 'preact/hooks'
import type { FleetCellView, FleetView } from '../src/report/page/model.ts'
import { Matrix, type MatrixHead } from './matrix.tsx'
import { Badge } from './words.tsx'

export function Fleet({ fleet }: { fleet: FleetView }) {
  const off = fleet.cells.filter(({ asExpected }) => !asExpected)
  const spoken = fleet.cells.filter(({ asExpected, expected }) => asExpected && expected !== null)
  const { rows, cells } = useMemo(() => tableOf(fleet), [fleet])
  return (
    <section class={`first ${fleet.tone}`} aria-labelledby="fleet">
      <p class="kind">Fleet report</p>
      <h1 id="fleet" tabIndex={-1}>
        {fleet.headline}
      </h1>
      <Matrix
        rows={rows}
        columns={fleet.bases}
        systems={fleet.bases.length === 1 ? 'base' : 'bases'}
        wordsOf={row => [...(cells.get(row.name)?.values() ?? [])].map(({ word }) => word)}
        cellOf={(row, column) => <Cell cell={cells.get(row.name)?.get(column.name)} />}
      />
      <Told id="off" title="Not as expected" cells={off} />
      <Told id="spoken" title="Refused, as expected" cells={spoken} />
    </section>
  )
}

function tableOf({ fixes, cells: list }: FleetView) {
  const cells = new Map<string, Map<string, FleetCellView>>()
  for (const cell of list) cells.set(cell.fix, (cells.get(cell.fix) ?? new Map()).set(cell.base, cell))
  return { rows: fixes.map(({ name, ids }): MatrixHead => ({ name, about: ids.join(', ') })), cells }
}

function Cell({ cell }: { cell: FleetCellView | undefined }) {
  if (cell === undefined) return null
  const { base, fix, word, tone, asExpected, codes, text, href } = cell
  const shown = <Badge kind={tone} text={asExpected || tone !== 'bad' ? word : `${word} (!)`} />
  return (
    <>
      {href === null ? (
        shown
      ) : (
        <a href={href} aria-label={`${word}: ${fix} for ${base}`}>
          {shown}
        </a>
      )}
      <div class="faint">{codes.length > 0 ? codes.join(', ') : text}</div>
    </>
  )
}

function Told({ id, title, cells }: { id: string; title: string; cells: readonly FleetCellView[] }) {
  if (cells.length === 0) return null
  return (
    <>
      <h2 id={id}>{title}</h2>
      <ul>
        {cells.map(({ base, fix, word, text, codes, hint, expected }) => (
          <li key={`${base} ${fix}`}>
            <strong>
              {fix} for {base}
            </strong>
            : {word}: {text}
            {codes.length > 0 && ` [${codes.join(', ')}]`}
            {hint !== null && <div>hint: {hint}</div>}
            {expected !== null && <div class="faint">Expected: {expected}</div>}
          </li>
        ))}
      </ul>
    </>
  )
}
