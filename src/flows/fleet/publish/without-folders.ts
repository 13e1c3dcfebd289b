/**
 * Words of a command without the folders of the machine that ran it: what is published says how something was made, not where, and
 * is the same wherever that was.
 */

/** What every machine has in the same place says which compiler and headers these were. */
const COMMON = /^\/(?:usr|opt|bin|sbin|lib(?:32|64|x32)?)\//
/** An absolute path begins a word, or stands behind an option or what separates values; a path's own slashes do not begin one. */
const ABSOLUTE = /(?<=^|[=:,'"([\s]|^-[A-Za-z]+)\/[^\s:,'")\]=]+/g

/** `root` is the tree's folder: paths below it become relative to it. Of others, the last name is left. */
export function withoutFolders(word: string, root: string): string {
  return word.replace(ABSOLUTE, path => {
    if (root !== '' && path === root) return '.'
    if (root !== '' && path.startsWith(`${root}/`)) return path.slice(root.length + 1)
    return COMMON.test(path) && !path.includes('/../') ? path : `elsewhere/${path.slice(path.lastIndexOf('/') + 1)}`
  })
}
