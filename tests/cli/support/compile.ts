/**
 * Bundles src/ and page/ to dist/ before the tests that run the command as a process, unless dist/ is newer than both.
 * The bundle's files are renamed into their places, so that a command that runs meanwhile never reads half of one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))
const stamp = join(checkout, 'dist/cli/main.cjs')

export default function compile(): void {
  const newest = Math.max(
    ...['src', 'page'].flatMap(each => filesBelow(join(checkout, each))).map(file => statSync(file).mtimeMs),
  )
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return
  const words = run('scripts/bundle.mjs')
  if (!existsSync(stamp) || statSync(stamp).mtimeMs <= newest) throw new Error(`src/ was not bundled:\n${words}`)
}

function run(...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' })
  return stdout + stderr
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
