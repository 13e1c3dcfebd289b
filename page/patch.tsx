/** The patch as it was given and as it was compiled, and which functions have code of which hunk. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { BuildView, HunkView } from '../src/report/page/model.ts'
import { kindsOf, linesOfPatches } from '../src/report/shown/patch-lines.ts'
import { VirtualList } from './virtual-list.tsx'
import { counted } from './words.tsx'

const ROW = 20

export function Patch({ build: { report, hunks } }: { build: BuildView }) {
  const given = useMemo(() => linesOfPatches(report.details?.patches ?? []), [report])
  const [line, goTo] = useState<number | undefined>(undefined)
  useEffect(() => {
    const follow = () => {
      const at = /^#hunk-(\d+)$/.exec(location.hash)?.[1]
      if (at !== undefined) goTo(Number(at))
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const neutral = report.details?.neutral ?? null
  if (given.length === 0) return null
  return (
    <section aria-labelledby="patch">
      <h2 id="patch">Patch</h2>
      <Hunks hunks={hunks} isKnown={report.lines.code.length > 0} />
      <h3>As it was given</h3>
      <Text lines={given} label="The patch as it was given" scrollTo={line} />
      <h3>As it was compiled</h3>
      {neutral === null ? (
        <p>As it was given: no text was rewritten to keep line numbers.</p>
      ) : (
        <Neutral text={neutral} />
      )}
    </section>
  )
}

function Neutral({ text }: { text: string }) {
  const lines = useMemo(() => text.replace(/\n$/, '').split('\n'), [text])
  return (
    <>
      <p>Rewritten, so that every line that the patch leaves alone keeps its number.</p>
      <Text lines={lines} label="The patch as it was compiled" />
    </>
  )
}

const NAMED = 40

function Hunks({ hunks, isKnown }: { hunks: readonly HunkView[]; isKnown: boolean }) {
  return (
    <details open={hunks.length <= 30}>
      <summary>{counted(hunks.length, 'hunk')}, and the functions that they touch</summary>
      <p>
        {isKnown
          ? 'Named first: functions of the payload that have code of it, by debug information.'
          : 'By the text alone: no debug information tells the lines of the payload’s code.'}
      </p>
      <ul class="words hunks">
        {hunks.map(({ file, number, from, to, at, functions, bodies, isBodyUnknown }) => (
          <li key={at} id={`hunk-${at}`}>
            <a href={`#hunk-${at}`}>
              hunk {number} of {file}, lines {from} to {to}
            </a>
            {' → '}
            {isKnown && <Names names={functions.map(({ symbol }) => symbol)} none="no function of the payload" />}
            {isKnown && '; in the text: '}
            {(bodies.length > 0 || !isBodyUnknown) && <Names names={bodies} none="outside of functions" />}
            {isBodyUnknown && (bodies.length > 0 ? ', and what is not known' : 'not known')}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Names({ names, none }: { names: readonly string[]; none: string }) {
  if (names.length === 0) return <>{none}</>
  return (
    <>
      <span class="mono">{names.slice(0, NAMED).join(', ')}</span>
      {names.length > NAMED && ` and ${names.length - NAMED} more`}
    </>
  )
}

function Text({ lines, label, scrollTo }: { lines: readonly string[]; label: string; scrollTo?: number | undefined }) {
  const kinds = useMemo(() => kindsOf(lines), [lines])
  return (
    <div class="patch">
      <VirtualList
        count={lines.length}
        rowHeight={ROW}
        most={24}
        label={label}
        scrollTo={scrollTo}
        row={at => (
          <div key={at} class={`line ${kinds[at] ?? ''}`}>
            {lines[at] === '' ? ' ' : lines[at]}
          </div>
        )}
      />
    </div>
  )
}
