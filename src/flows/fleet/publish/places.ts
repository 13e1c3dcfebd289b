/**
 * Texts of a build without places of the machine that made it: what others read says nothing of whose folders those are, and is
 * the same wherever the tree lies.
 */
import { basename, relative } from 'node:path'

/** An absolute path: a whole word, or behind an option, a sign, or the start of a string. */
const ABSOLUTE = /(^|[=,:;"'(\s]|^-[A-Za-z]+)(\/[^\s,:;"'()=]*)/g
/** The same on every machine with that system. */
const OF_SYSTEM = /^\/(?:usr|bin|lib|lib64|dev)(?:\/(?!local\/|src\/)|$)/

/** Paths in the tree become relative to it; of others, but the system's, only the last name stays. */
export function withoutPlaces(text: string, root: string): string {
  return text.replace(ABSOLUTE, (_, before: string, path: string) => before + placeless(path, root))
}

function placeless(path: string, root: string): string {
  if (root !== '' && (path === root || path.startsWith(`${root}/`))) return relative(root, path) || '.'
  if (OF_SYSTEM.test(path) && !path.includes('/../')) return path
  const name = basename(path)
  return name === '' ? path : `…/${name}`
}
