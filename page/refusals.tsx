/** What cannot be hotpatched: what, where, why, the way out, and the page about it, which this page brings along. */
import type { RunReport } from '../src/report/model.ts'
import { Badge } from './words.tsx'

interface Props {
  readonly report: RunReport
  readonly findings: Readonly<Record<string, string>>
}

export function Refusals({ report, findings }: Props) {
  const { refusals } = report
  if (refusals.length === 0) return null
  const codes = [...new Set(refusals.map(({ code }) => code))].filter(code => Object.hasOwn(findings, code))
  return (
    <section aria-labelledby="refusals">
      <h2 id="refusals">Refusals: what cannot be put into what runs</h2>
      <ol class="refusals">
        {refusals.map(({ code, unit, symbol, text, hint, place }, at) => (
          <li key={at}>
            <p>
              <Badge kind="refused" text={code} /> <span class="mono">{symbol}</span>{' '}
              <span class="mono faint">
                {unit}
                {place !== undefined && ` (${place.file}:${place.line})`}
              </span>
            </p>
            <p>{text}</p>
            <p>
              <b>Way out:</b> {hint}
            </p>
            {codes.includes(code) && (
              <p>
                <a href={`#finding-${code}`} onClick={() => unfold(`finding-${code}`)}>
                  More about {code}
                </a>
              </p>
            )}
          </li>
        ))}
      </ol>
      <Blamed explanation={report.explanation} />
      {codes.map(code => (
        <details key={code} id={`finding-${code}`}>
          <summary>About {code}</summary>
          <Finding text={findings[code] ?? ''} />
        </details>
      ))}
    </section>
  )
}

/** A link leads to what is folded up, and does not unfold it. */
function unfold(id: string) {
  const found = document.getElementById(id)
  if (found instanceof HTMLDetailsElement) found.open = true
}

/** Hunks that refusals lead to, where that was asked for. */
function Blamed({ explanation }: { explanation: RunReport['explanation'] }) {
  if (explanation === null || explanation.leftOut.length === 0) return null
  return (
    <>
      <h3>Hunks that are to blame</h3>
      <ul class="words">
        {explanation.leftOut.map(({ file, hunk, of, patch, patchLine, codes }, at) => (
          <li key={at}>
            hunk {hunk} of {of} of {file} ({patch}:{patchLine}): {codes.join(', ')}
          </li>
        ))}
      </ul>
    </>
  )
}

/** Markdown as it stands but for its heading, which the summary has: paragraphs, and code that is indented. */
function Finding({ text }: { text: string }) {
  const [, ...blocks] = text.trim().split(/\n{2,}(?=\S)/)
  return (
    <>
      {blocks.map((block, at) =>
        /^ {4}/m.test(block) ? (
          <pre key={at} tabIndex={0}>
            {block}
          </pre>
        ) : (
          <p key={at}>{block}</p>
        ),
      )}
    </>
  )
}
