/**
 * Reads patches in unified format, from git or from diff, into one entry a file.
 *
 * The reader is our own, although the package `diff` parses the same grammar: we need the line of every hunk in the patch
 * for messages, the git headers it drops (modes, binary parts, empty-file hashes), the exact bytes, and patch(1)'s
 * opinions on noise. Those opinions: text before, between and after the files' parts is ignored; the counts in a hunk's
 * header, not what lines look like, say where it ends; a file is absent where a name is /dev/null or its time the epoch.
 *
 * Where patch(1) would ignore something that is clearly part of a diff (a hunk after stray text, a merge diff, a binary
 * file), this is an error instead: what got lost silently would be a fix that does not fix. Diffs that are indented as a
 * whole, as inside the message of a commit, are text.
 *
 * In:  one PatchText.
 * Out: its files in order; notices about what it says and cannot do.
 */
import { InputError } from '../base/errors.ts'
import { shownBytes } from '../base/printable.ts'
import { splitLines } from './line-map.ts'
import type { PatchText } from './model.ts'
import { isEpoch, pathOf, readBareName, readGitNames, readHeaderName, readIndexName } from './names.ts'
import type { Absence, Hunk, ParsedPatch, PatchFile } from './patch-file.ts'
import { isHunkStart, malformed, type PatchCursor, readHunk, readRange } from './read-hunk.ts'

/** What the header lines said so far. */
interface Header {
  line: number
  /** How many components are taken off each name. */
  strip: number
  git: boolean
  /** Whether a git header line came that says something without a hunk. */
  extended: boolean
  oldName: string | undefined
  newName: string | undefined
  indexName: string | undefined
  oldEpoch: boolean
  newEpoch: boolean
  oldAbsence: Absence
  newAbsence: Absence
  action: 'edit' | 'rename' | 'copy'
  oldMode: string | undefined
  newMode: string | undefined
  /** Names from `rename from` and its like, used where the header's own cannot be told apart. */
  bareOld: string | undefined
  bareNew: string | undefined
  carriageReturn: boolean
}

const freshHeader = (line: number, strip: number): Header => ({
  line,
  strip,
  git: false,
  extended: false,
  oldName: undefined,
  newName: undefined,
  indexName: undefined,
  oldEpoch: false,
  newEpoch: false,
  oldAbsence: 0,
  newAbsence: 0,
  action: 'edit',
  oldMode: undefined,
  newMode: undefined,
  bareOld: undefined,
  bareNew: undefined,
  carriageReturn: false,
})

const known = new WeakMap<PatchText, ParsedPatch>()

/** Reads a patch once, however often it is asked for: to find its base, and to apply it. */
export function readPatch(patch: PatchText): ParsedPatch {
  const parsed = known.get(patch) ?? parsePatch(patch)
  known.set(patch, parsed)
  return parsed
}

function parsePatch(patch: PatchText): ParsedPatch {
  const cursor: PatchCursor = { name: patch.name, lines: splitLines(patch.text), at: 0 }
  const files: PatchFile[] = []
  const notices: string[] = []
  let startsGroup = true
  for (;;) {
    const header = readHeader(cursor, { notices, afterFile: files.length > 0, strip: patch.strip ?? 1 })
    if (header === undefined) break
    if (header.noiseBefore) startsGroup = true
    files.push(finish(cursor, header.header, startsGroup))
    startsGroup = false
  }
  if (files.length === 0) explainNothing(patch, notices)
  return { files, notices }
}

interface Reading {
  readonly notices: string[]
  readonly afterFile: boolean
  readonly strip: number
}

/** Reads up to the first hunk, or up to the next file where a git header has none. Undefined at the end. */
function readHeader(cursor: PatchCursor, { notices, afterFile, strip }: Reading) {
  let header: Header | undefined
  let noiseBefore = false
  for (; cursor.at < cursor.lines.length; cursor.at++) {
    const text = (cursor.lines[cursor.at] ?? '').replace(/\n$/, '')
    if (text.startsWith('diff --git ')) {
      if (header?.extended === true) return { header, noiseBefore }
      header = { ...freshHeader(cursor.at + 1, strip), git: true }
      const names = readGitNames(text.slice('diff --git '.length), strip)
      header.oldName = names?.old
      header.newName = names?.new
      continue
    }
    refuseForeign(cursor, text)
    if (isHunkStart(text)) {
      if (header !== undefined) return { header, noiseBefore }
      if (afterFile && readRange(text) !== undefined) {
        throw malformed(cursor, 'begins a hunk, but text stands between it and the file it belongs to')
      }
      noiseBefore = true
      continue
    }
    const named = readNameLine(text, header ?? freshHeader(cursor.at + 1, strip))
    if (named !== undefined) header = named
    else if (header?.git === true && readGitLine(text, header)) header.extended = true
    else {
      noiseBefore ||= header === undefined
      const only = /^Only in (.+): (.+)$/.exec(text)
      if (only !== null)
        notices.push(`${cursor.name}: line ${cursor.at + 1} tells of ${only[2]} in ${only[1]} only, without its text`)
      if (header?.extended === true) return { header, noiseBefore }
    }
  }
  if (header === undefined || header.extended) return header && { header, noiseBefore }
  if (header.oldName === undefined || header.newName === undefined) return undefined
  throw malformed(
    cursor,
    `is the patch's end, but no hunk follows for ${shownBytes(header.newName)} of line ${header.line}`,
  )
}

