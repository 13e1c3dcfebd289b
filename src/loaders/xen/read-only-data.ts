/**
 * Whether a payload's hooks may write to Xen's read-only data, as the table of line numbers does in bug frames. Xen up to
 * 4.17.0 applied payloads with write protection off; 8676092a0f (4.18, brought to 4.17.1) made code writable instead, and
 * nothing else, until b083b1c393 (4.19, brought to 4.18.2 and 4.17.4) made read-only data writable as well. In between a
 * hook that writes there is a page fault, and the end of the hypervisor; so what is not seen in the code counts as no.
 *
 * On Arm nothing is made writable: all of Xen is mapped a second time meanwhile, and hooks may write there
 * (arch/arm/livepatch.c, `vmap_of_xen_text`).
 */
import { machineOf } from '../../machines/machines.ts'
import type { HypervisorSymbols } from './symbols.ts'

type Image = Pick<HypervisorSymbols, 'machine' | 'lookup' | 'symbolsAt' | 'bytesAt'>

const MAPPING = 'vmap_of_xen_text'

/** What hooks may write to, besides data that is writable anyhow; undefined where it cannot be seen. */
export function hooksMayWrite(image: Image): 'read-only data' | 'code alone' | 'a mapping alone' | undefined {
  const knowledge = image.machine === undefined ? undefined : machineOf(image.machine).code
  const quiesce = codeOf(image, 'arch_livepatch_quiesce')
  if (knowledge === undefined || quiesce === undefined) return undefined
  if (image.lookup(MAPPING) !== undefined) return 'a mapping alone'
  if (knowledge.accessesOf(quiesce.bytes).setsControl) return 'read-only data'
  const relax = codeOf(image, 'relax_virtual_region_perms')
  const setter = image.lookup('modify_xen_mappings_lite')
  // One call makes code writable, another one read-only data.
  const setsBoth = relax !== undefined && setter !== undefined && knowledge.callsTo(setter, relax) > 1
  return setsBoth ? 'read-only data' : 'code alone'
}

function codeOf(image: Image, name: string): { readonly address: bigint; readonly bytes: Uint8Array } | undefined {
  const address = image.lookup(name)
  const size = address === undefined ? undefined : image.symbolsAt(address)[0]?.size
  const bytes = address === undefined ? undefined : image.bytesAt(address, size ?? 0)
  return address === undefined || bytes === undefined ? undefined : { address, bytes }
}
