/** A source tree that is read and not built: its texts, and how its paths are spelled. */
import { join } from 'node:path'
import type { SourceReader } from '../source/model.ts'
import { isNoFile, sourceText } from '../system/source-text.ts'
import { PROGRAM_PATHS } from './compile-commands/paths.ts'
import { LINUX_PATHS } from './linux/paths.ts'
import type { TreePaths } from './tree-kind.ts'
import { XEN_PATHS } from './xen/paths.ts'

export interface Sources {
  readonly reader: SourceReader
  readonly paths: TreePaths
}

/** To add a kind of tree: a row. The last takes what nobody knows. */
const ROWS: readonly TreePaths[] = [XEN_PATHS, LINUX_PATHS, PROGRAM_PATHS]

export function openSources(folder: string): Sources {
  return {
    reader: {
      read: path => sourceText(join(folder, path), path),
      isNoFile: path => isNoFile(join(folder, path)),
    },
    paths: ROWS.find(({ isIn }) => isIn(folder)) ?? PROGRAM_PATHS,
  }
}
