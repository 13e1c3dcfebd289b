/** A small fleet that was built, with keys to publish it, in a folder of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSmallFleet } from '../../support/small-fleet.ts'
import { hotsplice, type Run } from '../../xen/command.ts'

export const RELEASE_ID = '11'.repeat(20)
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

export class PublishedFleet {
  readonly folder = mkdtempSync(join(tmpdir(), 'hotsplice-publish-'))

  static async make(): Promise<PublishedFleet> {
    const made = new PublishedFleet()
    const fleet = makeSmallFleet(made.folder)
    for (const name of ['ours', 'other']) {
      const what = ['-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`]
      made.openssl('req', '-x509', ...what, '-keyout', `${name}.key`, '-out', `${name}.crt`)
    }
    made.openssl('genpkey', '-algorithm', 'ed25519', '-out', 'edwards.key')
    made.openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'p256.key')
    for (const name of ['edwards', 'p256']) made.openssl('pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`)
    await hotsplice(['fleet', 'build', fleet.file, '-o', made.at('built')], { cwd: made.folder })
    // Objects without a program have no build-id; the index is told one, as a fleet's file would.
    made.changeIndex(index => {
      for (const base of index.bases) base.buildId = base.name === 'late' ? RELEASE_ID : '22'.repeat(20)
      for (const { base, payload } of index.cells)
        if (payload) payload.runs ??= base === 'late' ? RELEASE_ID : '22'.repeat(20)
    })
    return made
  }

  at(...names: string[]): string {
    return join(this.folder, ...names)
  }

  openssl(...args: string[]): Buffer {
    return execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' })
  }

  // biome-ignore lint/suspicious/noExplicitAny: as it is in the file
  changeIndex(change: (index: any) => void, built = 'built'): void {
    const file = this.at(built, 'index.json')
    const index = JSON.parse(readFileSync(file, 'utf8'))
    change(index)
    writeFileSync(file, JSON.stringify(index))
  }

  publish(output: string, more: readonly string[] = ['--statement-key', 'edwards.key'], built = 'built'): Promise<Run> {
    const who = ['--publisher', 'Tests', '--namespace', 'https://tests.example', '--date', '2026-11-30T00:00:00Z']
    const words = ['publish', built, '-o', output, '--key', 'ours.key', '--cert', 'ours.crt', ...who, ...more]
    return hotsplice(words, { cwd: this.folder })
  }

  /** Of a folder, below it. */
  filesIn(name: string): string[] {
    return readdirSync(this.at(name), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(this.at(name).length + 1))
      .sort()
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
