/** How what is missing is installed here. To add a family of distributions: a row in FAMILIES and a name in each package. */
import type { Machine } from './machine.ts'

type Family = 'debian' | 'fedora'

const FAMILIES: Readonly<Record<Family, { readonly ids: readonly string[]; readonly install: string }>> = {
  debian: { ids: ['debian', 'ubuntu'], install: 'apt-get install' },
  fedora: { ids: ['fedora', 'rhel', 'centos'], install: 'dnf install' },
}

/** Names of packages in each family, and words for all others. */
const PACKAGES = {
  gcc: { debian: 'gcc libc6-dev', fedora: 'gcc glibc-devel', words: 'gcc and the headers of the C library' },
  make: { debian: 'make', fedora: 'make', words: 'GNU make' },
  binutils: { debian: 'binutils', fedora: 'binutils', words: 'GNU binutils' },
  'qemu-x86': {
    debian: 'qemu-system-x86 seabios',
    fedora: 'qemu-system-x86-core seabios-bin',
    words: 'QEMU for x86-64, with its BIOS',
  },
  'qemu-arm': { debian: 'qemu-system-arm', fedora: 'qemu-system-aarch64-core', words: 'QEMU for AArch64' },
  'gcc-arm64': {
    debian: 'gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu',
    fedora: 'gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu',
    words: 'a gcc that compiles for AArch64',
  },
  'gcc-x86-64': {
    debian: 'gcc-x86-64-linux-gnu',
    fedora: 'gcc-x86_64-linux-gnu',
    words: 'a gcc that compiles for x86-64',
  },
  'util-linux': { debian: 'util-linux', fedora: 'util-linux', words: 'util-linux' },
} as const satisfies Record<string, Readonly<Record<Family | 'words', string>>>

export type PackageName = keyof typeof PACKAGES

/** The command that installs it, or words where it is not known how packages are called here. */
export function installHint(name: PackageName, machine: Pick<Machine, 'readText'>): string {
  const family = familyOf(machine.readText('/etc/os-release') ?? '')
  return family === undefined
    ? `install ${PACKAGES[name].words}`
    : `${FAMILIES[family].install} ${PACKAGES[name][family]}`
}

/** os-release(5): `ID=debian`, `ID_LIKE="rhel centos"`. */
function familyOf(release: string): Family | undefined {
  const ids = [...release.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap(([, value = '']) =>
    value.replaceAll(/["']/g, '').split(' '),
  )
  const names = ['debian', 'fedora'] as const
  return names.find(family => FAMILIES[family].ids.some(id => ids.includes(id)))
}
