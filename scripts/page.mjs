/**
 * The report page without data: page/ as one HTML file that needs nothing else. Its policy lets only the script and the
 * style run that stand in it, by their hashes, and nothing be fetched.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

/** The text that `src/report/page/page.ts` puts data in the place of. */
const DATA_PLACE = '{"schema":0}'

/** `{ text, output }`: the file, and the chunks that it is made of, whose packages want their licences told. */
export async function pageShell(checkout) {
  const build = await rolldown({
    cwd: checkout,
    input: join(checkout, 'page/main.tsx'),
    platform: 'browser',
    // A package that is not installed would be taken for one that the page finds where it is opened.
    onLog(level, log, told) {
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(`${log.message}: npm ci installs it`)
      told(level, log)
    },
  })
  const { output } = await build.generate({ format: 'iife', minify: true, comments: false })
  await build.close()
  const [chunk] = output
  // Nothing in the script may end its element.
  const script = chunk.code.trim().replaceAll('</', '<\\/')
  const style = minified(readFileSync(join(checkout, 'page/style.css'), 'utf8'))
  return { text: shell(script, style), output }
}

const minified = css =>
  css
    .replace(/\s*\n\s*/g, '')
    .replace(/\s*([{;:,])\s+/g, '$1')
    .replace(/\s*([{>+])\s*/g, '$1')
    .replaceAll(';}', '}')
    .replace(/(?<=[ :,(])0\./g, '.')

const hash = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

function shell(script, style) {
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Report – hotsplice</title>
<style>${style}</style>
</head>
<body>
<div id="page"><p>This page shows a report of hotsplice, and needs JavaScript for it. Nothing is fetched.</p></div>
<script type="application/json" id="data">${DATA_PLACE}</script>
<script>${script}</script>
</body>
</html>
`
}
