/** The build stage: a change and a tree become pairs of objects. The tree is never written to. */
export { affectedUnits, overlayOf } from './affected.ts'
export { compileUnits, tryCompile } from './compile.ts'
export { stamp as fileStamp } from './compiler.ts'
export { inDebianTree, parsePackage } from './debian/debian-tree.ts'
export { inKernelTree, parseKernelPackage } from './debian/kernel-tree.ts'
export { debugObjects, placeIn } from './debug-objects.ts'
export {
  type Declarations,
  declarationsOf,
  originalDeclarations,
  originalTexts,
  preprocessedTexts,
} from './declarations.ts'
export { type Definer, definersOf } from './definers.ts'
export { throwingUnits } from './exceptions.ts'
export { checkFresh } from './fresh.ts'
export { checkGiven, checkImage, imageHint, programFile, readGiven, readImage } from './image.ts'
export { keptAnswer } from './kept-answer.ts'
export { isInside, realOrSelf, shortName } from './layout.ts'
export { type LinkRecords, linkRecords } from './link-records/link-records.ts'
export { linkedFiles } from './linked-files.ts'
export { isConfigured } from './linux/configured.ts'
export { type KernelOfModules, moduleFiles, modulesAround } from './linux/module-files.ts'
export { namingSources } from './linux/naming-sources.ts'
export { readKernel } from './linux/unpack.ts'
export type {
  Affected,
  AffectedUnit,
  Base,
  BaseOptions,
  BuildRefusal,
  CompiledUnit,
  CompileRequest,
  ObjectPair,
  Progress,
  Run,
  Tree,
  TreeFacts,
  Unit,
} from './model.ts'
export { type OldNames, oldNames } from './old-names.ts'
export { buildsFirst, openBase } from './open.ts'
export { fileSymbolOf, originalObject, originalObjects, ownObjects } from './original.ts'
export type { Overlay } from './overlay.ts'
export { OWN_HEADER, ownHeader } from './own-header.ts'
export { buildPairs, pairsOf } from './pairs.ts'
export { createPool, type Pool } from './pool.ts'
export { probe, tryProbes } from './probe.ts'
export { type LeftOut, type Reach, withinReach } from './reach/reach.ts'
export { referrersOf } from './referrers.ts'
export { changedSince, type Surroundings, surroundingsOf } from './surroundings.ts'
export { isThere, packFolder, placedTree, placeFile, placeFolder } from './tree-copy.ts'
export { treeDigest } from './tree-digest.ts'
export { treeKind } from './tree-kinds.ts'
export { tellsTime } from './volatile.ts'
export { quiet, type RunOptions, wholeRun } from './whole-run.ts'
