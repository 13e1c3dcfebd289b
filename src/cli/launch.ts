/**
 * Loads a module of the bundle, and those that it requires, with what V8 compiled of them when the bundle was made: half
 * of a short command's own time went to compiling the same functions again. V8 refuses what another version made or what
 * belongs to another text, and then compiles as usual. From Node 22 on `module.enableCompileCache()` does the same.
 */
import { readFileSync } from 'node:fs'
import { createRequire, wrap } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** What `compiled` is told, for the bundler: where to keep it, and what knows a module's functions once they have run. */
export type Compiled = (file: string, script: Script) => void

/** Beside a module. */
const KEPT = '.compiled'

/** The exports of the module in `file`, which is CommonJS and of ASCII only. */
export function launch(file: string, compiled?: Compiled): unknown {
  const loaded = new Map<string, { readonly exports: unknown }>()
  const load = (path: string): unknown => {
    const known = loaded.get(path)
    if (known !== undefined) return known.exports
    const made = { exports: {} }
    loaded.set(path, made)
    const script = new Script(wrap(readFileSync(path, 'latin1')), { filename: path, ...cached(path) })
    compiled?.(path + KEPT, script)
    const folder = dirname(path)
    const others = createRequire(path)
    const required = (id: string): unknown => (id.startsWith('.') ? load(join(folder, id)) : others(id))
    script.runInThisContext().call(made.exports, made.exports, required, made, path, folder)
    return made.exports
  }
  return load(file)
}

function cached(path: string): { readonly cachedData?: Buffer } {
  try {
    return { cachedData: readFileSync(path + KEPT) }
  } catch {
    return {}
  }
}
