/** The page of a report: reads the data that stands in it, and shows them. It fetches nothing and keeps nothing. */
import { render } from 'preact'
import type { PageData } from '../src/report/page/model.ts'
import { App } from './app.tsx'
import { unfoldForPaper } from './paper.ts'

const source = document.getElementById('data')
const place = document.getElementById('page')
if (source !== null && place !== null) {
  const data: PageData = JSON.parse(source.textContent ?? '')
  // What has been read needs no second copy in memory.
  source.textContent = ''
  const [first] = data.builds
  document.title = `${first?.title.slice(0, 80) ?? (data.fleet === null ? 'Report' : 'Fleet')} – hotsplice`
  place.textContent = ''
  render(<App data={data} />, place)
  unfoldForPaper()
  // For bench/page.ts: when it is there to be seen.
  requestAnimationFrame(() => performance.mark('shown'))
}
