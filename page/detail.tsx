/** One function or data object: why its verdict is so, what led to it, and both versions side by side. */
import { useMemo } from 'preact/hooks'
import type { Entry, IncludedPiece, RunReport } from '../src/report/model.ts'
import type { BuildView, HunkView } from '../src/report/page/model.ts'
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
            ? 'Its instructions are not in the report: --details (or --html) puts them in.'
            : 'Its instructions are not listed: there were too many.'}
        </p>
      )}
      {listings.map(listing => (
        <Code key={listing.symbol} listing={listing} report={report} />
      ))}
    </article>
  )
}

const HUNKS = 50

/** Where nothing tells which hunk it is, those that its unit reads. */
function FromHunks({ build: { report, hunks: all }, entry }: { build: BuildView; entry: Entry }) {
  const { own, read } = useMemo(() => hunksOf(report, all, entry), [report, entry])
  const hunks = own.length > 0 ? own : read
  if (hunks.length === 0) return null
  return (
    <>
      <h4>{own.length > 0 ? 'Hunks of the patch that touch it' : 'Hunks that its unit reads'}</h4>
      {own.length === 0 && <p>Neither debug information nor the text tells which of them has code in it.</p>}
      <ul class="words">
        {hunks.slice(0, HUNKS).map(({ file, number, from, to, at, bodies }) => (
          <li key={at}>
            <a href={`#hunk-${at}`}>
              hunk {number} of {file}, lines {from} to {to}
            </a>
            {own.length === 0 && bodies.length > 0 && <span class="mono"> ({bodies.join(', ')})</span>}
          </li>
        ))}
        {hunks.length > HUNKS && <li>… and {hunks.length - HUNKS} more</li>}
      </ul>
    </>
  )
}

function hunksOf(report: RunReport, all: readonly HunkView[], entry: Entry) {
  const because = report.units.find(({ unit }) => unit === entry.unit)?.because ?? []
  const isOwn = (unit: string, symbol: string) => unit === entry.unit && entry.symbols.includes(symbol)
  const read = all.filter(({ file }) => because.some(path => isSameFile(path, file)))
  const own = all.filter(
    hunk =>
      hunk.functions.some(({ unit, symbol }) => isOwn(unit, symbol)) ||
      (read.includes(hunk) && hunk.bodies.some(name => isOwn(entry.unit, name))),
  )
  return { own, read }
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
