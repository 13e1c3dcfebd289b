/** The only places where a bare number becomes an id. */
import type { Side } from '../base/side.ts'
import type { SectionId, SymbolId } from './model.ts'

/** The caller vouches that `index` is a section of the object it works on. */
export const sectionId = <S extends Side>(index: number): SectionId<S> => index as SectionId<S>

/** The caller vouches that `index` is a symbol of the object it works on. */
export const symbolId = <S extends Side>(index: number): SymbolId<S> => index as SymbolId<S>
