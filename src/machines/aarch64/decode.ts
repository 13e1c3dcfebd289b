/**
 * The AArch64 instructions that matter to a hotpatch: those that go elsewhere, those that name a place by a distance of
 * their own, and those that hold a number. All others do neither, whatever they are; but what stands in
 * the space of branches and is none that is known may go anywhere.
 *
 * A table of encodings, in the order of the Arm Architecture Reference Manual (DDI 0487), C4.1; the first row that fits
 * decides. The tests hold each row against what objdump says, of every instruction of a built hypervisor too.
 */
import { bitsOf, signedBitsOf } from './words.ts'

/** Where an instruction goes on. */
export type Flow =
  | 'next'
  /** To its target, and nowhere else. */
  | 'jump'
  /** To its target or to the next. */
  | 'conditional'
  | 'call'
  | 'indirect-jump'
  | 'indirect-call'
  | 'return'
  /** Nowhere, unless whoever handles the trap says so. */
  | 'trap'
  /** Asks another level (SVC, HVC, SMC), and goes on. */
  | 'service'
  /** Nobody knows. */
  | 'unknown'

/** What an instruction names by a distance: a place to go to, an address, its page, or a place to look at. */
export type Naming = 'target' | 'address' | 'page' | 'contents'

export interface Instruction {
  readonly flow: Flow
  /** How far what it names lies from itself; for a page, how far the pages lie from each other. */
  readonly names?: { readonly as: Naming; readonly distance: number }
}

interface Row {
  readonly name: string
  readonly mask: number
  readonly value: number
  readonly flow: Flow
  /**
   * Its distance: the lowest bit and the number of bits, in units of four bytes; for ADR and ADRP both parts; how far back
   * the place is that a return address was signed at.
   */
  readonly field?: readonly [at: number, count: number] | 'split' | 'back'
  readonly as?: Naming
}

const row = (name: string, mask: number, value: number, flow: Flow): Row => ({ name, mask, value, flow })
const ROWS: readonly Row[] = [
  row('udf', 0xffff0000, 0x00000000, 'trap'),
  { ...row('adr', 0x9f000000, 0x10000000, 'next'), field: 'split', as: 'address' },
  { ...row('adrp', 0x9f000000, 0x90000000, 'next'), field: 'split', as: 'page' },
  { ...row('autiasppc', 0xffc0001f, 0xf380001f, 'next'), field: 'back', as: 'contents' },
  { ...row('b.cond, bc.cond', 0xff000000, 0x54000000, 'conditional'), field: [5, 19], as: 'target' },
  { ...row('retaasppc', 0xffc0001f, 0x5500001f, 'return'), field: 'back', as: 'contents' },
  row('svc', 0xffe0001f, 0xd4000001, 'service'),
  row('hvc', 0xffe0001f, 0xd4000002, 'service'),
  row('smc', 0xffe0001f, 0xd4000003, 'service'),
  row('brk', 0xffe0001f, 0xd4200000, 'trap'),
  row('hlt', 0xffe0001f, 0xd4400000, 'trap'),
  row('dcps', 0xffe0001c, 0xd4a00000, 'trap'),
  row('system registers, hints, barriers', 0xff000000, 0xd5000000, 'next'),
  ...[
    { name: 'br', value: 0xd61f0000, flow: 'indirect-jump' } as const,
    { name: 'blr', value: 0xd63f0000, flow: 'indirect-call' } as const,
  ].flatMap(({ name, value, flow }) => [
    row(name, 0xfffffc1f, value, flow),
    // By a pointer that is signed with zero, or with a second register.
    row(`${name}aaz`, 0xfffff81f, value + 0x81f, flow),
    row(`${name}aa`, 0xfffff800, value + 0x1000800, flow),
  ]),
  row('ret', 0xfffffc1f, 0xd65f0000, 'return'),
  row('retaa', 0xfffffbff, 0xd65f0bff, 'return'),
  row('retaasppcr', 0xfffffbe0, 0xd65f0be0, 'return'),
  row('eret', 0xffffffff, 0xd69f03e0, 'return'),
  row('eretaa', 0xfffffbff, 0xd69f0bff, 'return'),
  row('drps', 0xffffffff, 0xd6bf03e0, 'return'),
  { ...row('b', 0xfc000000, 0x14000000, 'jump'), field: [0, 26], as: 'target' },
  { ...row('bl', 0xfc000000, 0x94000000, 'call'), field: [0, 26], as: 'target' },
  { ...row('cbz, cbnz', 0x7e000000, 0x34000000, 'conditional'), field: [5, 19], as: 'target' },
  { ...row('tbz, tbnz', 0x7e000000, 0x36000000, 'conditional'), field: [5, 14], as: 'target' },
  { ...row('cbgt', 0x7f00c000, 0x74000000, 'conditional'), field: [5, 9], as: 'target' },
  { ...row('cbbgt, cbhgt', 0xff008000, 0x74008000, 'conditional'), field: [5, 9], as: 'target' },
  { ...row('cbgt of a number', 0x7f004000, 0x75000000, 'conditional'), field: [5, 9], as: 'target' },
  row('any other that may branch', 0x1c000000, 0x14000000, 'unknown'),
  { ...row('ldr of a place', 0x3b000000, 0x18000000, 'next'), field: [5, 19], as: 'contents' },
]

