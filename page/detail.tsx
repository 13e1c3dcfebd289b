/** One function or data object: why its verdict is so, what led to it, and both versions side by side. */
import { useMemo } from 'preact/hooks'
import type { Entry, IncludedPiece, RunReport } from '../src/report/model.ts'
import { broughtBy, chainsOf } from './chains.ts'
import { Code } from './code.tsx'
import { linkedHunks } from './hunks.ts'
import { linesOfPatches } from './patch.tsx'
import { Badge } from './words.tsx'

export function Detail({ report, entry }: { report: RunReport; entry: Entry }) {
  const { name, unit, symbols, verdict, included, reasons } = entry
  const listings = report.details?.listings.filter(each => each.unit === unit && each.name === name) ?? []
  const others = symbols.filter(symbol => symbol !== name)
  return (
    <article class="detail" aria-label={`About ${name}`}>
      <h3>
        <span class="mono">{name}</span> <Badge kind={verdict} />{' '}
        {report.command === 'build' && (
          <Badge
            kind="plain"
            text={included ? (report.outcome === 'built' ? 'in the payload' : 'would be in the payload') : 'left out'}
          />
        )}
      </h3>
      <p class="mono">{unit}</p>
      {others.length > 0 && <p>Its symbols: {symbols.join(', ')}</p>}
      <h4>Why</h4>
      <ul class="words">
        {reasons.map(({ code, text }, at) => (
          <li key={at}>
            {text} <code>{code}</code>
          </li>
        ))}
      </ul>
      <FromHunks report={report} entry={entry} />
      <Chains report={report} entry={entry} />
      <Brought pieces={broughtBy(report, entry)} />
      {listings.length === 0 && report.functions.includes(entry) && (
        <p class="faint">
          {report.details === null
            ? 'Its instructions are not in the report: --details (or --html) puts them there.'
            : 'Its instructions are not listed: there were too many, or nobody knows those of this machine.'}
        </p>
      )}
      {listings.map(listing => (
        <Code key={listing.symbol} listing={listing} report={report} />
      ))}
    </article>
  )
}

function FromHunks({ report, entry }: { report: RunReport; entry: Entry }) {
  const hunks = useMemo(() => {
    const names = new Set(entry.symbols)
    return linkedHunks(linesOfPatches(report), report).filter(({ functions }) =>
      functions.some(({ unit, symbol }) => unit === entry.unit && names.has(symbol)),
    )
  }, [report, entry])
  if (hunks.length === 0) return null
  return (
    <>
      <h4>Hunks of the patch that it has code of</h4>
      <ul class="words">
        {hunks.map(({ file, number, from, to, at }) => (
          <li key={at}>
            <a href={`#hunk-${at}`}>
              hunk {number} of {file}, lines {from} to {to}
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

function Chains({ report, entry }: { report: RunReport; entry: Entry }) {
  const chains = chainsOf(report, entry)
  if (chains.length === 0) return null
  return (
    <>
      <h4>What led to it, the change first</h4>
      {chains.map((links, index) => (
        <ol key={index} class="chain">
          {links.map(({ piece, at }) => (
            <li key={at}>
              <span class="mono">{piece.name}</span> ({piece.role}
              {piece.unit === entry.unit ? '' : `, ${piece.unit}`}): {piece.reason.text}
            </li>
          ))}
        </ol>
      ))}
    </>
  )
}

function Brought({ pieces }: { pieces: readonly IncludedPiece[] }) {
  if (pieces.length === 0) return null
  return (
    <>
      <h4>What it brings in</h4>
      <ul class="words">
        {pieces.slice(0, 50).map(({ name, role, size }, at) => (
          <li key={at}>
            <span class="mono">{name}</span> ({role}), {size} bytes
          </li>
        ))}
        {pieces.length > 50 && <li>… and {pieces.length - 50} more</li>}
      </ul>
    </>
  )
}
