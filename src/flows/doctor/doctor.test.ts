import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { type DoctorReport, type DoctorUse, doctorText } from '../../report/doctor-report.ts'
import { PLAIN } from '../../report/ink.ts'
import { doctor } from './doctor.ts'
import type { Answer, Machine } from './machine.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-doctor-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const USER = 'CapEff:\t0000000000000000\n'
const ROOT = 'CapEff:\t000001ffffffffff\n'

/** A machine that has all programs, as an ordinary user sees it; what differs is given. */
function machine(differs: Partial<Machine> & { files?: Record<string, string>; programs?: Programs } = {}): Machine {
  const { files = {}, programs = {}, ...rest } = differs
  const texts: Readonly<Record<string, string>> = {
    '/proc/self/status': USER,
    '/etc/os-release': 'ID=debian\n',
    ...files,
  }
  return {
    platform: 'linux',
    arch: 'x64',
    node: '20.19.0',
    run: async ([name = '']) => (name in programs ? programs[name] : { status: 0, output: `${name} 1.0\n` }),
    readText: path => texts[path],
    isThere: path => path in texts,
    cacheFolder: join(folder, 'cache'),
    cacheFault: () => undefined,
    ...rest,
  }
}
type Programs = Record<string, Answer | undefined>

const examined = (here: Machine, asked: readonly DoctorUse[] = ['build'], files = {}) =>
  doctor({ asked, version: '0', ...files }, here)
const row = (report: DoctorReport, id: string) => {
  const { status, text, hint } = report.checks.find(check => check.id === id) ?? { status: '', text: '', hint: '' }
  return `${status}: ${text}${hint === null ? '' : ` → ${hint}`}`
}

describe('what is missing is told with what mends it', () => {
  const lacking = { gcc: undefined }
  test.for<[name: string, here: () => Machine, id: string, told: string | RegExp]>([
    [
      'a compiler on Debian',
      () => machine({ programs: lacking }),
      'compiler',
      /missing: gcc was not .* → apt-get install gcc/,
    ],
    [
      'a compiler on a relative of Fedora',
      () => machine({ programs: lacking, files: { '/etc/os-release': 'ID="rocky"\nID_LIKE="rhel centos fedora"\n' } }),
      'compiler',
      /→ dnf install gcc glibc-devel$/,
    ],
    [
      'a compiler elsewhere',
      () => machine({ programs: lacking, files: { '/etc/os-release': 'ID=nixos\n' } }),
      'compiler',
      /→ install gcc and the headers/,
    ],
    [
      'a program that is broken',
      () => machine({ programs: { make: { status: 127, output: 'make: libguile.so: not found' } } }),
      'make',
      /missing: make --version ended with status 127: make: libguile.so/,
    ],
    ['an old Node', () => machine({ node: '20.18.3' }), 'node', /missing: Node 20.18.3 → install Node 20.19 or later/],
    ['a Node of the oldest kind', () => machine(), 'node', 'ok: Node 20.19.0'],
    ['another system', () => machine({ platform: 'darwin' }), 'system', /missing: darwin on x64 →/],
    [
      'a cache that cannot be written',
      () =>
        machine({
          cacheFault: () => new InputError('system/cache-not-usable', 'it cannot be written', 'name another'),
        }),
      'cache',
      'missing: it cannot be written → name another',
    ],
    [
      'QEMU',
      () => machine({ programs: { 'qemu-system-x86_64': undefined } }),
      'qemu',
      /→ apt-get install qemu-system-x86/,
    ],
    [
      'a cross compiler, on the other machine only',
      () => machine({ arch: 'arm64', programs: { 'x86_64-linux-gnu-gcc': undefined } }),
      'guest-compiler',
      /→ apt-get install gcc-x86-64-linux-gnu/,
    ],
    [
      'no cross compiler',
      () => machine({ programs: { 'x86_64-linux-gnu-gcc': undefined } }),
      'guest-compiler',
      'ok: gcc 1.0',
    ],
    [
      'namespaces',
      () => machine({ programs: { unshare: { status: 1, output: 'Operation not permitted' } } }),
      'read-only',
      /missing: no mount namespace can be had/,
    ],
  ])('%s', async ([, here, id, told]) => {
    expect(row(await examined(here()), id)).toMatch(told)
  })
})

const SCOPE = '/proc/sys/kernel/yama/ptrace_scope'
describe('who may trace whom', () => {
  test.for<[scope: string | undefined, status: string, told: RegExp]>([
    [undefined, USER, /^ok: processes of the same user/],
    ['0\n', USER, /^ok: processes of the same user/],
    ['1\n', USER, /^missing: .* is 1: .* → run hotsplice as root, or sysctl kernel.yama.ptrace_scope=0$/],
    ['2\n', USER, /^missing/],
    ['1\n', ROOT, /^ok: this process may trace every/],
    ['2\n', ROOT, /^ok: this process may trace every/],
    ['3\n', ROOT, /^missing: .* no process may be traced → .*reboot/],
  ])('%j as %j', async ([scope, status, told]) => {
    const files = { '/proc/self/status': status, ...(scope === undefined ? {} : { [SCOPE]: scope }) }
    expect(row(await examined(machine({ files })), 'ptrace')).toMatch(told)
  })
})

