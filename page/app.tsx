/** Which report is shown, and its parts from the outcome down. */
import { useEffect, useState } from 'preact/hooks'
import type { BuildView, PageData } from '../src/report/page/model.ts'
import { Builds } from './builds.tsx'
import { First } from './first.tsx'
import { Fleet } from './fleet.tsx'
import { Functions } from './functions.tsx'
import { Lines } from './lines.tsx'
import { Patch } from './patch.tsx'
import { Refusals } from './refusals.tsx'
import { NotLooked, Sections, Units } from './rest.tsx'
import { Rehearsals, Verifications } from './trials.tsx'

const BUILD = /^#build-(\d+)$/

/** The build that the address names; all of them together have none. */
function addressed(): number | undefined {
  const found = BUILD.exec(location.hash)?.[1]
  return found === undefined ? undefined : Number(found)
}

export function App({ data }: { data: PageData }) {
  const [shown, show] = useState(addressed() ?? 0)
  useEffect(() => {
    const follow = () => {
      const at = addressed()
      if (at === undefined || data.builds[at] === undefined) return
      show(at)
      document.getElementById('outcome')?.focus()
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const build = data.builds[shown] ?? data.builds[0]
  return (
    <>
      {(build !== undefined || data.fleet !== null) && (
        <a class="skip" href={build === undefined ? '#fleet' : '#outcome'}>
          To the outcome
        </a>
      )}
      {data.builds.length > 1 && <Builds builds={data.builds} shown={shown} />}
      <main>
        {data.fleet !== null && <Fleet fleet={data.fleet} />}
        {build === undefined ? <Trials data={data} /> : <Build key={shown} build={build} data={data} />}
      </main>
      <footer>Made by hotsplice {data.version}. This page is one file; it fetches nothing.</footer>
    </>
  )
}

function Trials({ data }: { data: PageData }) {
  return (
    <>
      <Verifications list={data.verifications} />
      <Rehearsals list={data.rehearsals} />
    </>
  )
}

/** `id` and what the link to it says, in the order of the page. */
function partsOf({ report }: BuildView, data: PageData): readonly (readonly [id: string, title: string])[] {
  const parts: (readonly [string, string, boolean])[] = [
    ['refusals', `Refusals (${report.refusals.length})`, report.refusals.length > 0],
    ['functions', `Functions (${report.functions.length})`, report.functions.length > 0],
    ['data', `Data (${report.data.length})`, report.data.length > 0],
    ['lines', 'Line numbers', report.lines.files.length > 0],
    ['patch', 'Patch', (report.details?.patches.length ?? 0) > 0],
    ['sections', 'Payload', report.pieces.length > 0],
    ['verify', 'Rules of the loader', data.verifications.length > 0],
    ['rehearsal', 'Rehearsal', data.rehearsals.length > 0],
    ['units', `Units (${report.units.length})`, report.units.length > 0],
    ['not-looked', 'Not compared', report.notCompared.length > 0],
  ]
  return parts.filter(([, , isThere]) => isThere).map(([id, title]) => [id, title] as const)
}

function Build({ build, data }: { build: BuildView; data: PageData }) {
  const { report } = build
  const parts = partsOf(build, data)
  return (
    <>
      <First build={build} data={data} />
      <nav aria-label="Parts of this report">
        {parts.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      <Refusals report={report} findings={data.findings} />
      <Functions build={build} entries={report.functions} id="functions" title="Functions" />
      <Functions build={build} entries={report.data} id="data" title="Data" />
      <Lines build={build} />
      <Patch build={build} />
      <Sections report={report} />
      <Trials data={data} />
      <Units report={report} />
      <NotLooked report={report} />
    </>
  )
}
