/** Pages that a linked program's instructions name. */
import { decode } from './decode.ts'
import { wordAt } from './words.ts'

const PAGE = 0xfffn
/** All of ADR and ADRP but the distance, and which of the two it is. */
const BESIDE_DISTANCE = 0x1f00001f
/** Where in a page an ADRP sets off erratum 843419 of the Cortex-A53: its last two words. */
const LAST_WORDS = 0xff8n

/**
 * Against the erratum, linkers put an ADR of the page's address in place of an ADRP at the end of a page where that
 * reaches (binutils 2.40, bfd/elfnn-aarch64.c, _bfd_aarch64_erratum_843419_branch_to_stub).
 */
export function pageNamed(own: Uint8Array, linked: Uint8Array, address: bigint): bigint | undefined {
  const [before, after] = [wordAt(own, 0), wordAt(linked, 0)]
  if (before === undefined || after === undefined || decode(before).names?.as !== 'page') return undefined
  const { names } = decode(after)
  if (names === undefined || ((before ^ after) & BESIDE_DISTANCE) !== 0) return undefined
  if (names.as === 'page') return (address & ~PAGE) + BigInt(names.distance)
  const place = address + BigInt(names.distance)
  const isEdit = names.as === 'address' && (address & PAGE) >= LAST_WORDS && (place & PAGE) === 0n
  return isEdit ? place : undefined
}
