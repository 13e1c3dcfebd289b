/** The build stage: a change and a tree become pairs of objects. The tree is never written to. */
export { affectedUnits, overlayOf } from './affected.ts'
export { compileUnits } from './compile.ts'
export { type Declarations, declarationsOf, originalTexts } from './declarations.ts'
export { type Definer, definersOf } from './definers.ts'
export { throwingUnits } from './exceptions.ts'
export { checkFresh } from './fresh.ts'
export { programId, readGiven, readImage } from './image.ts'
export type {
  Affected,
  AffectedUnit,
  BuildRefusal,
  CompiledUnit,
  CompileRequest,
  ObjectPair,
  OpenOptions,
  Progress,
  Tree,
  TreeFacts,
  Unit,
} from './model.ts'
export { type OldNames, oldNames } from './old-names.ts'
export { openTree, quiet } from './open.ts'
export { fileSymbolOf, originalObject, originalObjects } from './original.ts'
export type { Overlay } from './overlay.ts'
export { buildPairs, pairsOf } from './pairs.ts'
export { probe, tryProbes } from './probe.ts'
export { referrersOf } from './referrers.ts'
