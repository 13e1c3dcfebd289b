/**
 * Where Xen puts payloads (xen/arch/x86/livepatch.c, "arch_livepatch_init"; xen/common/vmap.c): above its own image, each
 * behind a page that is left free. Rules that ask for distances need an address; that it is the first free one is an
 * assumption, and no rule's answer hangs on the pages in between. Where the image ends is its own to say; there is no usual
 * place.
 */
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { VerifiedPayload } from '../model.ts'
import { PAGE } from './layout.ts'
import { roundUp } from './raw.ts'

const GIB = 1n << 30n
export interface PayloadArea {
  readonly first: bigint
  /** Undefined where the image does not say where it ends: then `first` stands for some place. */
  readonly pages: bigint | undefined
}

/** Any page will do for what is asked of a payload's own layout. */
const SOMEWHERE: PayloadArea = { first: 1n << 40n, pages: undefined }

export function payloadArea(hypervisor: HypervisorSymbols | undefined, on: readonly VerifiedPayload[]): PayloadArea {
  const imageEnd = hypervisor?.lookup('__2M_rwdata_end') ?? hypervisor?.lookup('_end')
  if (imageEnd === undefined) return SOMEWHERE
  const start = roundUp(imageEnd, PAGE)
  const end = roundUp(start + 1n, GIB)
  const pages = (end - start) / PAGE
  // One bit for each page, kept at the start of the area; then a free page.
  const bitmap = roundUp(pages / 8n, PAGE) / PAGE
  const top = on.at(-1)?.image
  const first = top === undefined ? start + (bitmap + 1n) * PAGE : top.start + BigInt(top.bytes.length) + PAGE
  return { first, pages: (end - first) / PAGE }
}
