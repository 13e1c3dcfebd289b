/** Several reports at once: a row for each fix, a column for each system that it was built for. */
import { useMemo, useState } from 'preact/hooks'
import type { BuildView } from '../src/report/page/model.ts'
import { Badge } from './words.tsx'

interface Cell {
  readonly build: BuildView
  readonly at: number
}

export function Matrix({ builds, shown }: { builds: readonly BuildView[]; shown: number }) {
  const [text, filter] = useState('')
  const [word, choose] = useState('')
  const { rows, bases } = useMemo(() => tableOf(builds), [builds])
  const wanted = text.toLowerCase()
  const seen = rows.filter(
    ([title, cells]) =>
      title.toLowerCase().includes(wanted) &&
      (word === '' || [...cells.values()].flat().some(({ build }) => build.word === word)),
  )
  return (
    <header class="matrix">
      <h2 id="all">All reports</h2>
      <div class="filter">
        <label>
          Filter by fix
          <input type="search" value={text} onInput={event => filter(event.currentTarget.value)} />
        </label>
        <label>
          With outcome
          <select value={word} onChange={event => choose(event.currentTarget.value)}>
            <option value="">all</option>
            {[...new Set(builds.map(build => build.word))].map(each => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
      <p class="count" role="status">
        {seen.length} of {rows.length} fixes, {bases.length} {bases.length === 1 ? 'system' : 'systems'}
      </p>
      <Table seen={seen} bases={bases} shown={shown} />
    </header>
  )
}

interface TableProps {
  readonly seen: Rows
  readonly bases: readonly string[]
  readonly shown: number
}

function Table({ seen, bases, shown }: TableProps) {
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Outcomes by fix and system">
      <table>
        <thead>
          <tr>
            <th scope="col">Fix</th>
            {bases.map(base => (
              <th key={base} scope="col">
                {base}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seen.map(([title, cells]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {bases.map(base => (
                <td key={base}>
                  {(cells.get(base) ?? []).map(({ build, at }) => (
                    <a
                      key={at}
                      href={`#build-${at}`}
                      aria-current={at === shown ? 'true' : undefined}
                      aria-label={`${build.word}: ${title} for ${base}`}
                    >
                      <Badge kind={build.report.outcome} text={build.word} />
                    </a>
                  ))}
                  {!cells.has(base) && <span class="faint">not built</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type Rows = readonly (readonly [title: string, cells: ReadonlyMap<string, readonly Cell[]>])[]

function tableOf(builds: readonly BuildView[]): { rows: Rows; bases: readonly string[] } {
  const rows = new Map<string, Map<string, Cell[]>>()
  for (const [at, build] of builds.entries()) {
    const cells = rows.get(build.title) ?? new Map<string, Cell[]>()
    cells.set(build.base, [...(cells.get(build.base) ?? []), { build, at }])
    rows.set(build.title, cells)
  }
  return { rows: [...rows], bases: [...new Set(builds.map(({ base }) => base))] }
}
