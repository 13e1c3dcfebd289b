/** What the loader's rules say of the payload, and what was seen on the real system. */
import { useState } from 'preact/hooks'
import type { Judgement, RehearsalView, VerifyView } from '../src/report/page/model.ts'
import { Badge, Wide } from './words.tsx'

export function Verifications({ list }: { list: readonly Judgement<VerifyView>[] }) {
  if (list.length === 0) return null
  return (
    <section aria-labelledby="verify">
      <h2 id="verify">Rules of the loader</h2>
      {list.map((each, at) => (
        <Verification key={at} judgement={each} />
      ))}
    </section>
  )
}

function Verification({ judgement: { name, tone, headline, report } }: { judgement: Judgement<VerifyView> }) {
  const [status, choose] = useState('')
  const shown = report.checks.filter(check => status === '' || check.status === status)
  return (
    <>
      <p>
        <Badge kind={tone} text={tone === 'good' ? 'passed' : 'not passed'} /> {headline}{' '}
        <span class="faint mono">{name}</span>
      </p>
      <div class="filter">
        <label>
          Status
          <select value={status} onChange={event => choose(event.currentTarget.value)}>
            <option value="">all</option>
            {['failed', 'passed', 'not-applicable'].map(each => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
      <p class="count" role="status">
        {shown.length} of {report.checks.length} rules
      </p>
      <Wide label={`Rules, ${name}`}>
        <table class="checks">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Status</th>
              <th scope="col">What was found</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(check => (
              <tr key={check.code}>
                <th scope="row" class="mono">
                  {check.code}
                </th>
                <td>
                  <Badge kind={check.status} />
                </td>
                <td>
                  {check.text}
                  {check.errno !== undefined && ` (${check.errno})`}
                  {check.warning !== undefined && ` Worth a look: ${check.warning}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  )
}

export function Rehearsals({ list }: { list: readonly Judgement<RehearsalView>[] }) {
  if (list.length === 0) return null
  return (
    <section aria-labelledby="rehearsal">
      <h2 id="rehearsal">Rehearsal</h2>
      {list.map((each, at) => (
        <Rehearsal key={at} judgement={each} />
      ))}
    </section>
  )
}

function Rehearsal({ judgement: { name, tone, headline, report } }: { judgement: Judgement<RehearsalView> }) {
  const { operations, downfall, console, hypervisor } = report
  return (
    <>
      <p>
        <Badge kind={tone} text={report.outcome} /> {headline} <span class="faint mono">{name}</span>
      </p>
      <p class="mono faint">
        {hypervisor.file}, build-id {hypervisor.buildId}
      </p>
      {downfall !== null && <Log title={`It ${downfall.kind}: ${downfall.sign}`} lines={downfall.lines} open />}
      <ol class="operations">
        {operations.map((operation, at) => (
          <li key={at}>
            <Badge
              kind={operation.expected ? 'good' : 'bad'}
              text={operation.expected ? 'as expected' : 'not as expected'}
            />{' '}
            <span class="mono">{operation.text}</span>
            {operation.result !== null && `: ${operation.errno ?? operation.result}`}
            {operation.output.length > 0 && (
              <Log title="What it told" lines={operation.output} open={operation.output.length <= 6} />
            )}
            {operation.console.length > 0 && (
              <Log title="What the hypervisor printed meanwhile" lines={operation.console} />
            )}
          </li>
        ))}
      </ol>
      <Log title="The whole console" lines={console} />
    </>
  )
}

function Log({ title, lines, open = false }: { title: string; lines: readonly string[]; open?: boolean }) {
  return (
    <details open={open}>
      <summary>{title}</summary>
      <pre tabIndex={0}>{lines.join('\n')}</pre>
    </details>
  )
}
