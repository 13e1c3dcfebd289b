/** What is read from a hypervisor's image, against binutils and against Xen's own table. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHypervisorSymbols, withBuildId } from '../../src/loaders/xen/symbols.ts'
import { xenVersionOf } from '../../src/loaders/xen/version.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen)

describe.skipIf(missing !== '')(`Debian's Xen ${missing}`, () => {
  const file = (configuration: 'release' | 'debug', name = 'xen-syms') => join(xenTree(configuration), 'xen', name)
  const read = (path: string) => readHypervisorSymbols(readFileSync(path))

  test.for(['release', 'debug'] as const)('every name that nm tells is found in its own table (%s)', configuration => {
    const symbols = read(file(configuration))
    const wrong = symbols.symbols.filter(({ name, address }) => symbols.lookup(name) !== address)
    expect(wrong).toEqual([])
    const lines = execFileSync('nm', ['-a', file(configuration)], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n')
    const told = lines.filter(line => / [tTdDbBrRwWvV] /.test(line) && !line.endsWith(' ')).length
    expect(Math.abs(symbols.symbols.length - told)).toBeLessThan(20)
  })

  test.for(['release', 'debug'] as const)('it says what it is (%s)', configuration => {
    const symbols = read(file(configuration))
    const words = execFileSync('readelf', ['-nW', file(configuration)], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const id = Buffer.from(symbols.buildId ?? []).toString('hex')
    expect(words).toContain(`Build ID: ${id}`)
    // The Makefile's own numbers.
    const makefile = readFileSync(file(configuration, 'Makefile'), 'utf8')
    const part = (name: string) => new RegExp(`${name} +:?= (\\d+)`).exec(makefile)?.[1]
    expect(xenVersionOf(symbols)).toBe(`${part('XEN_VERSION')}.${part('XEN_SUBVERSION')}`)
    expect(symbols).toMatchObject({ format: 'elf', machine: 62, takesPayloads: true, debug: configuration === 'debug' })
  })

  test('local symbols have their file in front, as in the running system', () => {
    const symbols = read(file('release'))
    const found =
      symbols.lookup('common/kernel.c#xen_minor_version') ?? symbols.lookup('common/livepatch.c#livepatch_work')
    expect(found).toBeDefined()
    expect(symbols.lookup('livepatch_work')).toBeUndefined()
    expect(symbols.lookup('')).toBeUndefined()
    expect(symbols.lookup('no_such_symbol')).toBeUndefined()
  })

  test('bytes at an address are what objdump shows', () => {
    const symbols = read(file('release'))
    const address = symbols.lookup('xen_extra_version') ?? 0n
    const [symbol] = symbols.symbolsAt(address)
    expect(symbol).toMatchObject({ name: 'xen_extra_version', kind: 'function', local: false })
    const bytes = Buffer.from(symbols.bytesAt(address, 12) ?? []).toString('hex')
    const range = [`--start-address=${address}`, `--stop-address=${address + 12n}`]
    const shown = execFileSync('objdump', ['-s', '-j', '.text', ...range, file('release')], { encoding: 'utf8' })
    expect(shown.replaceAll(' ', '')).toContain(bytes)
  })

  test('code is code, data is data, init is gone', () => {
    const symbols = read(file('release'))
    const kind = (name: string) => symbols.memoryAt(symbols.lookup(name) ?? 0n)
    expect([kind('do_xen_version'), kind('known_features'), kind('domain_list')]).toEqual([
      'code',
      'read-only',
      'writable',
    ])
    const start = symbols.lookup('__init_begin') ?? 0n
    expect([symbols.memoryAt(start), symbols.freedAfterBoot(start)]).toEqual([undefined, true])
    expect(symbols.memoryAt(0x1000n)).toBeUndefined()
    expect(symbols.bytesAt(0x1000n, 1)).toBeUndefined()
  })

  test('what Xen edits while booting is known', () => {
    const symbols = read(file('release'))
    const address = symbols.lookup('do_xen_version') ?? 0n
    const edits = symbols.bootEdits(address, symbols.symbolsAt(address)[0]?.size ?? 0) ?? []
    expect(edits.length).toBeGreaterThan(0)
    for (const edit of edits) expect(symbols.bytesAt(edit.address, edit.size)).toHaveLength(edit.size)
    expect(symbols.bootEdits(symbols.lookup('xen_extra_version') ?? 0n, 12)).toEqual([])
  })

  test('xen.efi tells its build-id', () => {
    const efi = read(file('release', 'xen.efi'))
    expect(efi).toMatchObject({ format: 'image', machine: 62, takesPayloads: true })
    expect(efi.buildId).toHaveLength(16)
    const shown = execFileSync('objdump', ['-s', '-j', '.buildid', file('release', 'xen.efi')], { encoding: 'utf8' })
    expect(shown.replace(/ {2}.*$/gm, '').replaceAll(/\s|ffff82d0[0-9a-f]{8}/g, '')).toContain(
      Buffer.from(efi.buildId ?? []).toString('hex'),
    )
    const both = withBuildId(read(file('release')), efi.buildId)
    expect(both.buildId).toEqual(efi.buildId)
    expect(both.lookup('do_xen_version')).toBeDefined()
  })
})
