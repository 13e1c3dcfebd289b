/**
 * What the doctor looks at on the machine itself. To add a check: a row, with what it is needed for; what mends a lack is
 * a command where there is one.
 */
import type { DoctorUse } from '../../report/doctor-report.ts'
import { type Machine, mayTraceAll } from './machine.ts'
import { installHint, type PackageName } from './packages.ts'

/** `undefined` for `ok`: there was nothing to look at. */
export interface Found {
  readonly ok: boolean | undefined
  readonly text: string
  readonly hint?: string
}

export interface Check {
  readonly id: string
  readonly uses: readonly DoctorUse[]
  readonly look: (machine: Machine) => Found | Promise<Found>
}

const OLDEST_NODE = [20, 19] as const
const TO_COMPILE = ['build', 'rehearse', 'rehearse-arm64', 'process'] as const

export const MACHINE_CHECKS: readonly Check[] = [
  { id: 'system', uses: TO_COMPILE, look: system },
  { id: 'node', uses: TO_COMPILE, look: node },
  { id: 'cache', uses: TO_COMPILE, look: cache },
  { id: 'compiler', uses: ['build', 'process'], look: program('gcc', 'gcc') },
  { id: 'make', uses: ['build'], look: program('make', 'make') },
  { id: 'binutils', uses: TO_COMPILE, look: program('ld', 'binutils') },
  { id: 'read-only', uses: [], look: readOnlyMounts },
  { id: 'qemu', uses: ['rehearse'], look: program('qemu-system-x86_64', 'qemu-x86') },
  { id: 'guest-compiler', uses: ['rehearse'], look: guestCompiler('x64', 'x86_64-linux-gnu-gcc', 'gcc-x86-64') },
  { id: 'qemu-arm64', uses: ['rehearse-arm64'], look: program('qemu-system-aarch64', 'qemu-arm') },
  {
    id: 'guest-compiler-arm64',
    uses: ['rehearse-arm64'],
    look: guestCompiler('arm64', 'aarch64-linux-gnu-gcc', 'gcc-arm64'),
  },
  { id: 'ptrace', uses: ['process'], look: ptrace },
  { id: 'xen-host', uses: ['xen'], look: xenHost },
  { id: 'xen-livepatch', uses: ['xen'], look: xenLivepatch },
  { id: 'xl', uses: [], look: xl },
  { id: 'linux-livepatch', uses: ['linux'], look: linuxLivepatch },
]

function system({ platform, arch }: Machine): Found {
  const text = `${platform} on ${arch}`
  if (platform !== 'linux') return { ok: false, text, hint: 'run hotsplice on Linux: its compilers and QEMU run there' }
  return { ok: true, text }
}

function node({ node: version }: Machine): Found {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldest, oldestMinor] = OLDEST_NODE
  const ok = major > oldest || (major === oldest && minor >= oldestMinor)
  const text = `Node ${version}`
  return ok ? { ok, text } : { ok, text, hint: `install Node ${OLDEST_NODE.join('.')} or later (https://nodejs.org)` }
}

function cache({ cacheFolder, cacheFault }: Machine): Found {
  const fault = cacheFault()
  if (fault === undefined) return { ok: true, text: cacheFolder }
  return { ok: false, text: fault.message, ...(fault.hint === undefined ? {} : { hint: fault.hint }) }
}

/** A program that tells its version, by its first line. */
function program(name: string, packages: PackageName): Check['look'] {
  return async machine => {
    const answer = await machine.run([name, '--version'])
    if (answer === undefined) {
      return { ok: false, text: `${name} was not found on the PATH`, hint: installHint(packages, machine) }
    }
    if (answer.status === 0) return { ok: true, text: firstLine(answer.output) || name }
    const text = `${name} --version ended with status ${answer.status}: ${firstLine(answer.output)}`
    return { ok: false, text, hint: installHint(packages, machine) }
  }
}

/** What compiles the rehearsal's own guest: gcc on such a machine, a cross compiler elsewhere. */
function guestCompiler(arch: string, cross: string, packages: PackageName): Check['look'] {
  return machine => (machine.arch === arch ? program('gcc', 'gcc') : program(cross, packages))(machine)
}

