/**
 * Payloads for AArch64 made wrong: relocations of every type that Xen knows, at places and with distances that fit, just
 * fit and do not; the two halves of an address apart; alternatives and bug frames of that machine.
 */
import type { Editor } from './editor.ts'
import type { Mutation } from './mutations.ts'

const TEXT = '.rela.text'
const ALTERNATIVES = '.altinstructions'

const rich = (name: string, edit: Mutation['edit']): Mutation => ({ name, base: 'rich', edit })

/** Types that the loader knows and some that it does not, for a field that has another. */
export const ARM64_TYPES: readonly bigint[] = [
  0n,
  1n,
  256n,
  257n,
  258n,
  259n,
  261n,
  273n,
  275n,
  277n,
  283n,
  311n,
  1024n,
]

const KNOWN = [
  ...[257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 274, 275, 276, 277, 278],
  ...[279, 280, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 299],
]
const KIB = 1n << 10n
const MIB = 1n << 20n
/** Around the limits of what a field holds. */
const DISTANCES: readonly bigint[] = [
  ...[1n, 2n, 4n, 8n],
  ...[32n * KIB - 4n, 32n * KIB, -32n * KIB - 4n, MIB - 4n, MIB, -MIB, -MIB - 4n],
  ...[128n * MIB - 16n * KIB, 129n * MIB, -129n * MIB, 1n << 32n, -1n << 33n],
]

/** The relocation of code that is of `type`. */
function indexOf(e: Editor, type: number): number {
  for (let index = 0; index < e.relocationCount(TEXT); index++) {
    if (Number(e.relocation(TEXT, index, 'type')) === type) return index
  }
  throw new Error(`no relocation of type ${type}`)
}

/** What code of a rich payload has. */
const IN_CODE: readonly number[] = [274, 275, 277, 278, 279, 280, 282, 283, 284, 285, 286, 269, 268, 266]

function fieldMutations(): Mutation[] {
  return IN_CODE.flatMap(type => [
    ...DISTANCES.map(distance =>
      rich(`field/${type}-by-${distance}`, e => {
        const index = indexOf(e, type)
        e.setRelocation(TEXT, index, 'addend', e.relocation(TEXT, index, 'addend') + distance)
      }),
    ),
    ...[1n, 2n, 3n].map(by =>
      rich(`field/${type}-moved-${by}`, e => {
        const index = indexOf(e, type)
        e.setRelocation(TEXT, index, 'offset', e.relocation(TEXT, index, 'offset') + by)
      }),
    ),
    rich(`field/${type}-at-the-end`, e => {
      e.setRelocation(TEXT, indexOf(e, type), 'offset', e.section('.text', 'size') - 4n)
    }),
    rich(`field/${type}-past-the-end`, e => {
      e.setRelocation(TEXT, indexOf(e, type), 'offset', e.section('.text', 'size') - 3n)
    }),
  ])
}

/** Each type in place of an ADRP's, which nobody runs. */
function typeMutations(): Mutation[] {
  return KNOWN.map(type => rich(`type/${type}`, e => e.setRelocation(TEXT, indexOf(e, 280), 'type', type)))
}

/** One half of an address without the other, or of another address. */
function pairMutations(): Mutation[] {
  const dropped = (type: number) =>
    rich(`pair/${type}-alone`, e => e.setRelocation(TEXT, indexOf(e, type), 'type', 256))
  const moved = (type: number, by: bigint) =>
    rich(`pair/${type}-apart-${by}`, e => {
      const index = indexOf(e, type)
      e.setRelocation(TEXT, index, 'addend', e.relocation(TEXT, index, 'addend') + by)
    })
  return [...[275, 277, 286].map(dropped), ...[275, 277, 286].flatMap(type => [16n, 4096n].map(by => moved(type, by)))]
}

function alternativeMutations(): Mutation[] {
  const fields: readonly (readonly [name: string, at: number, size: number, values: readonly number[]])[] = [
    ['feature', 8, 2, [0, 6, 17, 18, 19, 0x7fff, 0x8000, 0xffff]],
    ['original-length', 10, 1, [0, 1, 3, 4, 8, 200, 255]],
    ['replacement-length', 11, 1, [0, 1, 4, 8, 12, 255]],
  ]
  const both = (feature: number, [original, replacement]: readonly [number, number]) =>
    rich(`alternative/feature-${feature}-lengths-${original}-${replacement}`, e => {
      e.put(ALTERNATIVES, 8, 2, feature)
      e.put(ALTERNATIVES, 10, 1, original).put(ALTERNATIVES, 11, 1, replacement)
    })
  const lengths: readonly (readonly [number, number])[] = [
    [8, 8],
    [8, 4],
    [4, 4],
    [8, 0],
    [0, 0],
  ]
  return [
    ...[0, 1].flatMap(entry =>
      fields.flatMap(([name, at, size, values]) =>
        values.map(value =>
          rich(`alternative/${entry}-${name}-${value.toString(16)}`, e =>
            e.put(ALTERNATIVES, entry * 12 + at, size, value),
          ),
        ),
      ),
    ),
    ...[16, 17, 18, 19].flatMap(feature => lengths.map(each => both(feature, each))),
    ...[0, 1, 11, 12, 13, 23, 25].map(size =>
      rich(`alternative/size-${size}`, e => e.setSection(ALTERNATIVES, 'size', size)),
    ),
    ...[0, 1, 4, 8, 11].map(size =>
      rich(`alternative/replacement-size-${size}`, e => e.setSection('.altinstr_replacement', 'size', size)),
    ),
    rich('alternative/no-code', e => {
      for (const name of ['.text', '.altinstr_replacement']) e.setSection(name, 'flags', 2)
    }),
    ...[0, 4, 15, 17].map(size => rich(`bug-frame/size-${size}`, e => e.setSection('.bug_frames.1', 'size', size))),
    ...['.ex_table', '.fixup', '.alt_call_sites'].map(name =>
      rich(`foreign/${name}`, e => e.rename('.livepatch.hooks.unload', name)),
    ),
  ]
}

export function arm64Mutations(): Mutation[] {
  return [...fieldMutations(), ...typeMutations(), ...pairMutations(), ...alternativeMutations()]
}
