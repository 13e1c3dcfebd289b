/** The matrix of a fleet: a row for each fix, a column for each base; each cell leads to the page of its payload. */
import { useState } from 'preact/hooks'
import type { FleetCellView, FleetView } from '../src/report/page/model.ts'
import { Badge } from './words.tsx'

export function Fleet({ fleet }: { fleet: FleetView }) {
  const [text, filter] = useState('')
  const wanted = text.toLowerCase()
  const seen = fleet.fixes.filter(({ name, ids }) => [name, ...ids].some(each => each.toLowerCase().includes(wanted)))
  const off = fleet.cells.filter(({ asExpected }) => !asExpected)
  const spoken = fleet.cells.filter(({ asExpected, expected }) => asExpected && expected !== null)
  return (
    <section class={`first ${fleet.tone}`} aria-labelledby="fleet">
      <p class="kind">Fleet report</p>
      <h1 id="fleet">{fleet.headline}</h1>
      <div class="filter">
        <label>
          Filter by fix or advisory
          <input type="search" value={text} onInput={event => filter(event.currentTarget.value)} />
        </label>
      </div>
      <p class="count" role="status">
        {seen.length} of {fleet.fixes.length} fixes
      </p>
      <Table fleet={fleet} seen={seen} />
      <Told id="off" title="Not as expected" cells={off} />
      <Told id="spoken" title="Refused, as expected" cells={spoken} />
    </section>
  )
}

function Table({ fleet, seen }: { fleet: FleetView; seen: FleetView['fixes'] }) {
  const cells = new Map(fleet.cells.map(cell => [`${cell.base} ${cell.fix}`, cell]))
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Outcomes by fix and base">
      <table>
        <thead>
          <tr>
            <th scope="col">Fix</th>
            {fleet.bases.map(({ name, about }) => (
              <th key={name} scope="col">
                {name}
                {about !== '' && <div class="faint">{about}</div>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seen.map(({ name, ids }) => (
            <tr key={name}>
              <th scope="row">
                {name}
                {ids.length > 0 && <div class="faint">{ids.join(', ')}</div>}
              </th>
              {fleet.bases.map(base => (
                <td key={base.name}>
                  <Cell cell={cells.get(`${base.name} ${name}`)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
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
        {cells.map(({ base, fix, word, text, expected }) => (
          <li key={`${base} ${fix}`}>
            <strong>
              {fix} for {base}
            </strong>
            : {word}: {text}
            {expected !== null && <div class="faint">Expected: {expected}</div>}
          </li>
        ))}
      </ul>
    </>
  )
}
