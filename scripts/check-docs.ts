/**
 * Says what is missing in the comments of the public declarations, api/*.d.ts; exits with 1 where something is.
 *
 *   npx tsx scripts/check-docs.ts
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ENTRIES } from './api/declared.ts'
import { missingDocs } from './api/docs.ts'

const missing = ENTRIES.flatMap(({ declarations }) =>
  missingDocs(declarations, readFileSync(fileURLToPath(new URL(`../${declarations}`, import.meta.url)), 'utf8')),
)
for (const { file, line, name, what } of missing)
  console.log(`${file}:${line}: ${name} has no ${what.replace(/^a /, '')}`)
process.exitCode = missing.length === 0 ? 0 : 1
