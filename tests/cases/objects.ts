/** Objects as binutils reads them, which wants files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readObject } from '../xen/oracle/binutils.ts'
import { type ObjectText, textOf } from '../xen/oracle/functions.ts'

export function textFrom(object: Uint8Array): ObjectText {
  return withFile(object, file => textOf(readObject(file)))
}

export function symbolsOf(object: Uint8Array): ReadonlySet<string> {
  return withFile(object, file => new Set(readObject(file).symbols.map(({ name }) => name)))
}

function withFile<T>(object: Uint8Array, use: (file: string) => T): T {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-object-'))
  try {
    writeFileSync(join(work, 'unit.o'), object)
    return use(join(work, 'unit.o'))
  } finally {
    rmSync(work, { recursive: true })
  }
}
