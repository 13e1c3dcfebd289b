/**
 * Draws which room of src/ imports which: docs/imports.svg. Rooms stand in the order of docs/ARCHITECTURE.md, those that
 * others are made of below. Arrows down are on the right; one that went up would be on the left, in red, and the exit
 * code 1.
 *
 *   npm run imports
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { arrows, drawing, isUpward, ROOMS } from './imports/drawing.ts'

const all = arrows()
const up = all.filter(isUpward)
writeFileSync(fileURLToPath(new URL('../docs/imports.svg', import.meta.url)), drawing(all))
for (const { from, to } of up) console.log(`upwards: ${from} → ${to}`)
console.log(`${ROOMS.length} rooms, ${all.length} arrows, ${up.length} of them upwards: docs/imports.svg`)
process.exitCode = up.length === 0 ? 0 : 1
