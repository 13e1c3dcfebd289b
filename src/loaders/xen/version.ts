/**
 * Which version of Xen an image is. No symbol holds the number and the banner is put together at boot, but two functions
 * return its parts, and all that they do is to load a constant.
 */
import { machineOf } from '../../machines/machines.ts'
import type { HypervisorSymbols } from './symbols.ts'

/** Bytes that such a function has at most: on AArch64 a landing pad, a signature, and a frame that comes and goes. */
const LOOKED_AT = 40

/** As `4.17`; undefined where the image does not say, as xen.efi never does. */
export function xenVersionOf(symbols: HypervisorSymbols): string | undefined {
  const [major, minor] = [constantOf(symbols, 'xen_major_version'), constantOf(symbols, 'xen_minor_version')]
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`
}

/** The number that a function returns without looking at anything. */
function constantOf(symbols: HypervisorSymbols, name: string): number | undefined {
  const address = symbols.lookup(name)
  const code = address === undefined ? undefined : codeAt(symbols, address)
  if (code === undefined || symbols.machine === undefined) return undefined
  return machineOf(symbols.machine).code?.returnedNumber(code)
}

/** At the end of the memory that is known there are fewer. */
function codeAt(symbols: HypervisorSymbols, address: bigint): Uint8Array | undefined {
  for (let size = LOOKED_AT; size > 0; size--) {
    const code = symbols.bytesAt(address, size)
    if (code !== undefined) return code
  }
  return undefined
}
