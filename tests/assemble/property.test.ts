/**
 * Whatever the selection: every piece is in the payload with its bytes and alignment, nothing lies upon another, and
 * every relocated field leads where its link says. The objects are made up; their code is moves and calls only.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Payload } from '../../src/assemble/assemble.ts'
import { type NewRelocation, type NewSection, type NewSymbol, readElf, writeElf } from '../../src/elf/index.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import type { Piece, PieceMap } from '../../src/pieces/model.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import type { Link, LinkedReference, Role, SelectedPiece, Selection } from '../../src/select/model.ts'
import { loadPayload } from './loader.ts'
import { payloadOf } from './support.ts'

const [PROGBITS, NOBITS] = [1, 8]
const [W, A, X, M, S] = [1, 2, 4, 16, 32]

interface Shape {
  readonly kind: 'code' | 'constant' | 'variable' | 'zero' | 'strings'
  readonly alignment: number
  /** One number a symbol (or string); code has that many instructions, data that many bytes. */
  readonly sizes: readonly number[]
  readonly seed: number
}

const shape: fc.Arbitrary<Shape> = fc.record({
  kind: fc.constantFrom('code', 'constant', 'variable', 'zero', 'strings'),
  alignment: fc.constantFrom(1, 2, 4, 8, 16, 64),
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  seed: fc.nat(0xffff),
})

interface Plan {
  readonly units: readonly (readonly Shape[])[]
  /** Which pieces are taken, as bits; and which a reference leads to, by turns. */
  readonly choice: readonly boolean[]
}

