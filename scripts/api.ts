/**
 * Writes the public declarations, one file for each entry of the package: api/*.d.ts, from what tsc makes of src/. They
 * are what the package's users compile against, and a test holds them against src/.
 *
 *   npm run api
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { apiTexts } from './api/texts.ts'

for (const [file, text] of apiTexts()) {
  writeFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), text)
  console.log(`wrote ${file}`)
}
