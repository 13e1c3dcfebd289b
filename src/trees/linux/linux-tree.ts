/** A Linux kernel's source, prepared to compile single units of it. */
import { resolve } from 'node:path'
import { LINUX } from '../../loaders/linux/linux.ts'
import type { TouchedFile } from '../../source/model.ts'
import type { Tree } from '../model.ts'
import { type BuildFiles, NO_SCRIPTS, NOT_CONFIGURED, NOT_GENERATED, type TreeKind, type Unread } from '../tree-kind.ts'
import { findLinux, openLinux } from './open.ts'
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

/** Files that come, go or move are for makefiles to say, which are not read yet. */
function unitsOfBuildFiles(_: Tree, files: readonly TouchedFile[]): BuildFiles {
  const refusals = files.flatMap(({ kind, oldPath, newPath }) => {
    if (kind === 'edited') return []
    const file = newPath ?? oldPath ?? ''
    return [
      {
        code: 'new-unit',
        file,
        text: `${file} is new, removed or renamed: what that does to the kernel’s units is not known yet`,
        hint: 'put the change into files that are there',
      },
    ]
  })
  return { affected: [], refusals, notices: [], handled: new Set(), renamed: new Map() }
}

function unread(_: Tree, { oldPath, newPath }: TouchedFile): Unread {
  const path = newPath ?? oldPath ?? ''
  const isAside = /^(?:Documentation|LICENSES|debian)\//.test(path)
  const text = isAside ? `${path} is no part of the kernel` : `${path} is read by no unit that is known`
  const wayOut = isAside ? undefined : 'leave the file out of this patch'
  return { code: isAside ? 'not-compiled' : 'unknown-file', text, wayOut, mayBeEmbedded: false }
}
