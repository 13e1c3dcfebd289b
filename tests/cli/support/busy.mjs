// Loaded into a command's thread, makes reading a patch an endless computation, as one of a bad input would be.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const { readFileSync } = fs
if (!isMainThread) {
  fs.readFileSync = (path, ...rest) => {
    if (String(path).endsWith('no.patch')) for (;;);
    return readFileSync(path, ...rest)
  }
  syncBuiltinESMExports()
}