const PLAIN: Instruction = { flow: 'next' }
const PAGE = 4096

export function decode(word: number): Instruction {
  const found = ROWS.find(({ mask, value }) => (word & mask) >>> 0 === value)
  if (found === undefined) return PLAIN
  const { flow, field, as } = found
  if (field === undefined || as === undefined) return { flow }
  if (field === 'back') return { flow, names: { as, distance: -4 * bitsOf(word, 5, 16) } }
  if (field !== 'split') return { flow, names: { as, distance: signedBitsOf(word, ...field) * 4 } }
  const distance = signedBitsOf(word, 5, 19) * 4 + bitsOf(word, 29, 2)
  return { flow, names: { as, distance: as === 'page' ? distance * PAGE : distance } }
}

/** Every hint that does nothing on its own; only `nop` itself stands between functions. */
export const NOP = 0xd503201f

/** What a general register gets of a number alone, or of another one and a number. */
export type NumberUse =
  /** movz, movn */
  | { readonly does: 'set'; readonly register: number; readonly value: number; readonly isPlain: boolean }
  /** movk */
  | { readonly does: 'insert'; readonly register: number; readonly value: number; readonly shift: number }
  /** add, sub, cmp, cmn: of twelve bits, shifted by twelve where it is not plain */
  | { readonly does: 'add'; readonly value: number; readonly isPlain: boolean }
  /** and, orr, eor, tst: `value` is undefined where it has more than 32 bits */
  | { readonly does: 'mask'; readonly value: number | undefined }
  /** ccmp, ccmn */
  | { readonly does: 'compare'; readonly value: number }

export function numberUse(word: number): NumberUse | undefined {
  if ((word & 0x1f800000) === 0x12800000) return moveOf(word)
  if ((word & 0x1f800000) === 0x11000000) {
    const isPlain = bitsOf(word, 22, 1) === 0
    return { does: 'add', value: bitsOf(word, 10, 12) * (isPlain ? 1 : PAGE), isPlain }
  }
  if ((word & 0x1f800000) === 0x12000000) return { does: 'mask', value: maskOf(word) }
  if ((word & 0x3fe00c10) === 0x3a400800) return { does: 'compare', value: bitsOf(word, 16, 5) }
  return undefined
}

function moveOf(word: number): NumberUse | undefined {
  const [operation, place, number] = [bitsOf(word, 29, 2), bitsOf(word, 21, 2), bitsOf(word, 5, 16)]
  const register = bitsOf(word, 0, 5)
  const value = number * 2 ** (16 * place)
  if (operation === 2) return { does: 'set', register, value, isPlain: place === 0 }
  if (operation === 3) return { does: 'insert', register, value: number, shift: 16 * place }
  // Of a register of four bytes, what it holds as a signed number.
  const turned = word >>> 31 === 0 ? ~value : -1 - value
  return operation === 0 ? { does: 'set', register, value: turned, isPlain: false } : undefined
}

/** The number of a logical instruction ("DecodeBitMasks"): a turned run of ones, again and again. */
function maskOf(word: number): number | undefined {
  const [wide, rotation, run] = [bitsOf(word, 22, 1), bitsOf(word, 16, 6), bitsOf(word, 10, 6)]
  const length = 31 - Math.clz32((wide << 6) | (~run & 0x3f))
  if (length < 1) return undefined
  const size = 1 << length
  const ones = (run & (size - 1)) + 1
  const turn = rotation & (size - 1)
  const bits = (1n << BigInt(ones)) - 1n
  const turned = (bits >> BigInt(turn)) | (bits << BigInt(size - turn))
  const once = BigInt.asUintN(size, turned)
  const width = word >>> 31 === 0 ? 32 : 64
  let value = 0n
  for (let at = 0; at < width; at += size) value |= once << BigInt(at)
  return value < 1n << 32n ? Number(value) : undefined
}
