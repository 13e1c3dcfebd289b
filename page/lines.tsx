/** How embedded source line numbers were treated, file by file. */
import type { FileLines, Way } from '../src/report/model.ts'
import type { BuildView } from '../src/report/page/model.ts'
import { counted, Wide } from './words.tsx'

const WAYS: Readonly<Record<Way, string>> = {
  auto: 'auto',
  neutral: 'kept: the text was rewritten',
  mask: 'told apart and left out',
  table: 'set by a table',
  ignore: 'taken as changes',
}

export function Lines({ build }: { build: BuildView }) {
  const { files } = build.report.lines
  if (files.length === 0) return null
  return (
    <section aria-labelledby="lines">
      <h2 id="lines">Line numbers</h2>
      <p>
        Code may embed the number of the source line that it comes from. A patch that adds a line moves all numbers
        below it, and functions that nobody edited then look changed.
      </p>
      <Wide label="Files and how their line numbers were treated">
        <table>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Its numbers were</th>
              <th scope="col">Directives put in</th>
              <th scope="col">Not kept</th>
              <th scope="col">Why this way</th>
            </tr>
          </thead>
          <tbody>
            {files.map(({ file, way, insertions, unsafe, reason }) => (
              <tr key={file}>
                <th scope="row" class="mono">
                  {file}
                </th>
                <td>{WAYS[way]}</td>
                <td>{insertions}</td>
                <td>{unsafe.length === 0 ? 'none' : unsafe.join(', ')}</td>
                <td>{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {files.map(file => (
        <Embedded key={file.file} file={file} />
      ))}
    </section>
  )
}

const MOST = 500

function Embedded({ file: { file, embedded } }: { file: FileLines }) {
  if (embedded === null) return <p>{file}: which lines running code embeds was not looked at.</p>
  if (embedded.length === 0) return <p>{file}: running code embeds none of its lines.</p>
  return (
    <details>
      <summary>
        {file}: {counted(embedded.length, 'line')} whose number running code embeds
      </summary>
      <Wide label={`Embedded lines of ${file}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Stays as it is in</th>
              <th scope="col">Is replaced in</th>
              <th scope="col">Is set in</th>
            </tr>
          </thead>
          <tbody>
            {embedded.slice(0, MOST).map(({ line, stays, replaced, set }) => (
              <tr key={line}>
                <th scope="row">{line}</th>
                <td class="mono">{names(stays)}</td>
                <td class="mono">{names(replaced)}</td>
                <td class="mono">{names(set)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {embedded.length > MOST && <p>… and {embedded.length - MOST} more; the JSON has all.</p>}
    </details>
  )
}

const names = (list: readonly string[]) => list.map(name => (name === '' ? '(data)' : name)).join(', ')
