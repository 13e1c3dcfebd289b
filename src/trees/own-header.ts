/** What sources of the user's own may use: the text of include/hotsplice.h, one character a byte. */
import { readFileSync } from 'node:fs'
import { packagePath } from '../system/package-folder.ts'

export const OWN_HEADER = 'hotsplice.h'

export function ownHeader(): string {
  return readFileSync(packagePath(`include/${OWN_HEADER}`), 'latin1')
}
