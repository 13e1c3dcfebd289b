/**
 * What was published as a Debian package, made by the system's dpkg-deb. The same folder gives the same bytes: modes and times are
 * set, owners are root, and xz is asked for, whose bytes do not depend on the number of processors.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import type { PackageContent, PackageFacts } from '../base/package-content.ts'
import { DESCRIPTION, SUMMARY, settle, writeTree } from './package-tree.ts'

/** Throws `InputError` where dpkg-deb is missing, or does not make it. */
export function debianPackage(content: PackageContent, facts: PackageFacts): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-package-'))
  try {
    const [tree, made] = [join(folder, 'tree'), join(folder, 'made.deb')]
    const files = new Map([...content.files, ...ownFiles(content, facts)])
    writeTree(tree, { files, links: content.links })
    settle(tree, facts.time)
    makeRunnable(tree, facts.time)
    const args = ['--root-owner-group', '-Zxz', '--build', tree, made]
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(facts.time) }
    const { status, stderr, error } = spawnSync('dpkg-deb', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    if (status === 0) return new Uint8Array(readFileSync(made))
    const words = error?.message ?? stderr.toString('utf8').trim()
    throw new InputError(
      'publish/no-package',
      `dpkg-deb made no package: ${words}`,
      'Debian’s package dpkg has dpkg-deb',
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** dpkg reads these, and no host gets them. */
function ownFiles({ config, beforeRemoval }: PackageContent, facts: PackageFacts): [string, Uint8Array][] {
  const texts = {
    control: controlOf(facts),
    conffiles: config.map(path => `/${path}\n`).join(''),
    prerm: `#!/bin/sh\nset -e\ncase "$1" in remove) ${beforeRemoval} ;; esac\n`,
  }
  return Object.entries(texts).map(([name, text]) => [`DEBIAN/${name}`, new Uint8Array(Buffer.from(text))])
}

const controlOf = ({ name, version, maintainer }: PackageFacts) =>
  [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    `Maintainer: ${maintainer}`,
    'Section: admin',
    'Priority: optional',
    `Description: ${SUMMARY}`,
    ` ${DESCRIPTION}`,
    '',
  ].join('\n')

function makeRunnable(tree: string, time: number): void {
  const script = join(tree, 'DEBIAN/prerm')
  chmodSync(script, 0o755)
  utimesSync(script, time, time)
}
