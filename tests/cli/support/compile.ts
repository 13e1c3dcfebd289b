/** Compiles src/ to dist/ before the tests that run the command as a process, unless dist/ is newer than all of src/. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))

export default function compile(): void {
  const built = join(checkout, 'dist/cli/main.js')
  if (existsSync(built) && statSync(built).mtimeMs > newest(join(checkout, 'src'))) return
  try {
    execFileSync(process.execPath, [join(checkout, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
      cwd: checkout,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  } catch (error) {
    const words = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
    throw new Error(`src/ does not compile, so the command cannot be tested:\n${words}`)
  }
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return Math.max(...files.map(entry => statSync(join(entry.parentPath, entry.name)).mtimeMs))
}