describe('a Xen host', () => {
  const dom0 = { '/proc/xen/capabilities': 'control_d\n' }
  const refused = { status: 1, output: 'xc: error: Could not obtain handle on privileged command interface\n' }
  test.for<[name: string, here: Machine, id: string, told: RegExp]>([
    ['none', machine(), 'xen-host', /^missing: no Xen runs below .*xen:ssh:\/\/root@SERVER/],
    ['a guest', machine({ files: { '/sys/hypervisor/uuid': '1' } }), 'xen-host', /^missing: this is a guest of Xen/],
    ['dom0', machine({ files: dom0 }), 'xen-host', /^ok/],
    ['its tool', machine({ files: dom0 }), 'xen-livepatch', /^ok/],
    [
      'no tool',
      machine({ files: dom0, programs: { 'xen-livepatch': undefined } }),
      'xen-livepatch',
      /^missing: .*Debian/,
    ],
    [
      'no rights',
      machine({ files: dom0, programs: { 'xen-livepatch': refused } }),
      'xen-livepatch',
      /privileged.*as root/,
    ],
    ['the tool elsewhere', machine({ programs: { 'xen-livepatch': refused } }), 'xen-livepatch', /^not-checked/],
    [
      'its version',
      machine({ files: dom0, programs: { xl: { status: 0, output: 'host  : a\nxen_version            : 4.17.5\n' } } }),
      'xl',
      /^ok: Xen 4.17.5$/,
    ],
  ])('%s', async ([, here, id, told]) => {
    expect(row(await examined(here, ['xen']), id)).toMatch(told)
  })
})

describe('what is missing counts for what was asked about only', () => {
  const here = machine({ programs: { 'qemu-system-x86_64': undefined, unshare: undefined } })

  test('ready to build, without QEMU', async () => {
    const report = await examined(here)
    expect(report).toMatchObject({ outcome: 'ready', ready: ['build', 'rehearse-arm64', 'process'] })
    expect(doctorText(report, PLAIN)).toMatch(/^absent +qemu +qemu-system-x86_64 was not found.*\n +hint: apt-get/m)
  })

  test('not ready to rehearse', async () => {
    const report = await examined(here, ['build', 'rehearse'])
    expect(report.outcome).toBe('missing')
    const text = doctorText(report, PLAIN)
    expect(text).toMatch(/^MISSING +qemu /m)
    expect(text).toMatch(/not ready to rehearse on x86-64: see/)
  })
})

describe('the tree', () => {
  const made = (name: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true })
      writeFileSync(join(folder, name, path), text)
    }
    return join(folder, name)
  }
  const makefile = { 'xen/Makefile': 'export XEN_VERSION = 4\nexport XEN_SUBVERSION = 18\n' }
  const built = { ...makefile, 'xen/prelink.o': '', 'xen/.prelink.o.cmd': '' }
  const commands = [{ directory: '.', file: 'a.c', command: 'gcc -c a.c -o a.o' }]

  test.for<[name: string, files: Readonly<Record<string, string>>, id: string, told: RegExp]>([
    ['one that is none', { 'readme.txt': 'none' }, 'tree', /^missing: .* holds neither Xen/],
    [
      'a Xen that is too old',
      { 'xen/Makefile': 'XEN_VERSION = 4\nXEN_SUBVERSION = 12\n' },
      'tree',
      /^missing: .* 4\.12;/,
    ],
    ['a Xen that was not built', makefile, 'tree', /^missing: .* no finished build .* → build it/],
    [
      'a Xen without live patching',
      { ...built, 'xen/include/config/auto.conf': 'CONFIG_X86=y\n' },
      'tree-livepatch',
      /^missing: .* without CONFIG_LIVEPATCH=y/,
    ],
    [
      'a program',
      { 'compile_commands.json': JSON.stringify(commands), 'a.c': 'int a;\n' },
      'tree',
      /^ok: .*a program, 1 unit \(compile-commands\)/,
    ],
  ])('%s', async ([name, files, id, told]) => {
    const tree = made(name.replaceAll(' ', '-'), files)
    const report = await examined(machine(), ['build'], { tree })
    expect(row(report, id)).toMatch(told)
    expect(report.outcome).toBe(row(report, id).startsWith('ok') ? 'ready' : 'missing')
  })

  test('a folder that is not there', async () => {
    const report = await examined(machine(), ['build'], { tree: join(folder, 'absent') })
    expect(row(report, 'tree')).toMatch(/^missing: .*absent does not exist/)
  })

  test('symbols that are none', async () => {
    const symbols = join(made('texts', { 'xen-syms': 'no ELF' }), 'xen-syms')
    expect(row(await examined(machine(), ['build'], { symbols }), 'symbols')).toMatch(/^missing: /)
  })
})
