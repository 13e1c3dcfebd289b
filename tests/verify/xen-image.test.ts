/** What the file that boots tells of itself, gzipped or not, against nm's reading of the xen-syms and xen.efi of its build. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { HypervisorSymbol, HypervisorSymbols } from '../../src/loaders/xen/hypervisor.ts'
import { factsOfImage } from '../../src/loaders/xen/loader-facts.ts'
import { readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { xenVersionOf } from '../../src/loaders/xen/version.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen)

/** As nm tells them: plain name and address, once for each place. */
function namesByNm(path: string): readonly string[] {
  const lines = execFileSync('nm', [path], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n')
  return lines.flatMap(line => {
    const [, address, letter, name] = /^([0-9a-f]+) (\w) (\S+)$/.exec(line) ?? []
    return address === undefined || letter === 'A' ? [] : [`${name} ${BigInt(`0x${address}`).toString(16)}`]
  })
}

describe.skipIf(missing !== '')(`the image that boots ${missing}`, () => {
  const file = (configuration: 'release' | 'debug', name: string) => join(xenTree(configuration), 'xen', name)
  const read = (path: string) => readHypervisorSymbols(readFileSync(path))

  test.for([
    ['release', 'xen.gz', 'xen-syms'],
    ['release', 'xen', 'xen-syms'],
    ['debug', 'xen.gz', 'xen-syms'],
    ['release', 'xen.efi', 'xen.efi'],
  ] as const)('%s %s has the names and addresses that nm tells of %s', ([configuration, name, oracle]) => {
    const image = read(file(configuration, name))
    expect(image).toMatchObject({ format: 'image', debug: configuration === 'debug', takesPayloads: true })
    const own = image.symbols.map(({ plainName, address }) => `${plainName} ${address.toString(16)}`)
    const told = new Set(namesByNm(file(configuration, oracle)))
    expect(own.filter(each => !told.has(each))).toEqual([])
    const has = new Set(own)
    const lacking = [...told].filter(each => !has.has(each))
    expect(lacking).toEqual([])
    expect(image.symbols.filter(({ name, address }) => image.lookup(name) !== address)).toEqual([])
  })

  test.for(['release', 'debug'] as const)(
    'it is what xen-syms is in everything that is asked of it (%s)',
    configuration => {
      const image = read(file(configuration, 'xen.gz'))
      const syms = read(file(configuration, 'xen-syms'))
      expect(image.buildId).toEqual(syms.buildId)
      expect(xenVersionOf(image)).toBe(xenVersionOf(syms))
      expect(factsOfImage(image)).toEqual(factsOfImage(syms))
      const texts = ['livepatch: ', 'check against hypervisor build-id failed', 'no such constant', 'debug=y\0']
      expect(texts.map(text => image.hasConstant(text))).toEqual(texts.map(text => syms.hasConstant(text)))
      expect(image).toMatchObject({ machine: 62, takesPayloads: true, debug: syms.debug, tableUse: syms.tableUse })
      const seen = (hypervisor: HypervisorSymbols, { name, address, size }: HypervisorSymbol) => {
        const bytes = size === 0 ? undefined : Buffer.from(hypervisor.bytesAt(address, size) ?? []).toString('latin1')
        return {
          name,
          at: hypervisor.lookup(name),
          kind: hypervisor.memoryAt(address),
          bytes,
          freed: hypervisor.freedAfterBoot(address),
        }
      }
      // Names of an end stand at a place that is another's, or nobody's.
      const things = syms.symbols.filter(({ kind, size }) => kind !== 'untyped' || size > 0)
      expect(things.filter(symbol => !isDeepStrictEqual(seen(image, symbol), seen(syms, symbol)))).toEqual([])
      const first = (symbol: HypervisorSymbol) => image.symbolsAt(symbol.address)[0]
      expect(syms.symbols.filter(symbol => (first(symbol)?.size ?? 0) < symbol.size)).toEqual([])
      expect(syms.symbols.filter(symbol => symbol.kind === 'function' && first(symbol)?.kind !== 'function')).toEqual(
        [],
      )
      for (const section of ['.altinstructions', '.ex_table', '.bug_frames.0', '.alt_call_sites']) {
        expect(image.entriesOf(section)).toEqual(syms.entriesOf(section))
      }
      const text = syms.lookup('_stext') ?? 0n
      expect(image.bootEdits(text, 0x100000)).toEqual(syms.bootEdits(text, 0x100000))
    },
  )
})
