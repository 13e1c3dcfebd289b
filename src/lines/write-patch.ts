/**
 * Writes a change as a patch that `patch -p1` and `git apply` take, one character a byte: what `hotsplice neutralize`
 * hands to people who use another builder.
 */
import { structuredPatch } from 'diff'
import type { TouchedFile } from '../source/model.ts'

/** The change with other new texts: `texts` by new path, where they differ from the patch's own. */
export function writePatch(files: readonly TouchedFile[], texts: ReadonlyMap<string, string>): string {
  return files.map(file => writeFile(file, texts.get(file.newPath ?? '') ?? file.newText)).join('')
}

function writeFile(file: TouchedFile, newText: string): string {
  const { oldPath, newPath } = file
  const oldName = quoted(`a/${oldPath ?? newPath ?? ''}`)
  const newName = quoted(`b/${newPath ?? oldPath ?? ''}`)
  const header = [`diff --git ${oldName} ${newName}`]
  if (oldPath === undefined) header.push('new file mode 100644')
  else if (newPath === undefined) header.push('deleted file mode 100644')
  else if (oldPath !== newPath) header.push(`rename from ${quoted(oldPath)}`, `rename to ${quoted(newPath)}`)
  const hunks = hunksOf(file.oldText, newText)
  if (hunks.length > 0) {
    header.push(`--- ${oldPath === undefined ? '/dev/null' : marked(oldName)}`)
    header.push(`+++ ${newPath === undefined ? '/dev/null' : marked(newName)}`)
  }
  // A file that stays as it was, by any name, says nothing.
  if (header.length === 1) return ''
  return [...header, ...hunks].map(line => `${line}\n`).join('')
}

function hunksOf(oldText: string, newText: string): string[] {
  const { hunks } = structuredPatch('', '', oldText, newText, undefined, undefined, { context: 3 })
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => {
    // Without lines, a range names the line before it.
    const range = (start: number, count: number) => `${count === 0 ? start - 1 : start},${count}`
    return [`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`, ...lines]
  })
}

/** A name with a space is followed by a tab, or patch(1) would end it at the space. */
function marked(name: string): string {
  return name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name
}

/** As git quotes names that are not plain ASCII. */
function quoted(name: string): string {
  const bytes = [...new TextEncoder().encode(name)]
  if (bytes.every(byte => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c)) return name
  const spelled = bytes.map(byte => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte)
    return `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `"${spelled.join('')}"`
}
