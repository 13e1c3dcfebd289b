/**
 * A debug file without the folders of the machine that built: strings keep their lengths, so that nothing else moves. Below the
 * tree's folder a path becomes relative, `.` and slashes in front of it; of what lies elsewhere the last name is left.
 */
import { readElf, toNewObject, writeElf } from '../elf/index.ts'
import { namesIn } from './debug-lines.ts'

/** Strings one after the other; in `.debug_line` up to version 4 they are in the heads of its units. */
const STRINGS: ReadonlySet<string> = new Set(['.debug_str', '.debug_line_str'])
const LINES = '.debug_line'

/** `keeps`: whether a path says nothing of a machine, since it is the same on all of them. */
export function debugWithoutFolders(file: Uint8Array, root: string, keeps: (path: string) => boolean): Uint8Array {
  const { sections, ...rest } = toNewObject(readElf<'payload'>(file))
  const cleaned = sections.map(section => {
    const { name, bytes } = section
    if (bytes === undefined || !(STRINGS.has(name) || name === LINES)) return section
    const spans = name === LINES ? namesIn(bytes) : [{ from: 0, to: bytes.length }]
    const text = Buffer.from(bytes)
    for (const { from, to } of spans) {
      const before = text.toString('latin1', from, to)
      text.write(withoutPaths(before, root, keeps), from, 'latin1')
    }
    return { ...section, bytes: new Uint8Array(text) }
  })
  return writeElf({ ...rest, sections: cleaned })
}

/** An absolute path begins a string, or stands behind an option or what separates words. */
const PATH = /(?<=^|[\0=:,'"([\s]|[\0\s]-[A-Za-z])\/[^\0\s:,'")\]=]+/g

function withoutPaths(strings: string, root: string, keeps: (path: string) => boolean): string {
  return strings.replace(PATH, path => {
    if (keeps(path)) return path
    const below = root !== '' && (path === root || path.startsWith(`${root}/`))
    const cut = below ? root.length : path.lastIndexOf('/')
    return cut === 0 ? path : `.${'/'.repeat(cut - 1)}${path.slice(cut)}`
  })
}
