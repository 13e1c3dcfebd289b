/** What the payload consists of, to scale; what was compiled; what nobody looked at. */
import type { RunReport } from '../src/report/model.ts'

export function Sections({ report: { pieces, outcome } }: { report: RunReport }) {
  if (pieces.length === 0) return null
  const sizes = new Map<string, { count: number; size: number }>()
  for (const { role, size } of pieces) {
    const sum = sizes.get(role) ?? { count: 0, size: 0 }
    sizes.set(role, { count: sum.count + 1, size: sum.size + size })
  }
  const all = [...sizes].sort(([, a], [, b]) => b.size - a.size)
  const most = Math.max(1, ...all.map(([, { size }]) => size))
  return (
    <section aria-labelledby="sections">
      <h2 id="sections">
        {outcome === 'built' ? 'What the payload consists of' : 'What the payload would have consisted of'}
      </h2>
      <p>Bytes by kind, to scale; tables and names that the loader needs come on top.</p>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">How many</th>
            <th scope="col">Bytes</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {all.map(([role, { count, size }]) => (
            <tr key={role}>
              <th scope="row">{role}</th>
              <td>{count}</td>
              <td>{size}</td>
              <td class="bar">
                <div style={{ width: `${(100 * size) / most}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const MOST = 1000

export function Units({ report: { units, timings } }: { report: RunReport }) {
  if (units.length === 0) return null
  const total = Object.values(timings).reduce((sum, time) => sum + time, 0)
  return (
    <section aria-labelledby="units">
      <h2 id="units">Units that were compiled again</h2>
      <p>The run took {(total / 1000).toFixed(1)} seconds.</p>
      <details>
        <summary>
          {units.length} {units.length === 1 ? 'unit' : 'units'}, and how
        </summary>
        <ul class="words">
          {units.slice(0, MOST).map(({ unit, kind, because, text, command }) => (
            <li key={unit}>
              <span class="mono">{unit}</span> ({kind}; compiled from{' '}
              {text === 'neutral' ? 'the rewritten text' : 'the patched text'}; it reads {because.join(', ')})
              {command.length > 0 && <div class="mono faint">{command.join(' ')}</div>}
            </li>
          ))}
        </ul>
        {units.length > MOST && <p>… and {units.length - MOST} more.</p>}
      </details>
    </section>
  )
}

export function NotLooked({ report: { notCompared } }: { report: RunReport }) {
  if (notCompared.length === 0) return null
  return (
    <section aria-labelledby="not-looked">
      <h2 id="not-looked">What was not compared</h2>
      <p>Nobody looked at this, so it may differ.</p>
      <details>
        <summary>{notCompared.length} of them</summary>
        <ul class="words">
          {notCompared.slice(0, MOST).map(({ unit, what, text }, at) => (
            <li key={at}>
              <span class="mono">{unit}</span>, {what}: {text}
            </li>
          ))}
        </ul>
        {notCompared.length > MOST && <p>… and {notCompared.length - MOST} more.</p>}
      </details>
    </section>
  )
}
