/**
 * Words of a command without the folders of the machine that ran it: what is published says how something was made, not where, and
 * is the same wherever that was.
 */

/** What every machine has in the same place says which compiler and headers these were. */
const COMMON = /^\/(?:usr|opt|bin|sbin|lib(?:32|64|x32)?)\//
/**
 * An absolute path begins a word, or stands behind an option or what separates values; a path's own slashes do not begin one, nor
 * those of a relative path behind an option (`-Iinclude/xen`).
 */
const ABSOLUTE =
  /(?<=^|[=:,'"([\s]|^-(?:[A-Za-z]|isystem|iquote|idirafter|include|imacros|iprefix|isysroot|specs|M[FTQ]))\/[^\s:,'")\]=]+/g

/** Whether a path is the same on every machine. */
export const isCommon = (path: string): boolean => COMMON.test(path) && !path.includes('/../')

/** A JSON value with all its texts so; texts of sources stay as they are, but for the tree's folder. */
export function valueWithoutFolders(value: unknown, root: string, isSource = false): unknown {
  if (typeof value === 'string') {
    const isPath = value.startsWith('/') && !/\s/.test(value)
    return isSource && !isPath ? withoutRoot(value, root) : withoutFolders(value, root)
  }
  if (Array.isArray(value)) return value.map(each => valueWithoutFolders(each, root, isSource))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, valueWithoutFolders(each, root, isSource || key === 'details')]),
  )
}

const withoutRoot = (text: string, root: string) => (root === '' ? text : text.replaceAll(`${root}/`, ''))

/** `root` is the tree's folder: paths below it become relative to it. Of others, the last name is left. */
export function withoutFolders(word: string, root: string): string {
  return word.replace(ABSOLUTE, path => {
    if (root !== '' && path === root) return '.'
    if (root !== '' && path.startsWith(`${root}/`)) return path.slice(root.length + 1)
    return isCommon(path) ? path : `elsewhere/${path.slice(path.lastIndexOf('/') + 1)}`
  })
}
