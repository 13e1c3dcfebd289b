/** What `hotsplice package` does: reads what was published, holds payloads against their digests, has a package made. */
import { InputError } from '../../base/errors.ts'
import { checkPublished } from '../../flows/fleet/publish/manifest.ts'
import { packageFiles } from '../../flows/fleet/publish/package-files.ts'
import { debianPackage } from '../../services/debian-package.ts'
import { rpmPackage } from '../../services/rpm-package.ts'
import { packagePath } from '../../system/package-folder.ts'
import type { Finished } from '../attempt.ts'
import { checkOutside } from '../console.ts'
import { readInput, readText, writeWhole } from '../files.ts'
import { readPublished, readUpdates } from '../published-folder.ts'

interface PackageArguments {
  readonly published: string
  readonly output: string
  readonly name: string
  readonly packageVersion: string
  readonly maintainer: string
  readonly statementKey?: string
}

/** By the end of the file's name. */
const KINDS = [
  // An epoch may stand before it, and behind the last hyphen what Debian calls a revision.
  { end: '.deb', version: /^(?:\d{1,9}:)?[0-9][A-Za-z0-9.+~-]*(?<!-)$/, make: debianPackage },
  // What follows a hyphen is an RPM package's release.
  { end: '.rpm', version: /^(?:\d{1,9}:)?[0-9][A-Za-z0-9.+~]*$/, make: rpmPackage },
] as const

export function runPackage(request: PackageArguments): Finished {
  const { published, output, name, packageVersion, maintainer, statementKey } = request
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
  const files = readPublished(published)
  const index = readUpdates(files, published)
  checkPublished(files, statementKey === undefined ? undefined : readText(statementKey, 'the key', 'latin1'))
  const program = readInput(packagePath('boot/hotsplice-boot'), 'the boot program')
  const content = packageFiles({ name, updates: index, published: files, program })
  const time = Math.floor(Date.parse(index.date) / 1000)
  const made = kind.make(content, { name, version: packageVersion, maintainer, time })
  writeWhole(output, made)
  return { ending: 'done', text: `wrote ${output}: ${files.size} files` }
}
