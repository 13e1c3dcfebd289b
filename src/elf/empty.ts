import type { Side } from '../base/side.ts'
import type { ElfHeader, ElfObject } from './model.ts'

/** An object with nothing in it, for the side of a unit that does not exist there. */
export function emptyObject<S extends Side>(header: ElfHeader): ElfObject<S> {
  return { header, sections: [], symbols: [], relocations: [], groups: [] }
}
