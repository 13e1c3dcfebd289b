import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TreePaths } from '../tree-kind.ts'

export const LINUX_PATHS: TreePaths = {
  name: 'linux',
  isIn: folder =>
    ['Kbuild', 'kernel/livepatch', 'scripts/Makefile.build'].every(each => existsSync(join(folder, each))),
  prefixes: [''],
  // Headers are found by way of -I./include, and named so; sources by their path.
  spelled: path => path.replace(/^(?=(?:arch\/[^/]+\/)?include\/)/, './'),
}
