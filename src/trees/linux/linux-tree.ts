/** A Linux kernel's source, prepared to compile single units of it. */
import { resolve } from 'node:path'
import { LINUX } from '../../loaders/linux/linux.ts'
import type { TouchedFile } from '../../source/model.ts'
import type { Tree } from '../model.ts'
import { type BuildFiles, NO_SCRIPTS, NOT_CONFIGURED, NOT_GENERATED, type TreeKind, type Unread } from '../tree-kind.ts'
import { findLinux, openLinux } from './open.ts'
import { keptByOthers } from './other-programs.ts'
import { LINUX_PATHS } from './paths.ts'

export const LINUX_TREE: TreeKind = {
  ...LINUX_PATHS,
  loader: LINUX,
  image: 'kernel',
  probes: () => [],
  buildsFirst: () => false,
  open: options => {
    const folder = options.target === 'linux' ? findLinux(resolve(options.tree)) : undefined
    return folder === undefined ? undefined : Promise.resolve(openLinux(folder, options))
  },
  unitsOfBuildFiles,
  generatedUnder: () => Promise.resolve(NOT_GENERATED),
  changedScripts: () => Promise.resolve(NO_SCRIPTS),
  configured: () => Promise.resolve(NOT_CONFIGURED),
  withoutUnused: (_, affected) => ({ affected, notices: [] }),
  unread,
}

/**
 * Files that come, go or move are for makefiles to say, which are not read yet. A header that comes is read by who is patched to
 * read it; that nobody else takes it for another, was asked when the patch's readers were (`open.ts`).
 */
function unitsOfBuildFiles(tree: Tree, files: readonly TouchedFile[]): BuildFiles {
  const isHeader = ({ oldPath, newPath }: TouchedFile) => oldPath === undefined && newPath?.endsWith('.h') === true
  const refusals = files.flatMap(file => {
    const { kind, oldPath, newPath } = file
    if (kind === 'edited' || isHeader(file)) return []
    const path = newPath ?? oldPath ?? ''
    return [
      {
        code: 'new-unit',
        file: path,
        text: `${path} is new, removed or renamed: what that does to the kernel’s units is not known yet`,
        hint: 'put the change into files that are there',
      },
    ]
  })
  const handled = new Set(files.filter(isHeader).flatMap(({ newPath }) => newPath ?? []))
  const sources = files.flatMap(({ newPath }) => newPath ?? [])
  return { affected: [], refusals, notices: keptByOthers(tree, sources), handled, renamed: new Map() }
}

function unread(_: Tree, { oldPath, newPath }: TouchedFile): Unread {
  const path = newPath ?? oldPath ?? ''
  const isAside = /^(?:Documentation|LICENSES|debian)\//.test(path)
  const text = isAside ? `${path} is no part of the kernel` : `${path} is read by no unit that is known`
  const wayOut = isAside ? undefined : 'leave the file out of this patch'
  return { code: isAside ? 'not-compiled' : 'unknown-file', text, wayOut, mayBeEmbedded: false }
}
