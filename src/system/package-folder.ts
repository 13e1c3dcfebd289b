import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InternalError } from '../base/errors.ts'

/** A file or folder of this package, by its path from package.json; this module may be in src/, dist/ or a bundle. */
export function packagePath(name: string): string {
  for (let here = new URL('./', import.meta.url); ; here = new URL('../', here)) {
    if (existsSync(new URL('package.json', here))) return fileURLToPath(new URL(name, here))
    if (here.pathname === '/') throw new InternalError(`no package.json above ${import.meta.url}`)
  }
}
