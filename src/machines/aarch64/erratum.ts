/**
 * Erratum 843419 of the Cortex-A53: an ADRP in the last two words of a page, then a load or store, then a load or store from
 * the register that the ADRP wrote, may take a wrong address. Linkers rewrite such code; Xen's loader does not, so a payload
 * must not have it. Source: Arm, "Cortex-A53 MPCore Software Developers Errata Notice"; binutils 2.40, elfnn-aarch64.c.
 *
 * Some code is taken for it that is not, which costs a few bytes.
 */
import { decode } from './decode.ts'
import { bitsOf, WORD, wordAt } from './words.ts'

const PAGE = 4096
const LAST_WORDS = [PAGE - 2 * WORD, PAGE - WORD]

export function mustNotLieAt(code: Uint8Array, place: number): boolean {
  const first = place % PAGE
  for (const last of LAST_WORDS) {
    for (let at = last - first; at < code.length; at += PAGE) if (at >= 0 && isSequence(code, at)) return true
  }
  return false
}

function isSequence(code: Uint8Array, at: number): boolean {
  const [page, second, third, fourth] = [0, 1, 2, 3].map(index => wordAt(code, at + index * WORD))
  if (page === undefined || second === undefined || decode(page).names?.as !== 'page' || !isMemory(second)) return false
  const register = bitsOf(page, 0, 5)
  return [third, fourth].some(word => word !== undefined && isMemoryAt(word, register))
}

/** Loads and stores of any kind (C4.1, op0 x1x0). */
const isMemory = (word: number): boolean => (word & 0x0a000000) === 0x08000000

/** Those of a register and a distance that is not negative. */
const isMemoryAt = (word: number, register: number): boolean =>
  (word & 0x3b000000) === 0x39000000 && bitsOf(word, 5, 5) === register