/** As trees are kept from their compilers (trees/read-only.ts); without it they are compared before and after. */
async function readOnlyMounts(machine: Machine): Promise<Found> {
  const ways = [['--mount'], ['--user', '--map-current-user', '--keep-caps', '--mount']]
  for (const way of ways) {
    const answer = await machine.run(['unshare', ...way, 'true'])
    if (answer === undefined) break
    if (answer.status === 0) return { ok: true, text: 'compilers see the tree mounted read-only' }
  }
  const hint = 'nothing has to be done; sysctl kernel.unprivileged_userns_clone=1 brings namespaces on some systems'
  return {
    ok: false,
    text: 'no mount namespace can be had: the tree is compared before and after compilers run instead',
    hint,
  }
}

/** Documentation/admin-guide/LSM/Yama.rst of Linux has the values. */
function ptrace(machine: Machine): Found {
  const scope = machine.readText('/proc/sys/kernel/yama/ptrace_scope')?.trim() ?? '0'
  if (scope === '3') {
    const hint =
      'set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and reboot: it cannot be lowered while the system runs'
    return { ok: false, text: 'kernel.yama.ptrace_scope is 3: no process may be traced', hint }
  }
  if (mayTraceAll(machine)) return { ok: true, text: 'this process may trace every process (CAP_SYS_PTRACE)' }
  if (scope === '0') return { ok: true, text: 'processes of the same user may be traced' }
  const text = `kernel.yama.ptrace_scope is ${scope}: processes that are already running may not be traced`
  return { ok: false, text, hint: 'run hotsplice as root, or sysctl kernel.yama.ptrace_scope=0' }
}

function xenHost({ readText, isThere }: Machine): Found {
  if (readText('/proc/xen/capabilities')?.includes('control_d') === true)
    return { ok: true, text: 'this is dom0 of a Xen' }
  const isGuest = isThere('/sys/hypervisor/uuid') || isThere('/proc/xen/capabilities')
  const text = isGuest ? 'this is a guest of Xen, or /proc/xen is not mounted' : 'no Xen runs below this system'
  return { ok: false, text, hint: 'run this on dom0, or reach it from here: --host xen:ssh://root@SERVER' }
}

/** Asked on a host of Xen only: elsewhere the tool has nobody to ask. */
async function xenLivepatch(machine: Machine): Promise<Found> {
  if (xenHost(machine).ok !== true) return { ok: undefined, text: 'not a Xen host' }
  const answer = await machine.run(['xen-livepatch', 'list'])
  const tools = 'install the Xen tools of this hypervisor (Debian: apt-get install xen-system-amd64)'
  if (answer === undefined) return { ok: false, text: 'xen-livepatch was not found on the PATH', hint: tools }
  if (answer.status === 0) return { ok: true, text: 'xen-livepatch lists the payloads of this hypervisor' }
  const hint = 'run hotsplice as root, on a hypervisor that was built with CONFIG_LIVEPATCH=y'
  return { ok: false, text: `xen-livepatch list failed: ${firstLine(answer.output)}`, hint }
}

async function xl(machine: Machine): Promise<Found> {
  if (xenHost(machine).ok !== true) return { ok: undefined, text: 'not a Xen host' }
  const answer = await machine.run(['xl', 'info'])
  if (answer?.status === 0) {
    const [, version = 'an unknown version'] = /^xen_version\s*: (.*)$/m.exec(answer.output) ?? []
    return { ok: true, text: `Xen ${version}` }
  }
  const text = answer === undefined ? 'xl was not found on the PATH' : `xl info failed: ${firstLine(answer.output)}`
  return { ok: false, text, hint: 'without it the build-id of the host is not compared with the payload’s' }
}

function linuxLivepatch({ isThere }: Machine): Found {
  if (isThere('/sys/kernel/livepatch')) return { ok: true, text: 'the running kernel takes live patches' }
  return {
    ok: false,
    text: 'the running kernel has no /sys/kernel/livepatch',
    hint: 'boot a kernel that was built with CONFIG_LIVEPATCH=y',
  }
}

const firstLine = (text: string) => text.trim().split('\n', 1)[0] ?? ''
