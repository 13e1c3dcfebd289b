import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TreePaths } from '../tree-kind.ts'

/** The hypervisor's folder in the repository, by whichever name it really goes. */
export const XEN_PREFIX = 'xen/'

export const XEN_PATHS: TreePaths = {
  name: 'xen',
  isIn: folder => existsSync(join(folder, 'xen', 'Makefile')),
  prefixes: ['', XEN_PREFIX],
  spelled,
}

/** The build runs in `xen/`, and names its folders of headers with `./`. */
function spelled(path: string): string {
  if (!path.startsWith(XEN_PREFIX)) return path
  return path.slice(XEN_PREFIX.length).replace(/^(?=(?:arch\/[^/]+\/)?include\/)/, './')
}
