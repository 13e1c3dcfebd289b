/**
 * A patch rewritten so that every line it leaves alone keeps its number, as a patch that `patch -p1` applies: for people
 * who build with other tools (kpatch-build, klp-build, livepatch-build).
 */
import { neutralize } from '../lines/neutral.ts'
import type { NeutralFile, NeutralStyle } from '../lines/neutral-model.ts'
import { writePatch } from '../lines/write-patch.ts'
import { type NeutralReport, neutralReport } from '../report/neutral-report.ts'
import { applyPatches } from '../source/apply-patches.ts'
import { atBase } from '../source/base.ts'
import type { PatchText, SourceReader, TouchedFile } from '../source/model.ts'
import { openSources } from '../trees/sources.ts'
import type { TreePaths } from '../trees/tree-kind.ts'

export interface NeutralizeRequest {
  /** The source that the patch is for; it need not be built. */
  readonly tree: string
  readonly patches: readonly PatchText[]
  readonly style: NeutralStyle
  /** Of hotsplice. */
  readonly version: string
}

export interface Neutralized {
  readonly report: NeutralReport
  /** One character a byte; empty where nothing is left of it. */
  readonly patch: string
}

/** Rewrites patches into one. Throws `InputError` for a patch that does not fit the source. */
export function neutralizePatch({ tree, patches, style, version }: NeutralizeRequest): Neutralized {
  const { reader, paths } = openSources(tree)
  const { text, files, notes } = neutralPatch(patches, reader, { style, paths })
  return { report: neutralReport({ style, files, notes, text }, version), patch: text }
}

export interface NeutralPatch {
  /** One character a byte. */
  readonly text: string
  readonly files: readonly NeutralFile[]
  /** What could not be made neutral, and other things worth knowing, for people. */
  readonly notes: readonly string[]
}

export interface NeutralPatchOptions {
  readonly style: NeutralStyle
  /** How paths are spelled in the tree. */
  readonly paths: Pick<TreePaths, 'prefixes' | 'spelled'>
}

/** Rewrites patches into one. Paths in the result are relative to the tree. */
export function neutralPatch(
  patches: readonly PatchText[],
  reader: SourceReader,
  { style, paths }: NeutralPatchOptions,
): NeutralPatch {
  const change = atBase(patches, reader, paths.prefixes, at => applyPatches(patches, at))
  const files = change.files
    .filter(isSource)
    .map(file => neutralize(file, { style, oldName: paths.spelled(file.oldPath ?? '') }))
  return {
    text: writePatch(change.files, new Map(files.map(file => [file.path, file]))),
    files,
    notes: [...change.notices, ...files.flatMap(notesOf)],
  }
}

function isSource({ oldPath, newPath }: TouchedFile): boolean {
  return oldPath !== undefined && newPath !== undefined && /\.[chS]$/.test(newPath)
}

function notesOf({ path, unsafe, reformatted, notes, insertions }: NeutralFile): readonly string[] {
  const renamed = insertions.filter(({ because }) => because === 'renamed')
  return [
    ...renamed.map(({ directive }) => `${path}: keeps its old name for __FILE__: ${directive}`),
    ...reformatted.map(({ how, patchedFrom, because }) => `${path}:${patchedFrom}: ${how}: ${because}`),
    ...unsafe.map(({ text }) => `${path}: ${text}`),
    ...notes.map(note => `${path}: ${note}`),
  ]
}
