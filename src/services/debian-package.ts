/**
 * A published folder as a Debian package, made by the system's dpkg-deb. The same folder gives the same bytes: modes and times are
 * set, owners are root, and xz is asked for, whose bytes do not depend on the number of processors.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { InputError } from '../base/errors.ts'

export interface PackageFacts {
  readonly name: string
  readonly version: string
  /** `Name <address>`. */
  readonly maintainer: string
  /** In seconds since 1970: of every file in it. */
  readonly time: number
}

/** `files` by their paths in the package. Throws `InputError` where dpkg-deb is missing, or does not make it. */
export function debianPackage(files: ReadonlyMap<string, Uint8Array>, facts: PackageFacts): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-package-'))
  try {
    const [tree, made] = [join(folder, 'tree'), join(folder, 'made.deb')]
    const control = new Uint8Array(Buffer.from(controlOf(facts)))
    for (const [path, content] of [...files, ['DEBIAN/control', control] as const]) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      writeFileSync(join(tree, path), content)
    }
    settle(tree, facts.time)
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

const controlOf = ({ name, version, maintainer }: PackageFacts) =>
  [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    `Maintainer: ${maintainer}`,
    'Section: admin',
    'Priority: optional',
    'Description: hotpatches, by the build-id of what runs',
    ' Installing or removing it applies and reverts nothing.',
    '',
  ].join('\n')

/** Whatever the umask is, and whenever it is made; a folder after what is in it, whose making changes its time. */
function settle(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) settle(path, time)
    else {
      chmodSync(path, 0o644)
      utimesSync(path, time, time)
    }
  }
  chmodSync(folder, 0o755)
  utimesSync(folder, time, time)
}
