/** Writes docs/schema/*.json from the schemas in src/cli/schemas.ts; `--check` only says whether they are up to date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { schemaTexts } from './schema-texts.ts'

const folder = fileURLToPath(new URL('../docs/schema/', import.meta.url))
const isCheck = process.argv.includes('--check')

mkdirSync(folder, { recursive: true })
for (const [name, text] of schemaTexts()) {
  const file = join(folder, `${name}.json`)
  if (!isCheck) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`docs/schema/${name}.json is not what src/cli/schemas.ts says; run \`npm run schemas\``)
    process.exitCode = 1
  }
}
