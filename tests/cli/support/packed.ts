/** The package as its users have it: packed, unpacked beside what it depends on, without the checkout and without a network. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))
export const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))

/** Puts it below `node_modules` of a folder, and returns where it is. */
export function installPackage(folder: string): string {
  // dist/ was compiled before these tests; packing must not compile into it again while others use it.
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  execFileSync('npm', pack, { cwd: checkout, stdio: ['ignore', 'pipe', 'ignore'] })
  const installed = join(folder, 'node_modules/hotsplice')
  mkdirSync(installed, { recursive: true })
  const archive = join(folder, `hotsplice-${manifest.version}.tgz`)
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', '-C', installed])
  // As npm would put them there: what the package depends on, and nothing else.
  for (const name of dependenciesOf(manifest)) installModule(folder, name)
  return installed
}

function dependenciesOf({ dependencies = {} }: { dependencies?: Record<string, string> }): string[] {
  return Object.keys(dependencies)
}

/** A module of the checkout, with what it depends on. */
export function installModule(folder: string, name: string): void {
  const to = join(folder, 'node_modules', name)
  if (existsSync(to)) return
  const from = join(checkout, 'node_modules', name)
  cpSync(from, to, { recursive: true })
  for (const further of dependenciesOf(JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))))
    installModule(folder, further)
}
