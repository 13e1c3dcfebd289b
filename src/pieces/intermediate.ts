/**
 * Objects that hold only what a compiler wrote for itself (gcc -flto without -ffat-lto-objects): their sections of code
 * are empty, so any two of them would be called the same. Code is made from them when the program is linked.
 */
import { InputError } from '../base/errors.ts'
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/model.ts'

/** Throws `elf/intermediate-code` where there is nothing to compare. */
export function checkHasCode<S extends Side>({ sections, symbols }: ElfObject<S>): void {
  const own = sections.find(({ name }) => name.startsWith('.gnu.lto_'))
  if (own === undefined || !symbols.some(({ name }) => name === '__gnu_lto_slim')) return
  throw new InputError(
    'elf/intermediate-code',
    `the object holds only the compiler's intermediate code (section ${own.id} ${own.name}), and nothing that runs`,
    'compile without -flto, or with -ffat-lto-objects; what is linked with -flto is made from the whole program, not from objects',
  )
}
