/** Several reports at once: each cell leads to its report on this page. */
import { useMemo } from 'preact/hooks'
import type { BuildView } from '../src/report/page/model.ts'
import { Matrix, type MatrixHead } from './matrix.tsx'
import { Badge } from './words.tsx'

interface Cell {
  readonly build: BuildView
  readonly at: number
}

export function Builds({ builds, shown }: { builds: readonly BuildView[]; shown: number }) {
  const { rows, columns, cells } = useMemo(() => tableOf(builds), [builds])
  const cellsOf = (row: MatrixHead) => [...(cells.get(row.name)?.values() ?? [])].flat()
  return (
    <header class="matrix">
      <h2 id="all">All reports</h2>
      <Matrix
        rows={rows}
        columns={columns}
        systems={columns.length === 1 ? 'system' : 'systems'}
        wordsOf={row => cellsOf(row).map(({ build }) => build.word)}
        cellOf={(row, column) => <Reports list={cells.get(row.name)?.get(column.name)} shown={shown} />}
      />
    </header>
  )
}

function Reports({ list, shown }: { list: readonly Cell[] | undefined; shown: number }) {
  if (list === undefined) return <span class="faint">not built</span>
  return (
    <>
      {list.map(({ build: { word, title, base, report }, at }) => (
        <a
          key={at}
          href={`#build-${at}`}
          aria-current={at === shown ? 'true' : undefined}
          aria-label={`${word}: ${title} for ${base}`}
        >
          <Badge kind={report.outcome} text={word} />
        </a>
      ))}
    </>
  )
}

function tableOf(builds: readonly BuildView[]) {
  const cells = new Map<string, Map<string, Cell[]>>()
  for (const [at, build] of builds.entries()) {
    const row = cells.get(build.title) ?? new Map<string, Cell[]>()
    row.set(build.base, [...(row.get(build.base) ?? []), { build, at }])
    cells.set(build.title, row)
  }
  const heads = (names: Iterable<string>) => [...new Set(names)].map((name): MatrixHead => ({ name, about: '' }))
  return { rows: heads(cells.keys()), columns: heads(builds.map(({ base }) => base)), cells }
}
