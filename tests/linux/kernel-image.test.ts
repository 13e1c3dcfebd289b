/** What is read out of the kernel that Debian ships, against the kernel itself and the modules that come with it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rehearse } from '../../src/hosts/rehearsal/index.ts'
import { type KernelImage, readKernelImage } from '../../src/loaders/linux/kernel-image.ts'
import { readKernel } from '../../src/trees/linux/unpack.ts'
import { missingFor } from '../support/missing.ts'
import { kernelPart, withoutKernel } from './kernel.ts'

const without = withoutKernel('gcc', 'readelf', 'xz')
const withoutQemu = missingFor('qemu-system-x86_64')

describe.skipIf(without !== '')(`the shipped kernel’s image${without}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  let image = ''
  let kernel: KernelImage
  let modules: readonly string[] = []
  beforeAll(() => {
    image = kernelPart('image')
    kernel = readKernelImage(readKernel(image))
    const top = join(dirname(dirname(image)), 'lib/modules')
    const files = readdirSync(top, { recursive: true, encoding: 'utf8' }).map(file => join(top, file))
    const plain = files.filter(file => file.endsWith('.ko'))
    modules = plain.length > 0 ? plain : unpacked(files.filter(file => file.endsWith('.ko.xz')).slice(0, 200))
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  const unpacked = (files: readonly string[]) =>
    files.map((file, at) => {
      const to = join(work, `${at}.ko`)
      writeFileSync(to, execFileSync('xz', ['-dc', file], { maxBuffer: 1 << 28 }))
      return to
    })

  it.skipIf(withoutQemu !== '')(`has the names and addresses that it shows when it runs ${withoutQemu}`, async () => {
    const options = { system: 'Linux', payloads: [], script: 'read /proc/kallsyms', timeoutMs: 240_000 } as const
    const { operations } = await rehearse({ ...options, hypervisor: image })
    const lines = operations[0]?.output.join('\n') ?? ''
    const shown = [...lines.matchAll(/^([0-9a-f]{16}) \S (\S+)$/gm)].map(([, address = '', name = '']) => {
      return { name, address: BigInt(`0x${address}`) }
    })
    const first = shown.find(({ name }) => name === '_stext')?.address ?? 0n
    // The whole image may run at another place; what is relative to each processor does not move.
    const moved = first - (kernel.lookup('_stext') ?? 0n)
    const own = kernel.symbols.map(({ name, address }) => `${address < 1n << 32n ? address : address + moved} ${name}`)
    expect(shown.length).toBeGreaterThan(50_000)
    expect(own.toSorted()).toEqual(shown.map(({ name, address }) => `${address} ${name}`).toSorted())
  })

  it('has the checksums that its modules ask for', () => {
    const asked = modules.slice(0, 200).flatMap(versionsOf)
    expect(asked.length).toBeGreaterThan(1000)
    const known = asked.filter(({ name }) => kernel.facts.checksumOf(name) !== undefined)
    // The others are exports of modules.
    expect(known.length).toBeGreaterThan(asked.length / 2)
    expect(known.filter(({ name, checksum }) => kernel.facts.checksumOf(name) !== checksum)).toEqual([])
    expect(new Set(known.map(({ name }) => name))).toContain('module_layout')
  })

  it('lays a module’s structure out as its modules have it', () => {
    const [module = ''] = modules
    const words = execFileSync('readelf', ['-SrW', module], { encoding: 'utf8' })
    const size = / \.gnu\.linkonce\.this_module +PROGBITS +\S+ \S+ (\S+)/.exec(words)?.[1]
    expect(kernel.facts.layouts.module.size).toBe(Number.parseInt(size ?? '', 16))
    const fields = words.slice(words.indexOf(".rela.gnu.linkonce.this_module'"))
    const at = (name: string) =>
      Number.parseInt(new RegExp(`^(\\S+) .* ${name} \\+ 0$`, 'm').exec(fields)?.[1] ?? '', 16)
    const own = kernel.facts.layouts.module
    expect([own.at('init'), own.at('exit')]).toEqual([at('init_module'), at('cleanup_module')])
  })

  it('wants the words of its modules', () => {
    const text = execFileSync('readelf', ['-p', '.modinfo', modules[0] ?? ''], { encoding: 'utf8' })
    expect(text).toContain(`vermagic=${kernel.facts.vermagic}`)
  })
})

/** Of a module's table: a checksum, and a name in 56 bytes. */
function versionsOf(file: string): readonly { readonly name: string; readonly checksum: number }[] {
  const bytes = readFileSync(file)
  const words = execFileSync('readelf', ['-SW', file], { encoding: 'utf8' })
  const [, offset = '', size = ''] = / __versions +PROGBITS +\S+ (\S+) (\S+)/.exec(words) ?? []
  const [from, length] = [Number.parseInt(offset, 16), Number.parseInt(size, 16)]
  if (Number.isNaN(from)) return []
  return Array.from({ length: length / 64 }, (_, index) => {
    const entry = bytes.subarray(from + index * 64, from + index * 64 + 64)
    return { checksum: entry.readUInt32LE(0), name: entry.toString('latin1', 8, entry.indexOf(0, 8)) }
  })
}
