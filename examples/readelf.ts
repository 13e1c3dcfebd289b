/**
 * readelf in twenty lines, on the library: `npx tsx examples/readelf.ts FILE...`
 * Its text can be compared with `readelf -hSgrsnW FILE`.
 */
import { readFileSync } from 'node:fs'
import { describe, InputError } from '../src/base/errors.ts'
import { dumpElf, readElf } from '../src/elf/index.ts'

for (const file of process.argv.slice(2)) {
  try {
    process.stdout.write(dumpElf(readElf(readFileSync(file))))
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    process.stderr.write(`${file}: ${describe(error)}\n`)
    process.exitCode = 1
  }
}
