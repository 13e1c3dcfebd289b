import { describe, expect, it } from 'vitest'
import { readKallsyms } from './kallsyms.ts'

const BASE = 0xffff_ffff_8100_0000n

interface Made {
  readonly names: readonly (readonly [name: string, offset: number])[]
  /** What Linux 6.1.y has behind the markers since 2023. */
  readonly ordered?: boolean
  /** As it is since 6.4: where the names are comes last. */
  readonly placesLast?: boolean
}

const word = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
const half = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
const padded = (...parts: readonly Uint8Array[]) => {
  const all = Buffer.concat(parts)
  return Buffer.concat([all, Buffer.alloc((8 - (all.length % 8)) % 8)])
}

/** As scripts/kallsyms.c writes it where no codes are shortened: each character is its own. */
function table({ names, ordered = true, placesLast = false }: Made): Uint8Array {
  const spelled = names.map(([name]) => {
    const length = name.length < 0x80 ? [name.length] : [0x80 + (name.length % 0x80), Math.floor(name.length / 0x80)]
    return Buffer.concat([Uint8Array.from(length), Buffer.from(name, 'latin1')])
  })
  const markers: Buffer[] = []
  let at = 0
  spelled.forEach((bytes, index) => {
    if (index % 256 === 0) markers.push(word(at))
    at += bytes.length
  })
  const tokens = Array.from({ length: 256 }, (_, code) =>
    Buffer.from(code < 0x20 ? '\0' : `${String.fromCharCode(code)}\0`, 'latin1'),
  )
  const starts = tokens.map((_, code) => tokens.slice(0, code).reduce((sum, { length }) => sum + length, 0))
  const base = Buffer.alloc(8)
  base.writeBigUInt64LE(BASE)
  const places = Buffer.concat([padded(...names.map(([, offset]) => word(offset))), base])
  return Buffer.concat([
    Buffer.alloc(64, 0xcc),
    ...(placesLast ? [] : [places]),
    padded(word(names.length)),
    padded(...spelled),
    padded(...markers),
    ...(ordered && !placesLast ? [padded(Buffer.alloc(names.length * 3, 1))] : []),
    padded(...tokens),
    Buffer.concat(starts.map(half)),
    ...(placesLast ? [places, padded(Buffer.alloc(names.length * 3, 1))] : []),
    Buffer.alloc(64, 0xcc),
  ])
}

const many = Array.from({ length: 600 }, (_, index) => [`tname_${index}`, -1 - index * 16] as const)

const nameAt = (found: ReturnType<typeof readKallsyms>, at: number) =>
  found && [found.names[at], found.letters[at], found.addresses[at]]

describe('the kernel’s own table of names', () => {
  it.each([true, false])('has names, letters and addresses (with an order by name: %s)', ordered => {
    const found = readKallsyms(table({ names: many, ordered }))
    expect(found?.names).toHaveLength(600)
    expect(nameAt(found, 300)).toEqual(['name_300', 't', BASE + 4800n])
  })

  it('is read where the places of names come last', () => {
    const found = readKallsyms(table({ names: many, placesLast: true }))
    expect(found?.names).toHaveLength(600)
    expect(nameAt(found, 300)).toEqual(['name_300', 't', BASE + 4800n])
  })

  it('has absolute values where an offset is not negative, and names longer than 127', () => {
    const long = `d${'x'.repeat(300)}`
    const found = readKallsyms(table({ names: [['Aper_cpu', 0x1c80], [long, -1], ...many] }))
    expect(nameAt(found, 0)).toEqual(['per_cpu', 'A', 0x1c80n])
    expect(nameAt(found, 1)).toEqual(['x'.repeat(300), 'd', BASE])
  })

  it.each([
    ['more names than there are', 600, 601],
    ['one name less', 600, 599],
    [
      'a marker that leads between two names',
      many.slice(0, 256).reduce((sum, [name]) => sum + name.length + 1, 0),
      4711,
    ],
  ])('is not read where it says %s', (_, right, wrong) => {
    const short = [...many.slice(0, 599), ['ta', -9601] as const]
    const bytes = Buffer.from(table({ names: short }))
    const at = bytes.lastIndexOf(word(right))
    expect(at).toBeGreaterThan(0)
    bytes.writeInt32LE(wrong, at)
    expect(readKallsyms(bytes)).toBeUndefined()
  })

  it('is not found in other bytes', () => {
    expect(readKallsyms(new Uint8Array(4096))).toBeUndefined()
    expect(readKallsyms(Uint8Array.from({ length: 4096 }, (_, index) => index))).toBeUndefined()
  })
})
