import type { TreePaths } from '../tree-kind.ts'

export const PROGRAM_PATHS: TreePaths = {
  name: 'compile-commands',
  isIn: () => true,
  prefixes: [''],
  spelled: path => path,
}
