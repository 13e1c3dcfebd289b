/** What is read first: the outcome, what it is about, what was left out, and what could go wrong. */
import type { Entry, RunReport } from '../src/report/model.ts'
import type { BuildView, PageData } from '../src/report/page/model.ts'
import { Glossary } from './glossary.tsx'
import { Badge } from './words.tsx'

export function First({ build, data }: { build: BuildView; data: PageData }) {
  const { report } = build
  // A payload that its loader would refuse is no good news, built or not.
  const isDoubtful = [...data.verifications, ...data.rehearsals].some(({ tone }) => tone === 'bad')
  return (
    <section class={`first ${isDoubtful ? 'bad' : build.tone}`} aria-labelledby="title">
      <p class="kind">{report.command === 'build' ? 'Hotpatch report' : 'Comparison of two objects'}</p>
      <h1 id="title">{build.title}</h1>
      <p id="outcome" class="headline" tabIndex={-1}>
        <Badge kind={report.outcome} text={build.word} /> {build.headline}
      </p>
      {report.explanation !== null && <p>{report.explanation.text}</p>}
      <Trial list={data.verifications} href="#verify" />
      <Trial list={data.rehearsals} href="#rehearsal" />
      {report.command === 'build' && data.rehearsals.length === 0 && report.outcome === 'built' && (
        <p>No rehearsal is in this page: it may not have been tried on the real system.</p>
      )}
      <Counts report={report} />
      <Words title="Warnings: what could go wrong" list={report.warnings.map(({ text }) => text)} />
      <LeftOut report={report} />
      <Words title="Line numbers" list={build.lines} />
      <Words title="Worth knowing" list={report.notices.map(({ text }) => text)} />
      <dl class="facts">
        {build.facts.map(({ name, value }, at) => (
          <div key={at}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Glossary />
    </section>
  )
}

function Trial({ list, href }: { list: PageData['rehearsals'] | PageData['verifications']; href: string }) {
  return (
    <>
      {list.map(({ tone, headline }, at) => (
        <p key={at}>
          <Badge kind={tone} text={tone === 'good' ? 'passed' : 'not passed'} /> <a href={href}>{headline}</a>
        </p>
      ))}
    </>
  )
}

/** Of a refused patch nothing is in a payload: there is none. */
function takenWords({ outcome }: RunReport, count: number): string {
  const what = count === 1 ? 'function' : 'functions'
  return outcome === 'built' ? `${what} in it` : `${what} that it would have replaced or brought`
}

function Counts({ report }: { report: RunReport }) {
  const isBuild = report.command === 'build'
  const taken = report.functions.filter(({ included }) => included)
  const left = [...report.functions, ...report.data].filter(({ included }) => !included)
  const counts: (readonly [number, string, string])[] = isBuild
    ? [
        [taken.length, takenWords(report, taken.length), '#functions'],
        [left.length, 'left out, though not the same', '#left-out'],
        [report.refusals.length, report.refusals.length === 1 ? 'refusal' : 'refusals', '#refusals'],
        [report.warnings.length, report.warnings.length === 1 ? 'warning' : 'warnings', '#outcome'],
        [report.units.length, report.units.length === 1 ? 'unit compiled' : 'units compiled', '#units'],
      ]
    : [
        [report.functions.length, 'functions', '#functions'],
        [report.data.length, 'data objects', '#data'],
      ]
  return (
    <ul class="counts">
      {counts.map(([count, text, href]) => (
        <li key={text}>
          {count === 0 ? (
            <span>
              <b>0</b> {text}
            </span>
          ) : (
            <a href={href}>
              <b>{count}</b> {text}
            </a>
          )}
        </li>
      ))}
    </ul>
  )
}

function Words({ title, list }: { title: string; list: readonly string[] }) {
  if (list.length === 0) return null
  return (
    <>
      <h2 class="small">{title}</h2>
      <ul class="words">
        {list.map((text, at) => (
          <li key={at}>{text}</li>
        ))}
      </ul>
    </>
  )
}

/** Named on the first screen; the list of functions has all. */
const NAMED = 12

function LeftOut({ report }: { report: RunReport }) {
  if (report.command === 'diff') return null
  const left = [...report.functions, ...report.data].filter(({ included }) => !included)
  if (left.length === 0 && report.leftInit.length === 0) return null
  const groups = new Map<string, Entry[]>()
  for (const entry of left) {
    const why = entry.reasons[0]?.text ?? entry.verdict
    groups.set(why, [...(groups.get(why) ?? []), entry])
  }
  return (
    <>
      <h2 class="small" id="left-out">
        Left out, and why
      </h2>
      <ul class="words">
        {[...groups].slice(0, NAMED).map(([why, entries]) => (
          <li key={why}>
            <span class="mono">
              {entries
                .slice(0, NAMED)
                .map(({ name }) => name)
                .join(', ')}
            </span>
            {entries.length > NAMED && ` and ${entries.length - NAMED} more`}: {why}
          </li>
        ))}
        {groups.size > NAMED && <li>… and more, for {groups.size - NAMED} other reasons: see the lists below.</li>}
        {report.leftInit.map(({ unit, name }) => (
          <li key={`${unit} ${name}`}>
            <span class="mono">{name}</span> ({unit}): code of boot time that the builder left out of the patch
          </li>
        ))}
      </ul>
    </>
  )
}
