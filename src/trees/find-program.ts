/** Where a program is, as the shell would find it. */
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** The file that `name` means to a command that runs in `folder`; undefined where there is none. */
export function findProgram(name: string, folder: string): string | undefined {
  if (name.includes('/')) return isProgram(isAbsolute(name) ? name : join(folder, name))
  for (const place of (process.env.PATH ?? '').split(':')) {
    const found = isProgram(join(place === '' ? folder : place, name))
    if (found !== undefined) return found
  }
  return undefined
}

function isProgram(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile() ? path : undefined
  } catch {
    return undefined
  }
}
