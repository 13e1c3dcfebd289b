import { COMPILE_COMMANDS } from './compile-commands/compile-commands.ts'
import { LINUX_TREE } from './linux/linux-tree.ts'
import type { Base } from './model.ts'
import type { TreeKind } from './tree-kind.ts'
import { XEN_TREE } from './xen/xen-tree.ts'

/** To add a kind of tree: a row. The first that opens a folder has it. */
export const TREE_KINDS: readonly TreeKind[] = [XEN_TREE, LINUX_TREE, COMPILE_COMMANDS]

const BY_NAME: Readonly<Record<Base['facts']['kind'], TreeKind>> = {
  xen: XEN_TREE,
  'compile-commands': COMPILE_COMMANDS,
  linux: LINUX_TREE,
}

export function treeKind({ facts }: Pick<Base, 'facts'>): TreeKind {
  return BY_NAME[facts.kind]
}
