/**
 * What a package has besides what was published: the program that applies at boot what fits the running Xen, its list, its unit and
 * its configuration. In: `updates.json` and the program's text. Out: files by their paths on a host. Pure.
 *
 * Packages of several names can be on one host: all that is in one has its name.
 */
import { InputError } from '../../../base/errors.ts'
import type { PackageContent } from '../../../base/package-content.ts'
import type { Updates } from '../../../report/updates.ts'

export interface PackageRequest {
  readonly name: string
  readonly updates: Updates
  /** By their paths in the published folder. */
  readonly published: ReadonlyMap<string, Uint8Array>
  /** The text of boot/hotsplice-boot. */
  readonly program: Uint8Array
}

/** Throws `InputError` (publish/bad-name) where a name is none that the boot program's list can have. */
export function packageFiles({ name, updates, published, program }: PackageRequest): PackageContent {
  const home = `usr/lib/hotsplice/${name}`
  const command = `/bin/sh /${home}/boot/hotsplice-boot`
  // systemd takes no + in a name, and no package's name has an underscore.
  const unit = `hotsplice-${name.replaceAll('+', '_')}.service`
  const config = `etc/hotsplice/${name}.conf`
  return {
    files: new Map([
      ...[...published].map(([path, content]) => [`${home}/${path}`, content] as const),
      [`${home}/boot/hotsplice-boot`, program],
      [`${home}/boot/list`, encode(bootList(updates))],
      [`usr/lib/systemd/system/${unit}`, encode(unitText(name, command))],
      [config, encode(CONFIG)],
    ]),
    // As a package without scripts of its own says that a unit is started at boot.
    links: new Map([[`usr/lib/systemd/system/multi-user.target.wants/${unit}`, `../${unit}`]]),
    config: [config],
    folders: [home],
    beforeRemoval: `${command} removed`,
  }
}

/** A head, then a line for each payload, in order: the build-id of what runs, base, fix, SHA-256, and the file. */
function bootList({ bases }: Updates): string {
  const lines = bases.flatMap(({ buildId, name, payloads }) =>
    payloads.map(({ fix, file, sha256 }) => {
      const words = [buildId, name, fix, sha256, file]
      const odd = words.find(word => !WORD.test(word) || word.split('/').includes('..'))
      if (odd === undefined) return words.join(' ')
      const fact = `${JSON.stringify(odd)} in updates.json is no word that the list of what is applied at boot can have`
      throw new InputError('publish/bad-name', fact, 'letters, digits and . _ + - /, with a letter or digit in front')
    }),
  )
  return ['# hotsplice boot 1', ...lines, ''].join('\n')
}

const WORD = /^[A-Za-z0-9][A-Za-z0-9._+/-]*$/

const unitText = (name: string, command: string) => `[Unit]
Description=Hotpatches for the running Xen (${name})
ConditionPathExists=/proc/xen/capabilities
After=proc-xen.mount xenstored.service xen.service

[Service]
Type=oneshot
RemainAfterExit=yes
NotifyAccess=all
ExecStart=${command} apply

[Install]
WantedBy=multi-user.target
`

const CONFIG = `# What is done with this package's hotpatches; \`systemctl restart\` of its unit, or a boot, heeds it.

# yes: what fits the running Xen is applied at boot. no: nothing is.
apply = yes

# keep: what is applied stays so when the package is removed, until the machine boots anew. revert: it is taken back before.
on-removal = keep

# Names of fixes that are not applied; what was built upon one of them is left out, too.
leave-out =
`

const encode = (text: string) => new Uint8Array(Buffer.from(text))