function readNameLine(text: string, header: Header): Header | undefined {
  const carriageReturn = text.endsWith('\r')
  if (text.startsWith('--- ')) {
    const { name, isDevNull, rest } = readHeaderName(text.slice(4), header.strip)
    const oldName = name ?? (isDevNull ? header.oldName : undefined)
    return { ...header, oldName, oldEpoch: isDevNull || isEpoch(rest), carriageReturn }
  }
  if (text.startsWith('+++ ')) {
    const { name, isDevNull, rest } = readHeaderName(text.slice(4), header.strip)
    const newName = name ?? (isDevNull ? header.newName : undefined)
    return { ...header, newName, newEpoch: isDevNull || isEpoch(rest), carriageReturn }
  }
  if (text.startsWith('Index:'))
    return { ...header, indexName: readIndexName(text.slice(6), header.strip), carriageReturn }
  return undefined
}

const EMPTY_FILE = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'

function hashAbsence(hash: string): Absence {
  if (/^0+$/.test(hash)) return 2
  return EMPTY_FILE.startsWith(hash) ? 1 : 0
}

/** True where the line is one of git's own and was noted. */
function readGitLine(text: string, header: Header): boolean {
  const match =
    /^(index|old mode|new mode|deleted file mode|new file mode|rename from|rename to|copy from|copy to|(?:dis)?similarity index) (.*)$/.exec(
      text.replace(/\r$/, ''),
    )
  const [, what, value = ''] = match ?? []
  switch (what) {
    case undefined:
      return false
    case 'index': {
      const hashes = /^([0-9a-f]+)\.\.([0-9a-f]+)(?: (\d{6}))?$/.exec(value)
      if (hashes === null) return false
      header.oldAbsence = hashAbsence(hashes[1] ?? '')
      header.newAbsence = hashAbsence(hashes[2] ?? '')
      header.oldMode ??= hashes[3]
      header.newMode ??= hashes[3]
      break
    }
    case 'old mode':
      header.oldMode = value
      break
    case 'new mode':
      header.newMode = value
      break
    case 'deleted file mode':
      Object.assign(header, { oldMode: value, newAbsence: 2 })
      break
    case 'new file mode':
      Object.assign(header, { newMode: value, oldAbsence: 2 })
      break
    case 'rename from':
    case 'copy from':
      header.bareOld = readBareName(value, header.strip)
      header.action = what === 'copy from' ? 'copy' : 'rename'
      break
    case 'rename to':
    case 'copy to':
      header.bareNew = readBareName(value, header.strip)
      break
  }
  return true
}

function finish(cursor: PatchCursor, header: Header, startsGroup: boolean): PatchFile {
  const first = readRange(cursor.lines[cursor.at] ?? '')
  const hunks: Hunk[] = []
  while (isHunkStart(cursor.lines[cursor.at] ?? '')) hunks.push(readHunk(cursor, header.carriageReturn))
  const nameless = header.oldName === undefined && header.newName === undefined
  const shared = nameless ? header.indexName : undefined
  return {
    patch: cursor.name,
    patchLine: header.line,
    startsGroup,
    git: header.git,
    oldName: usable(cursor, header, header.oldName ?? header.bareOld ?? shared),
    newName: usable(cursor, header, header.newName ?? header.bareNew ?? shared),
    oldAbsence: first?.oldStart === 0 ? (header.oldEpoch ? 2 : 1) : header.oldAbsence,
    newAbsence: first?.newStart === 0 ? (header.newEpoch ? 2 : 1) : header.newAbsence,
    action: header.action,
    oldMode: header.oldMode,
    newMode: header.newMode,
    hunks,
  }
}

function usable({ name: patch }: PatchCursor, { line }: Header, name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const found = pathOf(name)
  if ('path' in found) return found.path
  const shown = shownBytes(name)
  throw new InputError(
    'source/unusable-name',
    `${patch}: the part at line ${line} names ${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}, which ${found.wrong}`,
    'no file can be made or found by that name; take this part out, or rename the file first',
  )
}

/** Things that are part of a diff, and that we cannot apply. */
function refuseForeign({ name, at, lines }: PatchCursor, text: string): void {
  const where = `${name}: line ${at + 1}`
  if (text.startsWith('GIT binary patch') || /^Binary files .+ and .+ differ\r?$/.test(text)) {
    const about = lines.slice(0, at).findLast(line => line.startsWith('diff --git '))
    throw new InputError(
      'source/binary-patch',
      `${where} changes a binary file: ${(text.startsWith('GIT') ? (about ?? text) : text).trim()}`,
      'a hotpatch is made from source text; take the binary part out of the patch',
    )
  }
  if (text.startsWith('@@@ -')) {
    throw unsupported(
      `${where} begins a hunk of a merge (combined diff)`,
      'use git diff between the merge and its first parent',
    )
  }
  if (/^\*{15}/.test(text) && /^\*\*\* \d+(,\d+)? \*{4}/.test(lines[at + 1] ?? '')) {
    throw unsupported(`${where} begins a hunk in context format`, 'make the patch with diff -u or git diff')
  }
}

function unsupported(fact: string, hint: string): InputError {
  return new InputError('source/unsupported-format', fact, hint)
}

function explainNothing({ name, text }: PatchText, notices: string[]): void {
  if (text.trim() === '') {
    notices.push(`${name} is empty`)
    return
  }
  const normal = /^\d+(,\d+)?[acd]\d+(,\d+)?\n[<>] /m.exec(text)
  if (normal !== null)
    throw unsupported(`${name} is a diff in normal format`, 'make the patch with diff -u or git diff')
  const indented = /^[ \t]+@@ -\d/m.test(text) ? '; the diff in it is indented' : ''
  throw new InputError(
    'source/no-diff',
    `${name} holds no diff that can be read${indented}`,
    'make the patch with diff -u or git diff, and give it as it came',
  )
}
