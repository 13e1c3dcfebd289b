/**
 * Places of Xen's code that are not what its file says once it has booted (x86): instructions exchanged for the CPU at
 * hand (alternatives), indirect calls made direct (alternative calls), and landing pads wiped where nothing calls
 * through a pointer any more. Sources: xen/arch/x86/alternative.c, xen/arch/x86/xen.lds.S.
 */
export interface BootEdit {
  readonly what: 'alternative' | 'alternative-call' | 'landing-pad'
  readonly address: bigint
  readonly size: number
}

export interface BootEditSource {
  addressOf(name: string): bigint | undefined
  bytesAt(address: bigint, size: number): Uint8Array | undefined
}

/** struct alt_instr: where, replacement, feature, length of original, of replacement, of padding, state. */
const ALTERNATIVE_SIZE = 14
const CALL_LENGTH = 6
const LANDING_PAD_LENGTH = 4

export class BootEdits {
  /** In the order of addresses. */
  readonly #edits: readonly BootEdit[]
  readonly #longest: bigint

  private constructor(edits: readonly BootEdit[]) {
    this.#edits = [...edits].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
    this.#longest = BigInt(edits.reduce((longest, { size }) => Math.max(longest, size), 0))
  }

  static read(source: BootEditSource): BootEdits {
    return new BootEdits([...alternatives(source), ...alternativeCalls(source), ...landingPads(source)])
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

/** A table between two symbols; empty where one of them is missing. */
function table(source: BootEditSource, from: string, to: string): { view: DataView; start: bigint } {
  const start = source.addressOf(from) ?? 0n
  const end = source.addressOf(to) ?? 0n
  const bytes = end > start ? source.bytesAt(start, Number(end - start)) : undefined
  const content = bytes ?? new Uint8Array(0)
  return { view: new DataView(content.buffer, content.byteOffset, content.byteLength), start }
}

function* alternatives(source: BootEditSource): Generator<BootEdit> {
  const { view, start } = table(source, '__alt_instructions', '__alt_instructions_end')
  for (let at = 0; at + ALTERNATIVE_SIZE <= view.byteLength; at += ALTERNATIVE_SIZE) {
    const address = start + BigInt(at) + BigInt(view.getInt32(at, true))
    yield { what: 'alternative', address, size: view.getUint8(at + 10) + view.getUint8(at + 12) }
  }
}

function* alternativeCalls(source: BootEditSource): Generator<BootEdit> {
  const { view, start } = table(source, '__alt_call_sites_start', '__alt_call_sites_end')
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const address = start + BigInt(at) + BigInt(view.getInt32(at, true))
    yield { what: 'alternative-call', address, size: CALL_LENGTH }
  }
}

function* landingPads(source: BootEditSource): Generator<BootEdit> {
  const { view } = table(source, '__initdata_cf_clobber_start', '__initdata_cf_clobber_end')
  for (let at = 0; at + 8 <= view.byteLength; at += 8) {
    const address = view.getBigUint64(at, true)
    if (address !== 0n) yield { what: 'landing-pad', address, size: LANDING_PAD_LENGTH }
  }
}
