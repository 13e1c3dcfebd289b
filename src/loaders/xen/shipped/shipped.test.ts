/** Images that boot, of a few functions: their names without any symbols; tests/verify/xen-image.test.ts has the real one. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../../tests/verify/random.ts'
import { ORIGIN, type ToyForm, toyBootImage, toyNames } from '../../../../tests/verify/toy-boot-image.ts'
import { InputError } from '../../../base/errors.ts'
import { readHypervisorSymbols } from '../symbols.ts'

const USUAL: ToyForm = { table: 'old', width: 4, compressed: true, sorted: true, file: 'elf' }

const FORMS: readonly (Partial<ToyForm> & { readonly form: string })[] = [
  { form: 'as until 4.20' },
  { form: 'as since 4.21', table: 'new' },
  { form: 'with whole addresses', width: 8 },
  { form: 'with whole addresses, as since 4.21', width: 8, table: 'new' },
  { form: 'with codes for single characters alone', compressed: false },
  { form: 'that is searched from the start', sorted: false },
  { form: 'that is searched from the start, as since 4.21', sorted: false, table: 'new' },
  { form: 'of an EFI program', file: 'pe' },
]

describe.for(FORMS)('a table $form', change => {
  const form = { ...USUAL, ...change }

  test('tells every name and address, gzipped or not', () => {
    const image = toyBootImage(form)
    const names = toyNames(form)
    for (const file of [image, gzipSync(image)]) {
      const symbols = readHypervisorSymbols(file)
      expect(symbols).toMatchObject({ format: 'image', machine: 62, takesPayloads: true })
      const found = symbols.symbols.map(({ name, address }) => `${name} ${address.toString(16)}`)
      expect(found.toSorted()).toEqual(names.map(({ name, address }) => `${name} ${address.toString(16)}`).toSorted())
      expect(names.filter(({ name, address }) => symbols.lookup(name) !== address)).toEqual([])
      expect(['g', 'no_such', ''].map(name => symbols.lookup(name))).toEqual([undefined, undefined, undefined])
    }
  })

  test('and what is where', () => {
    const symbols = readHypervisorSymbols(toyBootImage(form))
    const kind = (name: string) => symbols.memoryAt(symbols.lookup(name) ?? 0n)
    expect(['f', 'constant', 'state', 'common/a.c#start'].map(kind)).toEqual([
      'code',
      'read-only',
      'writable',
      undefined,
    ])
    expect(symbols.freedAfterBoot(symbols.lookup('common/a.c#start') ?? 0n)).toBe(true)
    expect(symbols.bytesAt(symbols.lookup('f') ?? 0n, 6)).toEqual(Uint8Array.of(0xb8, 4, 0, 0, 0, 0xc3))
    expect(symbols.bytesAt(symbols.lookup('state') ?? 0n, 4)).toEqual(new Uint8Array(4))
    expect(symbols.bytesAt(ORIGIN, 1)).toBeUndefined()
    // Up to the function's end where that is marked, else up to the next name.
    expect(symbols.symbolsAt(symbols.lookup('f') ?? 0n)).toMatchObject([
      { name: 'f', plainName: 'f', file: '', kind: 'function', local: false, size: form.table === 'new' ? 12 : 16 },
    ])
    expect(symbols.symbolsAt(symbols.lookup('common/b.c#g') ?? 0n)).toMatchObject([
      { plainName: 'g', file: 'common/b.c', local: true },
    ])
  })
})

/** What came of a damaged image: its names, or the error's code. Anything else is thrown on. */
function outcome(bytes: Uint8Array): string {
  try {
    const { format, symbols } = readHypervisorSymbols(bytes)
    return format === 'efi' ? 'its build-id' : `${symbols.length} names`
  } catch (error) {
    if (error instanceof InputError) return error.code
    throw error
  }
}

test.for([
  { of: 'a table that is not where it says', from: 'symbols_names', to: 'symbols_nameS', code: 'target/no-name-table' },
  { of: 'no pointers to tell the addresses by', from: '__initcall_', to: '__initcalL_', code: 'target/bad-image' },
])('an image with $of is an error', ({ from, to, code }) => {
  const bytes = Buffer.from(toyBootImage({ ...USUAL, compressed: false }))
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) bytes.write(to, at)
  expect(outcome(bytes)).toBe(code)
})

test('two tables that both say that they lie there are none', () => {
  const bytes = toyBootImage(USUAL)
  const twice = new Uint8Array(bytes.length * 2)
  twice.set(bytes)
  twice.set(bytes.subarray(0x80), bytes.length)
  // Both pieces are loaded, the second one a megabyte further on: its table says that it lies elsewhere.
  const view = new DataView(twice.buffer)
  view.setUint16(44, 2, true)
  const [size, start] = [bytes.length - 0x80, 0x30_0000]
  for (const [index, value] of [1, bytes.length, start, start, size, size, 7, 0x40].entries())
    view.setUint32(84 + index * 4, value, true)
  expect(outcome(twice)).toBe(outcome(bytes))
  view.setUint32(84 + 12, 0x20_4000, true)
  expect(outcome(twice)).toBe('target/bad-image')
})

test.for(['elf', 'pe'] as const)('an image cut short is an error with a code, and so is a gzipped one (%s)', file => {
  const bytes = toyBootImage({ ...USUAL, file })
  const packed = gzipSync(bytes)
  const codes = new Set<string>()
  for (let size = 2; size < bytes.length; size += size < 0x200 ? 1 : 977) codes.add(outcome(bytes.subarray(0, size)))
  expect([...codes].filter(code => !/^(elf|target)\//.test(code))).toEqual([])
  for (let size = 2; size < packed.length; size += 61)
    expect(outcome(packed.subarray(0, size))).toBe('target/not-unpacked')
  expect(outcome(gzipSync(new Uint8Array(0)))).toMatch(/^elf\//)
})

test('a machine that is not ours is said', () => {
  const bytes = toyBootImage(USUAL)
  new DataView(bytes.buffer).setUint16(18, 40, true)
  expect(outcome(bytes)).toBe('target/bad-image')
})

const SEED = 20261129
test.for(FORMS)(`damage ends in names or in an error with a code, table $form (seed ${SEED})`, change => {
  const random = new Random(SEED)
  const form = { ...USUAL, ...change }
  const whole = toyBootImage(form)
  const outcomes = new Map<string, number>()
  for (let round = 0; round < 60; round++) {
    const bytes = whole.slice()
    for (let count = 1 + random.below(4); count > 0; count--) {
      const at = random.below(2) === 0 ? random.below(0x100) : 0x1000 + random.below(0x2000)
      bytes[at] = random.below(256)
    }
    const what = outcome(bytes)
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
  }
  // Where names came out, none was lost on the way: damage to the table is seen, or is in a name's text.
  const counts = [...outcomes.keys()].filter(key => key.endsWith(' names'))
  expect(counts.filter(key => key !== `${toyNames(form).length} names`)).toEqual([])
  expect(outcomes.size).toBeGreaterThan(1)
})
