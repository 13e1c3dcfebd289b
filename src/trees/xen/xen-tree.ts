/** Xen's source tree: built by its own make, which leaves the command of everything that it made. */
import { resolve } from 'node:path'
import { probeTexts } from '../../loaders/xen/probe.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import type { TouchedFile } from '../../source/model.ts'
import type { Base, BaseOptions, Run, Tree } from '../model.ts'
import type { TreeKind, Unread } from '../tree-kind.ts'
import { withoutUnused } from './archive.ts'
import { generatedUnder } from './generated/generated.ts'
import { configured } from './kconfig.ts'
import { kindOf } from './kinds.ts'
import { archOf, changedScripts } from './linker-script.ts'
import { unitsOfMakefiles } from './object-lists.ts'
import { checkConfig, configOf, findXen, isBuilt, openXen, xenLayout } from './open.ts'
import { XEN_PATHS } from './paths.ts'
import { buildCopy, isAsConfigured } from './unbuilt.ts'

export const XEN_TREE: TreeKind = {
  ...XEN_PATHS,
  loader: XEN,
  image: 'hypervisor',
  probes: probeTexts,
  buildsFirst: options => {
    const folder = options.target === 'xen' ? findXen(resolve(options.tree)) : undefined
    if (folder === undefined) return false
    const layout = xenLayout(folder, options.buildDir)
    return !(isAsConfigured(layout, options) && isBuilt(layout))
  },
  open: (options, run) => {
    const folder = options.target === 'xen' ? findXen(resolve(options.tree)) : undefined
    return folder === undefined ? undefined : openAt(folder, options, run)
  },
  unitsOfBuildFiles: unitsOfMakefiles,
  generatedUnder,
  changedScripts,
  configured,
  withoutUnused,
  unread,
}

async function openAt(folder: string, options: BaseOptions, run: Run): Promise<Base> {
  const layout = xenLayout(folder, options.buildDir)
  const asked = isAsConfigured(layout, options)
  const config = configOf(layout.buildFolder)
  if (config !== undefined && asked) checkConfig(config, layout.buildFolder)
  if (asked && isBuilt(layout)) return openXen(layout, options)
  const copy = await buildCopy(layout, options, run)
  const base = openXen(copy, options)
  const text = `${layout.sourceFolder} holds no build with this configuration; it was built once in ${copy.base}`
  return { ...base, notices: [...base.notices, { code: 'built-copy', text }] }
}

/** Folders' Makefiles are compared, with `unitsOfMakefiles`. */
function unread(tree: Tree, { oldPath, newPath }: TouchedFile): Unread | undefined {
  const path = newPath ?? oldPath ?? ''
  const kind = kindOf(path, { arch: archOf(tree), config: tree.facts.config, added: oldPath === undefined })
  if (kind.what === 'makefile') return undefined
  const mayBeEmbedded = kind.what === 'aside' && kind.code === 'not-compiled'
  const wayOut = kind.what === 'refused' ? kind.hint : undefined
  return { code: kind.code, text: `${path} ${kind.text}`, wayOut, mayBeEmbedded }
}
