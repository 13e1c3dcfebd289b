/** One function or data object: why its verdict is so, what led to it, and both versions side by side. */
import { useMemo } from 'preact/hooks'
import type { Entry, IncludedPiece, RunReport } from '../src/report/model.ts'
import type { BuildView } from '../src/report/page/model.ts'
import { isSameFile } from '../src/report/shown/patched-lines.ts'
import { broughtBy, chainsOf } from './chains.ts'
import { Code } from './code.tsx'
import { Badge } from './words.tsx'

export function Detail({ build, entry }: { build: BuildView; entry: Entry }) {
  const { report } = build
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
      <FromHunks build={build} entry={entry} />
      <Chains report={report} entry={entry} />
      <Brought pieces={broughtBy(report, entry)} />
      {listings.length === 0 && report.functions.includes(entry) && (
        <p class="faint">
          {report.details === null
            ? 'Its instructions are not in the report: --details (or --html) puts them there.'
            : 'Its instructions are not listed: there were too many.'}
        </p>
      )}
      {listings.map(listing => (
        <Code key={listing.symbol} listing={listing} report={report} />
      ))}
    </article>
  )
}

function FromHunks({ build: { report, hunks: all }, entry }: { build: BuildView; entry: Entry }) {
  const hunks = useMemo(() => {
    const read = report.units.find(({ unit }) => unit === entry.unit)?.because ?? []
    const isOwn = (unit: string, symbol: string) => unit === entry.unit && entry.symbols.includes(symbol)
    return all.filter(
      ({ file, functions, bodies }) =>
        functions.some(({ unit, symbol }) => isOwn(unit, symbol)) ||
        (bodies.some(name => isOwn(entry.unit, name)) && read.some(path => isSameFile(path, file))),
    )
  }, [report, entry])
  if (hunks.length === 0) return null
  return (
    <>
      <h4>Hunks of the patch that touch it</h4>
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
