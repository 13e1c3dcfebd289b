/** The decoder's library, loaded when it is first asked for: most runs never do, and it takes longer to load than they do. */
import { createRequire } from 'node:module'
import type * as iced from 'iced-x86'

let library: typeof iced | undefined

export function decoderLibrary(): typeof iced {
  const loaded: typeof iced = library ?? createRequire(import.meta.url)('iced-x86')
  library = loaded
  return loaded
}
