/**
 * Applies patches in memory, exactly as `patch -p1` (or the given -p) would with no fuzz.
 *
 * Later stages build on the line map, so it must say which lines the patch left alone, not which lines a new diff would
 * call equal: it comes from the hunks themselves, and over several patches is composed. A hunk found away from where it
 * says is what patch(1) accepts and we accept too, but a notice says so, because the lines around it may have changed.
 *
 * A wrong guess here is a fix applied to the wrong place, so whatever patch(1) would ask about (a file that should not
 * exist, a file that is not there, a removal that leaves text) is an error, and everything wrong with one patch is
 * reported at once. Where git's own reading of a diff is ambiguous, that is an error too.
 *
 * In:  patches, in order; a reader of the original tree.
 * Out: a SourceChange: each touched file once, old and new text, line map, hunks; notices.
 */
import { InputError } from '../base/errors.ts'
import { shownName } from '../base/printable.ts'
import { applyHunks, type PlacedHunk } from './apply-hunks.ts'
import { touchedFiles } from './changes.ts'
import { explainFailure } from './explain-failure.ts'
import { checkFile, findFile, sourceError } from './find-file.ts'
import type { AppliedHunk, EarlierText, PatchText, SourceChange, SourceReader } from './model.ts'
import type { PatchFile } from './patch-file.ts'
import { readPatch } from './read-patch.ts'
import { withoutHunks } from './without.ts'
import { type FileState, Workspace } from './workspace.ts'

export interface ApplyOptions {
  /** How many outer context lines of a hunk may differ; 0 unless given. */
  readonly fuzz?: number
  /** Hunks that are left out, by `hunkKey`. */
  readonly without?: ReadonlySet<string>
}

export function applyPatches(
  patches: readonly PatchText[],
  reader: SourceReader,
  options: ApplyOptions = {},
): SourceChange {
  const workspace = new Workspace(reader)
  const notices: string[] = []
  for (const patch of patches) {
    const parsed = readPatch(patch)
    for (const notice of parsed.notices) notices.push(notice)
    const run: Run = { maxFuzz: options.fuzz ?? 0, notices, failures: [], failedFiles: new Set() }
    const { without } = options
    const files = without === undefined ? parsed.files : parsed.files.flatMap(file => withoutHunks(file, without) ?? [])
    for (const file of files) applyFile(file, workspace, run)
    if (run.failures.length > 0) {
      throw new InputError(
        'source/hunk-failed',
        run.failures.join('\n'),
        'the patch was made for another version of the source, or is already applied; make it again on this source',
      )
    }
  }
  const { files, unchanged } = touchedFiles(workspace, reader)
  return { files, notices: [...notices, ...unchanged.map(path => `${path} ends up as it was`)] }
}

interface Run {
  readonly maxFuzz: number
  readonly notices: string[]
  readonly failures: string[]
  /** What comes later for these files would fail only because of what failed before. */
  readonly failedFiles: Set<string>
}

function applyFile(file: PatchFile, workspace: Workspace, run: Run): void {
  if (!file.git || file.startsGroup) workspace.startGroup()
  checkFile(file)
  const found = findFile(file, workspace, run.notices)
  const { path, target } = found
  if (run.failedFiles.has(path)) return
  const state: FileState = found.state ?? {
    lines: [],
    origin: undefined,
    toOrigin: new Int32Array(1),
    hunks: [],
    earlier: [],
  }

  const how = { maxFuzz: run.maxFuzz, mustBeNew: file.oldAbsence === 2 }
  const result = applyHunks(state.lines, file.hunks, how)
  for (const placed of result.placed) noticeOffset(file, target, placed, run.notices)
  for (const failure of result.failed) run.failures.push(shownName(explainFailure(file, path, failure, state.lines)))
  if (result.failed.length > 0) {
    run.failedFiles.add(path).add(target)
    return
  }

  if (file.newAbsence === 2) {
    if (result.lines.length > 0) throw leftOver(file, path, result.lines.length)
    workspace.write(path, undefined)
    return
  }
  noticeMode(file, target, run.notices)
  if (file.hunks.length === 0 && path === target && found.state !== undefined) return
  const earlier = earlierTexts(state, result.toOld)
  const next: FileState = {
    lines: result.lines,
    origin: state.origin,
    toOrigin: result.toOld.map(line => state.toOrigin[line] ?? 0),
    earlier,
    hunks: [...state.hunks, ...result.placed.map(placed => appliedHunk(file, placed, state.toOrigin, earlier.length))],
  }
  workspace.write(target, next)
  if (file.action === 'rename' && path !== target) workspace.write(path, undefined)
}

/** Whoever has built upon a part of the series knows its text; what is there by itself is the original. */
function earlierTexts({ lines, hunks, earlier }: FileState, toOld: Int32Array): readonly EarlierText[] {
  const before = earlier.map(({ text, toEarlier }) => ({ text, toEarlier: toOld.map(line => toEarlier[line] ?? 0) }))
  return hunks.length === 0 ? before : [...before, { text: lines.join(''), toEarlier: toOld }]
}

function appliedHunk(file: PatchFile, { hunk, line }: PlacedHunk, toOrigin: Int32Array, wrote: number): AppliedHunk {
  const { oldLine: statedLine, patchLine } = hunk
  const [offset, { patch }] = [line - statedLine, file]
  return { statedLine, line: originBelow(toOrigin, line), offset, patch, patchLine, wrote }
}

/** Of a line that patches before have left or brought, or that stands behind the last: the original's at or below it. */
function originBelow(toOrigin: Int32Array, line: number): number {
  const below = toOrigin.subarray(line).find(original => original > 0)
  return below ?? toOrigin.findLast(original => original > 0) ?? line
}

function noticeOffset(
  file: PatchFile,
  path: string,
  { hunk, number, line, fuzz }: PlacedHunk,
  notices: string[],
): void {
  const offset = line - hunk.oldLine
  if (offset === 0 && fuzz === 0) return
  const away = `${Math.abs(offset)} line${Math.abs(offset) === 1 ? '' : 's'} ${offset < 0 ? 'above' : 'below'} where it says`
  const ignored =
    fuzz === 0 ? '' : `${offset === 0 ? '' : ', '}ignoring ${fuzz} outer context line${fuzz === 1 ? '' : 's'}`
  notices.push(
    `${file.patch}: hunk ${number} for ${path} (line ${hunk.patchLine} of the patch) ` +
      `applies at line ${line}, ${offset === 0 ? '' : away}${ignored}`,
  )
}

function noticeMode(file: PatchFile, path: string, notices: string[]): void {
  const { oldMode, newMode } = file
  if (oldMode !== undefined && newMode !== undefined && oldMode !== newMode) {
    notices.push(`${file.patch}: the mode of ${path} changes from ${oldMode} to ${newMode}, which no object depends on`)
  }
}

function leftOver(file: PatchFile, path: string, lines: number): InputError {
  return sourceError(file, {
    code: 'source/text-left',
    fact: `removes ${path}, but ${lines} line${lines === 1 ? '' : 's'} of it would be left`,
    hint: 'the patch was made for another version of the source; make it again on this source',
  })
}