const plan: fc.Arbitrary<Plan> = fc.record({
  units: fc.array(fc.array(shape, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
  choice: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
})

test('every selected piece is there once, with its bytes, and every field leads where its link says', () => {
  let payloads = 0
  fc.assert(
    fc.property(plan, ({ units, choice }) => {
      const selection = selectionOf(units.map(unitObject), choice)
      if (selection.replacements.length === 0) return
      payloads++
      const payload = payloadOf(selection)
      expectPieces(selection, payload)
      expectLinks(selection, payload)
    }),
    { numRuns: 300, seed: 20170 },
  )
  expect(payloads).toBeGreaterThan(100)
})

/** Instructions of 5 bytes: a move of a number, or a call whose field is relocated; then a return. */
const INSTRUCTION = 5

function unitObject(shapes: readonly Shape[]): Uint8Array {
  const symbols: NewSymbol[] = []
  const starts: number[] = []
  shapes.forEach(({ kind, sizes }, section) => {
    let offset = 0
    sizes.forEach((count, index) => {
      const size = kind === 'code' ? count * INSTRUCTION + 1 : kind === 'strings' ? count + 1 : count * 8
      const place = { in: 'section', section, offset } as const
      if (kind !== 'strings') {
        const name = `s${section}_${index}`
        symbols.push({ name, kind: kind === 'code' ? 'function' : 'object', binding: 'local', place, size })
      } else starts.push(offset)
      offset += size
    })
  })
  const sectionSymbol = symbols.length
  shapes.forEach((_, section) => {
    symbols.push({ name: '', kind: 'section', binding: 'local', place: { in: 'section', section, offset: 0 }, size: 0 })
  })
  symbols.push({ name: 'elsewhere', kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 })
  const sections = shapes.map((one, index) => sectionOf(one, { index, count: symbols.length, sectionSymbol }))
  return writeElf({ header: { machine: 62 }, sections, symbols })
}

interface Around {
  readonly index: number
  readonly count: number
  readonly sectionSymbol: number
}

function sectionOf({ kind, alignment, sizes, seed }: Shape, around: Around): NewSection {
  const name = `.${{ code: 'text', constant: 'rodata', variable: 'data', zero: 'bss', strings: 'rodata.str' }[kind]}.s${around.index}`
  const flags = { code: A | X, constant: A, variable: A | W, zero: A | W, strings: A | M | S }[kind]
  const total = sizes.reduce((sum, size) => sum + size * 8, 0)
  if (kind === 'zero') return { name, type: NOBITS, flags, alignment, size: total }
  const bytes: number[] = []
  const relocations: NewRelocation[] = []
  let dice = seed
  const next = (below: number) => {
    dice = (dice * 1103515245 + 12345) % 2147483648
    return Math.floor(dice / 65536) % below
  }
  for (const size of sizes) {
    if (kind === 'strings') bytes.push(...Array.from({ length: size }, () => 0x61 + next(2)), 0)
    for (let item = 0; item < size && kind !== 'strings'; item++) {
      const symbol = next(around.count)
      const isRelocated = next(2) === 0
      if (kind === 'code') {
        const field = { offset: bytes.length + 1, type: 4, symbol, addend: -4n }
        if (isRelocated) relocations.push(field)
        bytes.push(isRelocated ? 0xe8 : 0xb8, ...(isRelocated ? [0, 0, 0, 0] : [next(256), next(256), next(256), 1]))
      } else {
        if (isRelocated) relocations.push({ offset: bytes.length, type: 1, symbol, addend: 0n })
        bytes.push(...Array.from({ length: 8 }, () => (isRelocated ? 0 : next(256))))
      }
    }
    if (kind === 'code') bytes.push(0xc3)
  }
  const merge = kind === 'strings' ? { entrySize: 1 } : {}
  return { name, type: PROGBITS, flags, alignment, bytes: Uint8Array.from(bytes), relocations, ...merge }
}

function selectionOf(objects: readonly Uint8Array[], choice: readonly boolean[]): Selection {
  const maps = objects.map(bytes => pieceMap(readElf<'patched'>(bytes), { loader: XEN }))
  let turn = 0
  const taken = maps.map(map => new Set(map.pieces.filter(() => choice[turn++ % choice.length]).map(({ id }) => id)))
  const pieces = maps.flatMap((map, unit) =>
    map.pieces
      .filter(({ id }) => taken[unit]?.has(id))
      .map((piece): SelectedPiece => {
        const address = { unit, piece: piece.id }
        const reason = { code: 'test', text: 'chosen' }
        const references = piece.references.map(reference => linked(map, { unit, taken, reference }))
        return { address, piece, role: roleOf(piece), reason, because: undefined, references }
      }),
  )
  const units = maps.map((patched, unit) => ({ unit: `u${unit}.o`, fileSymbol: `u${unit}.c`, patched }))
  const replacements = pieces
    .filter(({ role }) => role === 'replacement')
    .map(({ address, piece }) => ({
      address,
      runningName: `u${address.unit}.c#${piece.name}`,
      oldSize: 9,
      unit: `u${address.unit}.o`,
    }))
  return {
    machine: 62,
    units,
    pieces,
    replacements,
    changedValues: [],
    leftInit: [],
    leftNeeded: [],
    switchedOff: [],
    stuck: [],
    readConstants: [],
    refusals: [],
    notices: [],
  }
}

function roleOf({ kind, id }: Piece<'patched'>): Role {
  if (kind === 'function') return id % 3 === 0 ? 'new-function' : 'replacement'
  return kind === 'data' ? 'new-data' : 'content'
}

interface LinkTask {
  readonly unit: number
  readonly taken: readonly ReadonlySet<number>[]
  readonly reference: Piece<'patched'>['references'][number]
}

function linked(map: PieceMap<'patched'>, { unit, taken, reference }: LinkTask): LinkedReference {
  const { target, offset, type } = reference
  const link = (): Link => {
    if (target.to === 'external') return { to: 'running', name: target.name, delta: target.delta }
    if (target.to === 'absolute') return { to: 'absolute', value: target.value }
    if (target.to === 'nothing') return { to: 'running', name: 'nothing', delta: target.offset }
    if (taken[unit]?.has(target.piece)) {
      return { to: 'payload', target: { unit, piece: target.piece }, delta: target.delta }
    }
    return { to: 'running', name: `u${unit}.c#${map.pieces[target.piece]?.name}`, delta: target.delta }
  }
  return { offset, type, link: link(), extraAddend: 0n }
}

/** Each running symbol has an address of its own, near enough for 4 bytes. */
function runningAddress(name: string): bigint {
  let hash = 7
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 0x1000_0000
  return BigInt(hash)
}

function expectPieces(selection: Selection, payload: Payload): void {
  const elf = readElf<'payload'>(payload.bytes)
  const covered = new Map<string, string>()
  expect(payload.map.map(({ address }) => address)).toEqual(selection.pieces.map(({ address }) => address))
  for (const { selected, section, offset } of payload.map) {
    const from = selection.units[selected.address.unit]?.patched.object.sections[selected.piece.section]
    const to = elf.sections.find(candidate => candidate.name === section)
    if (from === undefined || to === undefined) throw new Error(`${section} is missing`)
    const { piece } = selected
    const isShared = piece.kind === 'string'
    if (!isShared) {
      expect(to.alignment).toBeGreaterThanOrEqual(from.alignment)
      expect(offset % from.alignment).toBe(piece.offset % from.alignment)
    } else if (piece.offset % from.alignment === 0) {
      expect(offset % from.alignment).toBe(0)
    }
    expect(offset + piece.size).toBeLessThanOrEqual(to.size)
    expect(to.flags & (W | X)).toBe(from.flags & (W | X))
    if (from.type === PROGBITS) {
      const bytes = Buffer.from(from.bytes.subarray(piece.offset, piece.offset + piece.size))
      expect(bytes.equals(to.bytes.subarray(offset, offset + piece.size))).toBe(true)
    }
    for (let at = offset; at < offset + piece.size; at++) {
      const owner = isShared ? `string ${offset}` : `${selected.address.unit} ${piece.id}`
      const key = `${section} ${at}`
      if ((covered.get(key) ?? owner) !== owner) throw new Error(`${owner} lies upon ${covered.get(key)} at ${key}`)
      covered.set(key, owner)
    }
  }
}

function expectLinks(selection: Selection, payload: Payload): void {
  const loaded = loadPayload(payload.bytes, runningAddress)
  const places = new Map(payload.map.map(one => [`${one.address.unit} ${one.address.piece}`, one]))
  let count = 0
  for (const { selected, section, offset } of payload.map) {
    for (const { offset: field, type, link } of selected.references) {
      count++
      const found = type === 1 ? loaded.pointerAt(section, offset + field) : loaded.targetAt(section, offset + field)
      if (link.to === 'running') expect(found).toBe(BigInt.asUintN(64, runningAddress(link.name) + link.delta))
      if (link.to !== 'payload') continue
      const target = places.get(`${link.target.unit} ${link.target.piece}`)
      if (target === undefined) throw new Error('a link leads to a piece without a place')
      expect(found).toBe(BigInt.asUintN(64, loaded.addressOf(target.section) + BigInt(target.offset) + link.delta))
    }
  }
  const written = loaded.elf.relocations.reduce((sum, list, index) => {
    return loaded.elf.sections[index]?.name === '.livepatch.funcs' ? sum : sum + list.length
  }, 0)
  expect(written).toBe(count)
  expect(selection.replacements.length * 104).toBe(loaded.bytesOf('.livepatch.funcs').length)
}
