/**
 * Whether a payload's hooks may write to Xen's read-only data, as the table of line numbers does in bug frames. Xen up to
 * 4.17.0 applied payloads with write protection off; 8676092a0f (4.18, brought to 4.17.1) made code writable instead, and
 * nothing else, until b083b1c393 (4.19, brought to 4.18.2 and 4.17.4) made read-only data writable as well. In between a
 * hook that writes there is a page fault, and the end of the hypervisor; so what is not seen in the code counts as no.
 */
import { machineOf } from '../../machines/machines.ts'
import type { HypervisorSymbols } from './symbols.ts'

type Image = Pick<HypervisorSymbols, 'machine' | 'lookup' | 'symbolsAt' | 'bytesAt'>

/** Undefined where the code of the image's machine is not known. */
export function hooksMayWriteReadOnly(image: Image): boolean | undefined {
  const knowledge = image.machine === undefined ? undefined : machineOf(image.machine).code
  if (knowledge === undefined) return undefined
  const { accessesOf, callsTo } = knowledge
  const quiesce = codeOf(image, 'arch_livepatch_quiesce')
  if (quiesce !== undefined && accessesOf(quiesce.bytes).setsControl) return true
  const relax = codeOf(image, 'relax_virtual_region_perms')
  const setter = image.lookup('modify_xen_mappings_lite')
  // One call makes code writable, another one read-only data.
  return relax !== undefined && setter !== undefined && callsTo(setter, relax) > 1
}

function codeOf(image: Image, name: string): { readonly address: bigint; readonly bytes: Uint8Array } | undefined {
  const address = image.lookup(name)
  const size = address === undefined ? undefined : image.symbolsAt(address)[0]?.size
  const bytes = address === undefined ? undefined : image.bytesAt(address, size ?? 0)
  return address === undefined || bytes === undefined ? undefined : { address, bytes }
}
