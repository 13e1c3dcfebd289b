/** What `hotsplice package` does: reads what was published, holds payloads against their digests, has a package made. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import * as v from 'valibot'
import { InputError } from '../../base/errors.ts'
import { packageFiles } from '../../flows/fleet/publish/package-files.ts'
import { type Updates, updates } from '../../report/updates.ts'
import { debianPackage } from '../../services/debian-package.ts'
import { rpmPackage } from '../../services/rpm-package.ts'
import { packagePath } from '../../system/package-folder.ts'
import type { Finished } from '../attempt.ts'
import { checkOutside } from '../console.ts'
import { readInput, readText, writeWhole } from '../files.ts'

interface PackageArguments {
  readonly published: string
  readonly output: string
  readonly name: string
  readonly packageVersion: string
  readonly maintainer: string
}

/** By the end of the file's name. */
const KINDS = [
  { end: '.deb', version: /^[0-9][A-Za-z0-9.+~-]*$/, make: debianPackage },
  // What follows a hyphen is an RPM package's release.
  { end: '.rpm', version: /^[0-9][A-Za-z0-9.+~]*$/, make: rpmPackage },
] as const

export function runPackage({ published, output, name, packageVersion, maintainer }: PackageArguments): Finished {
  const kind = KINDS.find(({ end }) => output.endsWith(end))
  if (kind === undefined) {
    throw new InputError('cli/usage', `${output} ends neither in .deb nor in .rpm`, 'give -o FILE.deb or FILE.rpm')
  }
  // What is in a line of the control file ends with the line.
  const isWord = /^[a-z0-9][a-z0-9+.-]+$/.test(name) && kind.version.test(packageVersion)
  if (!isWord || /[\r\n]/.test(maintainer)) {
    throw new InputError(
      'cli/usage',
      `the name, version or maintainer is none that a ${kind.end} can have`,
      'fixes, 1.0, Us <us@us.example>',
    )
  }
  checkOutside(published, output)
  const index = readUpdates(join(published, 'updates.json'))
  const files = new Map(
    readdirSync(published, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(published, join(entry.parentPath, entry.name)))
      .sort()
      .map(path => [path, readInput(join(published, path), 'the file')]),
  )
  for (const { file, sha256 } of index.bases.flatMap(({ payloads }) => payloads)) {
    const content = files.get(file)
    if (content === undefined || createHash('sha256').update(content).digest('hex') !== sha256) {
      const fact = `${file} is not there, or is not what updates.json says`
      throw new InputError('publish/missing', fact, 'publish it again')
    }
  }
  const program = readInput(packagePath('boot/hotsplice-boot'), 'the boot program')
  const content = packageFiles({ name, updates: index, published: files, program })
  const time = Math.floor(Date.parse(index.date) / 1000)
  const made = kind.make(content, { name, version: packageVersion, maintainer, time })
  writeWhole(output, made)
  return { ending: 'done', text: `wrote ${output}: ${files.size} files` }
}

function readUpdates(file: string): Updates {
  let value: unknown
  try {
    value = JSON.parse(readText(file, 'the index', 'utf8'))
  } catch (error) {
    if (error instanceof InputError) throw error
  }
  const read = v.safeParse(updates, value)
  if (read.success) return read.output
  throw new InputError(
    'publish/no-index',
    `${file} is no index of what was published`,
    'give the folder of `hotsplice publish`',
  )
}
