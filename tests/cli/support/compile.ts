/**
 * Compiles src/ to dist/ before the tests that run the command as a process, unless dist/ is newer than all of src/.
 * Each file is renamed into its place, so that a command that runs meanwhile never reads half of one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))
const stamp = join(checkout, 'dist/cli/main.js')

export default function compile(): void {
  const newest = Math.max(...filesBelow(join(checkout, 'src')).map(file => statSync(file).mtimeMs))
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return
  const begun = new Date()
  const place = join(checkout, `.vitest/dist-${process.pid}`)
  try {
    const words = runCompiler(place)
    if (!existsSync(join(place, 'cli/main.js'))) throw new Error(`src/ was not compiled:\n${words}`)
    for (const file of filesBelow(place)) moveInto(join(checkout, 'dist', relative(place, file)), file)
    // What changed while the compiler ran is newer than this.
    utimesSync(stamp, begun, begun)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Types are `make check`'s business: here what compiles is enough. */
function runCompiler(place: string): string {
  const compiler = join(checkout, 'node_modules/typescript/bin/tsc')
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', place, '--noEmitOnError', 'false']
  return spawnSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' }).stdout
}

function moveInto(to: string, from: string): void {
  mkdirSync(dirname(to), { recursive: true })
  renameSync(from, to)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
