/**
 * A patch rewritten so that every line it leaves alone keeps its number, as a patch that `patch -p1` applies: for people
 * who build with other tools (kpatch-build, klp-build, livepatch-build).
 */
import { neutralize } from '../lines/neutral.ts'
import type { NeutralFile, NeutralStyle } from '../lines/neutral-model.ts'
import { writePatch } from '../lines/write-patch.ts'
import { applyPatches } from '../source/apply-patches.ts'
import { atBase } from '../source/base.ts'
import type { PatchText, SourceReader, TouchedFile } from '../source/model.ts'

export interface NeutralPatch {
  /** One character a byte. */
  readonly text: string
  readonly files: readonly NeutralFile[]
  /** What could not be made neutral, and other things worth knowing, for people. */
  readonly notes: readonly string[]
}

export interface NeutralPatchOptions {
  readonly style: NeutralStyle
  /** Folders that the patch's paths may be relative to, as for a build: `''`, `'xen/'`. */
  readonly prefixes: readonly string[]
}

/** Rewrites patches into one. Paths in the result are relative to the tree. */
export function neutralPatch(
  patches: readonly PatchText[],
  reader: SourceReader,
  options: NeutralPatchOptions,
): NeutralPatch {
  const change = atBase(patches, reader, options.prefixes, at => applyPatches(patches, at))
  const files = change.files
    .filter(isSource)
    .map(file => neutralize(file, { style: options.style, oldName: spelledBy(options.prefixes, file.oldPath ?? '') }))
  return {
    text: writePatch(change.files, new Map(files.map(file => [file.path, file]))),
    files,
    notes: [...change.notices, ...files.flatMap(notesOf)],
  }
}

function isSource({ oldPath, newPath }: TouchedFile): boolean {
  return oldPath !== undefined && newPath !== undefined && /\.[chS]$/.test(newPath)
}

/** A file as Xen's build spells it, which runs in `xen/` and names its folders of headers with `./`; else as it is. */
function spelledBy(prefixes: readonly string[], path: string): string {
  if (!prefixes.includes('xen/') || !path.startsWith('xen/')) return path
  return path.slice('xen/'.length).replace(/^(?=(?:arch\/[^/]+\/)?include\/)/, './')
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
