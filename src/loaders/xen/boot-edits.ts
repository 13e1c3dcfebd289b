/**
 * Places of Xen's code that are not what its file says once it has booted (x86): instructions exchanged for the CPU at
 * hand (alternatives), indirect calls made direct (alternative calls), and landing pads wiped where nothing calls
 * through a pointer any more. Sources: xen/arch/x86/alternative.c, xen/arch/x86/xen.lds.S.
 */
import { AARCH64 } from '../../machines/aarch64/aarch64.ts'
import { X86_64, X86_64_PATCHING } from '../../machines/x86-64/x86-64.ts'
import { type LinkedImage, linkedEntries } from './linked-tables.ts'

export interface BootEdit {
  readonly what: 'alternative' | 'alternative-call' | 'landing-pad'
  readonly address: bigint
  readonly size: number
}

/** What the edits are on one machine. To add one: a row. */
interface EditRules {
  /** Bytes of the call that an alternative call is. */
  readonly call: number
  /** Bytes of a landing pad. */
  readonly landingPad: number
  /** Where an alternative's entry has the length of the code, and how many bytes of padding follow it. */
  readonly length: number
  readonly padding: number
}

/** asm/alternative.h: ALT_CALL_LEN, struct alt_instr, which had no padding while its entries had 12 bytes. */
const RULES: ReadonlyMap<number, EditRules> = new Map([
  [AARCH64.number, { call: 0, landingPad: 0, length: 10, padding: 12 }],
  [X86_64.number, { call: 6, landingPad: X86_64_PATCHING.trampoline.landingPad.length, length: 10, padding: 12 }],
])

export class BootEdits {
  /** In the order of addresses. */
  readonly #edits: readonly BootEdit[]
  readonly #longest: bigint

  private constructor(edits: readonly BootEdit[]) {
    this.#edits = [...edits].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
    this.#longest = BigInt(edits.reduce((longest, { size }) => Math.max(longest, size), 0))
  }

  /** Undefined where it is not known what is edited on the image's machine. */
  static read(image: LinkedImage): BootEdits | undefined {
    const rules = image.machine === undefined ? undefined : RULES.get(image.machine)
    if (rules === undefined) return undefined
    return new BootEdits([
      ...alternatives(image, rules),
      ...alternativeCalls(image, rules),
      ...landingPads(image, rules),
    ])
  }

  within(address: bigint, size: number): readonly BootEdit[] {
    const end = address + BigInt(size)
    const found: BootEdit[] = []
    for (let at = this.#firstFrom(address - this.#longest); at < this.#edits.length; at++) {
      const edit = this.#edits[at]
      if (edit === undefined || edit.address >= end) break
      if (edit.address + BigInt(edit.size) > address) found.push(edit)
    }
    return found
  }

  #firstFrom(address: bigint): number {
    let low = 0
    let high = this.#edits.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#edits[middle]?.address ?? 0n) < address) low = middle + 1
      else high = middle
    }
    return low
  }
}

function alternatives(image: LinkedImage, { length, padding }: EditRules): readonly BootEdit[] {
  return (linkedEntries('.altinstructions', image) ?? []).map(({ about, bytes }) => {
    const added = padding < bytes.byteLength ? bytes.getUint8(padding) : 0
    return { what: 'alternative', address: about, size: bytes.getUint8(length) + added }
  })
}

function alternativeCalls(image: LinkedImage, { call }: EditRules): readonly BootEdit[] {
  const entries = linkedEntries('.alt_call_sites', image) ?? []
  return entries.map(({ about }) => ({ what: 'alternative-call', address: about, size: call }))
}

/** A list of pointers. */
function* landingPads(image: LinkedImage, { landingPad }: EditRules): Generator<BootEdit> {
  const start = image.addressOf('__initdata_cf_clobber_start') ?? 0n
  const end = image.addressOf('__initdata_cf_clobber_end') ?? 0n
  const bytes = end > start ? image.bytesAt(start, Number(end - start)) : undefined
  const view = new DataView(bytes?.buffer ?? new ArrayBuffer(0), bytes?.byteOffset ?? 0, bytes?.byteLength ?? 0)
  for (let at = 0; at + 8 <= view.byteLength; at += 8) {
    const address = view.getBigUint64(at, true)
    if (address !== 0n) yield { what: 'landing-pad', address, size: landingPad }
  }
}
