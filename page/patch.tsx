/** The patch as it was given and as it was compiled, and which functions have code of which hunk. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RunReport } from '../src/report/model.ts'
import { kindsOf, type LinkedHunk, linkedHunks } from './hunks.ts'
import { VirtualList } from './virtual-list.tsx'
import { counted } from './words.tsx'

const ROW = 20

/** Of all patches, one after the other. */
export function linesOfPatches({ details }: RunReport): readonly string[] {
  return details?.patches.flatMap(text => text.replace(/\n$/, '').split('\n')) ?? []
}

export function Patch({ report }: { report: RunReport }) {
  const given = useMemo(() => linesOfPatches(report), [report])
  const hunks = useMemo(() => linkedHunks(given, report), [given, report])
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

function Hunks({ hunks, isKnown }: { hunks: readonly LinkedHunk[]; isKnown: boolean }) {
  return (
    <details open={hunks.length <= 30}>
      <summary>{counted(hunks.length, 'hunk')}, and the functions that have code of them</summary>
      {!isKnown && (
        <p>
          Which functions have code of which hunk is not known: no debug information tells the lines of the payload's
          code.
        </p>
      )}
      <ul class="words hunks">
        {hunks.map(({ file, number, from, to, at, functions }) => (
          <li key={at} id={`hunk-${at}`}>
            <a href={`#hunk-${at}`}>
              hunk {number} of {file}, lines {from} to {to}
            </a>
            {isKnown && ' → '}
            {isKnown && <Names functions={functions} />}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Names({ functions }: Pick<LinkedHunk, 'functions'>) {
  if (functions.length === 0) return <>no function of the payload is known to have code of it</>
  return (
    <>
      <span class="mono">
        {functions
          .slice(0, NAMED)
          .map(({ symbol }) => symbol)
          .join(', ')}
      </span>
      {functions.length > NAMED && ` and ${functions.length - NAMED} more`}
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
