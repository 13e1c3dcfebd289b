/**
 * Which version of Xen an image is. No symbol holds the number and the banner is put together at boot, but two functions
 * return its parts, and all that they do is to load a constant.
 */
import type { HypervisorSymbols } from './symbols.ts'

/** What may stand before the constant's load: a landing pad, a frame pointer's set-up. */
const BEFORE: readonly (readonly number[])[] = [
  [0xf3, 0x0f, 0x1e, 0xfa],
  [0x55, 0x48, 0x89, 0xe5],
]
/** mov $imm32, %eax */
const LOAD = 0xb8

/** As `4.17`; undefined where the image does not say, as xen.efi never does. */
export function xenVersionOf(symbols: HypervisorSymbols): string | undefined {
  const [major, minor] = [constantOf(symbols, 'xen_major_version'), constantOf(symbols, 'xen_minor_version')]
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`
}

/** The number that a function returns without looking at anything. */
function constantOf(symbols: HypervisorSymbols, name: string): number | undefined {
  const address = symbols.lookup(name)
  const code = address === undefined ? undefined : symbols.bytesAt(address, 13)
  if (code === undefined) return undefined
  let at = 0
  for (const bytes of BEFORE) if (bytes.every((byte, index) => code[at + index] === byte)) at += bytes.length
  if (code[at] !== LOAD) return undefined
  return new DataView(code.buffer, code.byteOffset + at + 1).getUint32(0, true)
}
