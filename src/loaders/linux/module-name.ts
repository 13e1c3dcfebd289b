import { basename } from 'node:path'

const LONGEST_NAME = 55

/** By the file's name, as kbuild would call it. */
export function moduleNameFor(file = 'livepatch'): string {
  const name = basename(file).replace(/\.[^.]*$/, '')
  return name.replace(/[^A-Za-z0-9_]/g, '_').slice(0, LONGEST_NAME) || 'livepatch'
}

/** Names of files have dashes where the kernel has underscores. */
export const plainName = (name: string): string => name.replaceAll('-', '_')
