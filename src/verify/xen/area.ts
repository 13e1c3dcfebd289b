/**
 * Where Xen puts payloads (xen/arch/x86/livepatch.c, "arch_livepatch_init"; xen/common/vmap.c): above its own image, each
 * behind a page that is left free. Rules that ask for distances need an address; that it is the first free one is an
 * assumption, and no rule's answer hangs on the pages in between.
 */
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { VerifiedPayload } from '../model.ts'
import { PAGE } from './layout.ts'
import { roundUp } from './raw.ts'

const GIB = 1n << 30n
/** Where Xen 4.17's image ends, when no hypervisor was given. */
const USUAL_END = 0xffff_82d0_405c_8000n

export function payloadArea(
  hypervisor: HypervisorSymbols | undefined,
  on: readonly VerifiedPayload[],
): { readonly first: bigint; readonly pages: bigint } {
  const imageEnd = hypervisor?.lookup('__2M_rwdata_end') ?? hypervisor?.lookup('_end') ?? USUAL_END
  const start = roundUp(imageEnd, PAGE)
  const end = roundUp(start + 1n, GIB)
  const pages = (end - start) / PAGE
  // One bit for each page, kept at the start of the area; then a free page.
  const bitmap = roundUp(pages / 8n, PAGE) / PAGE
  const top = on.at(-1)?.image
  const first = top === undefined ? start + (bitmap + 1n) * PAGE : top.start + BigInt(top.bytes.length) + PAGE
  return { first, pages: (end - first) / PAGE }
}
