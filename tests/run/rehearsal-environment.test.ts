/** What must be there for a rehearsal, and what is said when it is not. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describe as describeError, InputError } from '../../src/base/errors.ts'
import { provideGuest } from '../../src/hosts/rehearsal/guest.ts'
import { startRehearsal } from '../../src/hosts/rehearsal/index.ts'
import { X86_BOARD } from '../../src/hosts/rehearsal/xen/boards.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const inFolder = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

/** The error's words, as the command line prints them. */
async function complaint(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof InputError) return describeError(error)
    throw error
  }
  return 'no complaint'
}

/** Only as much of an ELF header as is looked at. */
function elfHeader(bits: 1 | 2, machine: number): Uint8Array {
  const header = new Uint8Array(64)
  header.set([0x7f, 0x45, 0x4c, 0x46, bits])
  header[18] = machine
  return header
}

test.for<[name: string, bytes: Uint8Array, words: RegExp]>([
  ['a text', Buffer.from('hello'), /is not an ELF file: it starts with 68656c6c \[rehearse\/not-bootable\]/],
  ['an empty file', new Uint8Array(0), /starts with nothing/],
  ['xen-syms', elfHeader(2, 62), /64-bit ELF file, like xen-syms.*\n.*xen\/xen/],
  ['xen.efi', Buffer.from('MZ..'), /EFI image/],
  ['another machine', elfHeader(1, 40), /for machine 40/],
  ['broken gzip', Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2]), /cannot be unpacked/],
  ['gzip of a text', gzipSync('hello'), /is not an ELF file/],
])('%s is no hypervisor', async ([name, bytes, words]) => {
  expect(await complaint(() => startRehearsal({ hypervisor: inFolder(name, bytes) }))).toMatch(words)
})

test('a hypervisor that is not there', async () => {
  let boots = 0
  const options = { hypervisor: join(folder, 'none'), onBoot: () => boots++ }
  expect(await complaint(() => startRehearsal(options))).toMatch(/ENOENT[\s\S]*\[rehearse\/no-hypervisor\]/)
  expect(boots).toBe(0)
})

test('a missing compiler is named, with the packages', async () => {
  const words = await complaint(() => provideGuest(X86_BOARD, join(folder, 'cache-1'), 'no-such-gcc'))
  expect(words).toMatch(/no-such-gcc cannot be run[\s\S]*\[rehearse\/no-compiler\][\s\S]*apt-get install gcc/)
})

test('a compiler that fails is quoted', async () => {
  expect(await complaint(() => provideGuest(X86_BOARD, join(folder, 'cache-2'), 'false'))).toMatch(
    /\[rehearse\/compiler-failed\]/,
  )
})

describe.skipIf(missing !== '')(`with Xen and QEMU ${missing}`, () => {
  let hypervisor = ''
  beforeAll(() => {
    hypervisor = join(xenTree('release'), 'xen', 'xen')
  })

  test('the dom0 is compiled once; after that no compiler is needed', () => {
    const cache = join(folder, 'cache-3')
    const built = provideGuest(X86_BOARD, cache)
    expect(provideGuest(X86_BOARD, cache, 'no-such-gcc')).toBe(built)
  })

  test('a missing QEMU is named, with the package', async () => {
    const words = await complaint(() => startRehearsal({ hypervisor, emulator: 'no-such-qemu' }))
    expect(words).toMatch(/no-such-qemu was not found \[rehearse\/no-qemu\][\s\S]*qemu-system-x86 seabios/)
  })

  test('a QEMU that ends at once is quoted', async () => {
    const words = await complaint(() => startRehearsal({ hypervisor, cpuModel: 'no-such-cpu' }))
    expect(words).toMatch(/no-such-cpu[\s\S]*\[rehearse\/qemu-failed\]/)
  })

  test('a QEMU that somebody kills is no crash of the hypervisor', async () => {
    const session = await startRehearsal({ hypervisor })
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid,comm'], { encoding: 'utf8' })
    const pid = /([0-9]+) qemu-system/.exec(children)?.[1]
    process.kill(Number(pid), 'SIGKILL')
    expect(await complaint(() => session.nap(60_000))).toMatch(/was killed \(SIGKILL\) \[rehearse\/qemu-failed\]/)
    expect(await complaint(() => session.list())).toMatch(/\[rehearse\/qemu-failed\]/)
    await session.close()
  })

  test('a hypervisor that cannot boot says why', async () => {
    const words = await complaint(() => startRehearsal({ hypervisor, bootWords: ['dom0_mem=1M'] }))
    expect(words).toMatch(/did not start the rehearsal's dom0[\s\S]*\[rehearse\/no-boot\]/)
  })

  test('a packed hypervisor boots', async () => {
    const packed = inFolder('xen.gz', gzipSync(readFileSync(hypervisor), { level: 1 }))
    const session = await startRehearsal({ hypervisor: packed })
    expect(session.sysctlVersion).toBe(0x15)
    await session.close()
  })

  test('a signal that was given before stops it before it begins', async () => {
    await expect(startRehearsal({ hypervisor, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
  })
})
