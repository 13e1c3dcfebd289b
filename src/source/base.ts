/**
 * Finds the folder that a patch's paths are relative to: the tree's base, or a folder below it (for Xen, people make
 * patches both from the repository's root and from inside of `xen/`). Exactly one must fit; guessing between two would
 * apply a fix to the wrong file.
 */
import { InputError } from '../base/errors.ts'
import { shownName } from '../base/printable.ts'
import type { PatchText, SourceChange, SourceReader, TouchedFile } from './model.ts'
import { patchPaths } from './patch-paths.ts'

/**
 * Calls `apply` with a reader for the one of `prefixes` (`''`, `'xen/'`) under which every file that the patches expect
 * exists, and returns the result with its paths relative to the tree's base.
 */
export function atBase(
  patches: readonly PatchText[],
  reader: SourceReader,
  prefixes: readonly string[],
  apply: (reader: SourceReader) => SourceChange,
): SourceChange {
  const expected = patchPaths(patches).filter(({ mustExist }) => mustExist)
  const missing = prefixes.map(prefix => expected.filter(({ path }) => reader.read(prefix + path) === undefined))
  const fitting = prefixes.filter((_, index) => missing[index]?.length === 0)
  const [prefix, ...others] = expected.length === 0 ? prefixesByName(patches, prefixes) : fitting
  if (prefix === undefined) {
    const absent = (missing[0] ?? []).slice(0, 5).map(({ path }) => shownName(path))
    throw new InputError(
      'source/no-such-file',
      `the patch is for ${absent.join(', ')}, which the tree does not have`,
      'is the patch for this tree? Paths are taken without their first component (-p says how many), relative to the tree or to the folder of its sources',
    )
  }
  if (others.length > 0) {
    throw new InputError(
      'source/ambiguous-base',
      `the patch's files exist under ${fitting.map(each => `"${each || '.'}"`).join(' and under ')}`,
      'make the patch from the root of the repository',
    )
  }
  const change = apply({
    read: path => reader.read(prefix + path),
    isNoFile: path => reader.isNoFile?.(prefix + path) === true,
  })
  return prefix === '' ? change : { ...change, files: change.files.map(file => below(prefix, file)) }
}

/** A patch that only adds files: their names must say where they belong. */
function prefixesByName(patches: readonly PatchText[], prefixes: readonly string[]): readonly string[] {
  const paths = patchPaths(patches).map(({ path }) => path)
  const named = prefixes.filter(prefix => prefix !== '' && paths.every(path => path.startsWith(prefix)))
  return named.length > 0 ? [''] : prefixes.slice(-1)
}

function below(prefix: string, file: TouchedFile): TouchedFile {
  const { oldPath, newPath } = file
  return {
    ...file,
    oldPath: oldPath === undefined ? undefined : prefix + oldPath,
    newPath: newPath === undefined ? undefined : prefix + newPath,
  }
}
