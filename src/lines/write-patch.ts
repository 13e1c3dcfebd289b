/**
 * Writes a change as a patch that `patch -p1` and `git apply` take, one character a byte: what `hotsplice neutralize`
 * hands to people who use another builder.
 *
 * A diff would have to find out which lines stayed, in time that grows with the square of what did not. It is known: the
 * patch said so. What is known is still looked at line by line, so that a line is context only where both texts have it,
 * and a wrong guess makes the patch longer, never wrong.
 */
import type { TouchedFile } from '../source/model.ts'

/** What stands in the new text's place, with the original's line for each of its lines (entry 0 unused), or 0. */
export interface Rewritten {
  readonly text: string
  readonly origins: Int32Array
}

/** The change with other new texts: `rewritten` by new path, where they differ from the patch's own. */
export function writePatch(files: readonly TouchedFile[], rewritten: ReadonlyMap<string, Rewritten>): string {
  return files
    .map(file => {
      const own = { text: file.newText, origins: file.lineMap.toOriginal }
      return writeFile(file, rewritten.get(file.newPath ?? '') ?? own)
    })
    .join('')
}

function writeFile(file: TouchedFile, now: Rewritten): string {
  const { oldPath, newPath } = file
  const oldName = quoted(`a/${oldPath ?? newPath ?? ''}`)
  const newName = quoted(`b/${newPath ?? oldPath ?? ''}`)
  const header = [`diff --git ${oldName} ${newName}`]
  if (oldPath === undefined) header.push('new file mode 100644')
  else if (newPath === undefined) header.push('deleted file mode 100644')
  else if (oldPath !== newPath) header.push(`rename from ${quoted(oldPath)}`, `rename to ${quoted(newPath)}`)
  const hunks = hunksOf(linesOf(file.oldText), linesOf(now.text), now.origins)
  if (hunks.length > 0) {
    header.push(`--- ${oldPath === undefined ? '/dev/null' : marked(oldName)}`)
    header.push(`+++ ${newPath === undefined ? '/dev/null' : marked(newName)}`)
  }
  // A file that stays as it was, by any name, says nothing.
  if (header.length === 1) return ''
  return [...header.map(line => `${line}\n`), ...hunks].join('')
}

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Lines that are replaced: indices from 0, ends not included. */
interface Edit {
  readonly oldFrom: number
  readonly oldEnd: number
  readonly newFrom: number
  readonly newEnd: number
}

const CONTEXT = 3

function hunksOf(old: readonly string[], now: readonly string[], origins: Int32Array): string[] {
  const lines: string[] = []
  for (const edits of grouped(editsOf(old, now, origins))) {
    const [first, last] = [edits[0], edits.at(-1)]
    if (first === undefined || last === undefined) continue
    const before = Math.min(CONTEXT, first.oldFrom)
    const after = Math.min(CONTEXT, old.length - last.oldEnd)
    const oldRange = range(first.oldFrom - before, last.oldEnd + after)
    const newRange = range(first.newFrom - before, last.newEnd + after)
    lines.push(`@@ -${oldRange} +${newRange} @@\n`)
    let at = first.oldFrom - before
    for (const { oldFrom, oldEnd, newFrom, newEnd } of edits) {
      for (; at < oldFrom; at++) lines.push(signed(' ', old[at]))
      for (; at < oldEnd; at++) lines.push(signed('-', old[at]))
      for (let added = newFrom; added < newEnd; added++) lines.push(signed('+', now[added]))
    }
    for (; at < last.oldEnd + after; at++) lines.push(signed(' ', old[at]))
  }
  return lines
}

/** Without lines, a range names the line before it. */
const range = (from: number, end: number) => `${end === from ? from : from + 1},${end - from}`

function signed(sign: ' ' | '-' | '+', line = ''): string {
  return line.endsWith('\n') ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`
}

/** What lies between the lines that both texts have, in order. */
function editsOf(old: readonly string[], now: readonly string[], origins: Int32Array): readonly Edit[] {
  const edits: Edit[] = []
  let [oldFrom, newFrom] = [0, 0]
  const close = (oldEnd: number, newEnd: number) => {
    const edit = trimmed(old, now, { oldFrom, oldEnd, newFrom, newEnd })
    if (edit.oldFrom < edit.oldEnd || edit.newFrom < edit.newEnd) edits.push(edit)
    oldFrom = oldEnd + 1
    newFrom = newEnd + 1
  }
  for (const [at, line] of now.entries()) {
    const original = (origins[at + 1] ?? 0) - 1
    if (original >= oldFrom && old[original] === line) close(original, at)
  }
  close(old.length, now.length)
  return edits
}

/** Without the lines at its ends that both sides have. */
function trimmed(old: readonly string[], now: readonly string[], edit: Edit): Edit {
  let { oldFrom, oldEnd, newFrom, newEnd } = edit
  const isMore = () => oldFrom < oldEnd && newFrom < newEnd
  for (; isMore() && old[oldFrom] === now[newFrom]; oldFrom++) newFrom++
  for (; isMore() && old[oldEnd - 1] === now[newEnd - 1]; oldEnd--) newEnd--
  return { oldFrom, oldEnd, newFrom, newEnd }
}

/** Edits whose context would meet are one hunk. */
function grouped(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const groups: Edit[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const edit of edits) {
    if (edit.oldFrom - end <= 2 * CONTEXT) groups.at(-1)?.push(edit)
    else groups.push([edit])
    end = edit.oldEnd
  }
  return groups
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
