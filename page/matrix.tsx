/** A table of outcomes: a row for each fix, a column for each system, with a filter by name and by outcome. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Wide } from './words.tsx'

/** Of a row or a column: its name, and what is said of it in small. */
export interface MatrixHead {
  readonly name: string
  readonly about: string
}

export interface MatrixProps {
  readonly rows: readonly MatrixHead[]
  readonly columns: readonly MatrixHead[]
  /** What the columns are called, in the plural of many. */
  readonly systems: string
  /** Words for what came of the row's cells, for the filter. */
  readonly wordsOf: (row: MatrixHead) => readonly string[]
  readonly cellOf: (row: MatrixHead, column: MatrixHead) => ComponentChildren
}

export function Matrix({ rows, columns, systems, wordsOf, cellOf }: MatrixProps) {
  const [text, filter] = useState('')
  const [word, choose] = useState('')
  const wanted = text.toLowerCase()
  const seen = rows.filter(
    row => `${row.name} ${row.about}`.toLowerCase().includes(wanted) && (word === '' || wordsOf(row).includes(word)),
  )
  return (
    <>
      <div class="filter">
        <label>
          Filter by fix
          <input type="search" value={text} onInput={event => filter(event.currentTarget.value)} />
        </label>
        <label>
          With outcome
          <select value={word} onChange={event => choose(event.currentTarget.value)}>
            <option value="">all</option>
            {[...new Set(rows.flatMap(wordsOf))].map(each => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
      <p class="count" role="status">
        {seen.length} of {rows.length} fixes, {columns.length} {systems}
      </p>
      <Wide label="Outcomes by fix and system">
        <table class="outcomes">
          <thead>
            <tr>
              <th scope="col">Fix</th>
              {columns.map(column => (
                <Head key={column.name} head={column} scope="col" />
              ))}
            </tr>
          </thead>
          <tbody>
            {seen.map(row => (
              <tr key={row.name}>
                <Head head={row} scope="row" />
                {columns.map(column => (
                  <td key={column.name}>{cellOf(row, column)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  )
}

function Head({ head: { name, about }, scope }: { head: MatrixHead; scope: 'row' | 'col' }) {
  return (
    <th scope={scope}>
      {name}
      {about !== '' && <div class="faint">{about}</div>}
    </th>
  )
}
