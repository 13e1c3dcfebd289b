/** What compilers say about types: debug information (DWARF 5), read as far as C needs. */

export { inlinedInto } from './inlined.ts'
export { inlinedCalls } from './inlined-calls.ts'
export { type LineSequence, readLineSequences, rowAt } from './line-rows.ts'
export type {
  Aggregate,
  DebugFunction,
  DebugType,
  DebugUnit,
  DebugVariable,
  Enumeration,
  Member,
  Place,
  Prototype,
  TypeId,
} from './model.ts'
export { VOID } from './model.ts'
export { readDebugUnit, readNamedUnit } from './read.ts'
export { type DebugSections, debugSections, packSections, unpackSections } from './sections.ts'
export {
  type DeclaredVariable,
  declaredVariables,
  type StaticPlace,
  type StaticPlaces,
  staticPlaces,
} from './static-places.ts'
export { type UnitOrigin, unitOrigins } from './unit-origins.ts'
