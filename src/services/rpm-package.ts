/**
 * What was published as an RPM package, made by the system's rpmbuild. The same folder gives the same bytes, and payloads stay as
 * they were signed: what rpmbuild does to files by itself (stripping, notes about debug information) is switched off. Debian's
 * rpmbuild 4.18 takes signatures off of relocatable objects otherwise, and says nothing.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import type { PackageContent, PackageFacts } from '../base/package-content.ts'
import { DESCRIPTION, SUMMARY, settle, writeTree } from './package-tree.ts'

const MADE = 'made.rpm'

/** Throws `InputError` where rpmbuild is missing, or does not make it. */
export function rpmPackage(content: PackageContent, facts: PackageFacts): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-package-'))
  try {
    const [tree, spec] = [join(folder, 'tree'), join(folder, 'package.spec')]
    mkdirSync(tree)
    writeTree(tree, content)
    settle(tree, facts.time)
    writeFileSync(spec, specOf(content, facts))
    const macros = { _topdir: folder, _rpmdir: folder, _tmppath: folder, ...MACROS }
    const defined = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`])
    const args = ['-bb', '--quiet', '--nodeps', '--target', 'noarch', ...defined, spec]
    // A home of its own, since ~/.rpmmacros is read from there.
    const env = { ...process.env, HOME: folder, TREE: tree, SOURCE_DATE_EPOCH: String(facts.time), LC_ALL: 'C' }
    const { status, stderr, error } = spawnSync('rpmbuild', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    if (status === 0) return new Uint8Array(readFileSync(join(folder, MADE)))
    const words = error?.message ?? stderr.toString('utf8').trim()
    throw new InputError(
      'publish/no-package',
      `rpmbuild made no package: ${words}`,
      'the package rpm-build has rpmbuild',
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const MACROS = {
  _rpmfilename: MADE,
  // Whoever makes it, wherever and whenever.
  _buildhost: 'localhost',
  use_source_date_epoch_as_buildtime: 1,
  clamp_mtime_to_source_date_epoch: 1,
  source_date_epoch_from_changelog: 0,
  _binary_payload: 'w9.gzdio',
  // Files stay as they are.
  __os_install_post: '%{nil}',
  debug_package: '%{nil}',
  _build_id_links: 'none',
  // Payloads are for other machines, too.
  _binaries_in_noarch_packages_terminate_build: 0,
}

function specOf({ files, links, config, folders, beforeRemoval }: PackageContent, facts: PackageFacts): string {
  const single = [...files.keys(), ...links.keys()].filter(
    path => !config.includes(path) && !folders.some(folder => path.startsWith(`${folder}/`)),
  )
  const [, epoch, version = facts.version] = /^(?:(\d+):)?(.*)$/.exec(facts.version) ?? []
  return `Name: ${facts.name}
${epoch === undefined ? '' : `Epoch: ${epoch}\n`}Version: ${version}
Release: 1
Summary: ${SUMMARY}
License: as the programs that it is for
Packager: ${facts.maintainer.replaceAll('%', '%%')}
BuildArch: noarch
AutoReqProv: no
%description
${DESCRIPTION}
%install
cp -a "$TREE/." "%{buildroot}/"
%preun
if [ "$1" = 0 ]; then ${beforeRemoval}; fi
%files
%defattr(0644,root,root,0755)
${folders.map(path => `/${path}`).join('\n')}
${config.map(path => `%config(noreplace) /${path}`).join('\n')}
${single.map(path => `/${path}`).join('\n')}
`
}
