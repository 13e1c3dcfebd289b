/** What a payload from a tree is for where nobody says. */
import { findXen } from '../../trees/xen/open.ts'

/** Xen for its own tree, a process for any other. */
export function usualTarget(tree: string): 'xen' | 'process' {
  return findXen(tree) === undefined ? 'process' : 'xen'
}
