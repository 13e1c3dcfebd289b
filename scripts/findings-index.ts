/** Writes docs/findings/README.md, the index of all refusals, errors and checks, from the pages beside it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findingsIndex } from './findings/index-text.ts'

const folder = fileURLToPath(new URL('../docs/findings/', import.meta.url))
const pages = readdirSync(folder)
  .filter(name => name.endsWith('.md') && name !== 'README.md')
  .map(name => ({ name, text: readFileSync(`${folder}${name}`, 'utf8') }))
writeFileSync(`${folder}README.md`, findingsIndex(pages))
