/**
 * The texts that the ways compile. Part of the pipeline.
 *
 * patched     the patch as it is
 * neutral     the patch with `#line` directives, so that lines it leaves alone keep the original's numbers
 * shifted     the original with every line number larger: what then differs is a line number
 * renumbered  the original with `#line` directives, so that lines the patch leaves alone have the patched source's numbers:
 *             what mask explains must be equal to this, or the number was more than a line's
 *
 * A renamed file keeps its old name for the compiler, as the original build spelled it, wherever it is included.
 */

import type { ShiftedFile } from '../../compare/sites.ts'
import { neutralize } from '../../lines/neutral.ts'
import type { NeutralFile } from '../../lines/neutral-model.ts'
import { named, shiftLines } from '../../lines/shift.ts'
import type { Way } from '../../lines/way.ts'
import type { SourceChange, TouchedFile } from '../../source/model.ts'
import { type Affected, type AffectedUnit, overlayOf } from '../../trees/index.ts'
import type { Overlay } from '../../trees/overlay.ts'

export type Label = 'patched' | 'neutral' | 'shifted' | 'renumbered'

export interface WayTexts {
  readonly overlays: ReadonlyMap<Label, Overlay>
  /** The rewritten patched texts, by new path; empty where the way needs none. */
  readonly neutralFiles: ReadonlyMap<string, NeutralFile>
  /** The rewritten original texts of files that the patch moves lines of, by old path. */
  readonly renumbered: ReadonlyMap<string, NeutralFile>
  readonly shifts: readonly ShiftedFile[]
}

const NEEDS_NEUTRAL: ReadonlySet<Way> = new Set<Way>(['auto', 'neutral'])
const NEEDS_SHIFTED: ReadonlySet<Way> = new Set<Way>(['auto', 'mask', 'table'])
const NEEDS_PATCHED: ReadonlySet<Way> = new Set<Way>(['auto', 'mask', 'table', 'ignore'])

/** `spelled` has the old names of renamed files, by new path. */
export function textsFor(
  way: Way,
  change: SourceChange,
  affected: Affected,
  spelled: ReadonlyMap<string, string>,
): WayTexts {
  const neutralFiles = NEEDS_NEUTRAL.has(way) ? neutralTexts(change) : new Map<string, NeutralFile>()
  const shifts = NEEDS_SHIFTED.has(way) ? shiftsOf(change) : []
  const renumbered = NEEDS_SHIFTED.has(way) ? renumberedTexts(change) : new Map<string, NeutralFile>()
  const overlays = new Map<Label, Overlay>()
  const under = (texts: ReadonlyMap<string, string>) => namedOverlay(change, affected, { texts, spelled })
  if (NEEDS_PATCHED.has(way)) overlays.set('patched', under(new Map()))
  if (NEEDS_NEUTRAL.has(way)) overlays.set('neutral', under(textsOf(neutralFiles)))
  if (shifts.length > 0) {
    const texts = new Map(change.files.map(({ oldPath, oldText }) => [oldPath, oldText]))
    overlays.set('shifted', new Map(shifts.map(({ file, shift }) => [file, shiftLines(texts.get(file) ?? '', shift)])))
  }
  if (renumbered.size > 0) overlays.set('renumbered', textsOf(renumbered))
  return { overlays, neutralFiles, renumbered, shifts }
}

/** The patch as it is, which a way that compiles another text has no overlay of. */
export function patchedOverlay(
  { overlays, change }: Pick<WayTexts, 'overlays'> & { readonly change: SourceChange },
  affected: Affected,
): Overlay {
  return overlays.get('patched') ?? overlayOf(change, affected)
}

/**
 * The text that goes into the payload: the neutral one where the way takes no other, and in `auto` where every unchanged
 * line of what the unit reads keeps its number.
 */
export function chosenText(
  way: Way,
  { because }: AffectedUnit,
  { neutralFiles }: Pick<WayTexts, 'neutralFiles'>,
): 'patched' | 'neutral' {
  if (way === 'neutral') return 'neutral'
  const isWhole = because.every(path => (neutralFiles.get(path)?.unsafe.length ?? 0) === 0)
  return way === 'auto' && isWhole ? 'neutral' : 'patched'
}

function textsOf(files: ReadonlyMap<string, NeutralFile>): ReadonlyMap<string, string> {
  return new Map([...files].map(([path, { text }]) => [path, text]))
}

interface Named {
  readonly texts: ReadonlyMap<string, string>
  readonly spelled: ReadonlyMap<string, string>
}

/** The patched tree's overlay; renamed files say their old names, but for sources that are compiled at their old place. */
function namedOverlay(change: SourceChange, affected: Affected, { texts, spelled }: Named): Overlay {
  const overlay = new Map(overlayOf(change, affected, texts))
  for (const [path, name] of spelled) {
    const text = overlay.get(path)
    if (typeof text === 'string') overlay.set(path, named(text, name))
  }
  return overlay
}

function neutralTexts(change: SourceChange): ReadonlyMap<string, NeutralFile> {
  const texts = new Map<string, NeutralFile>()
  for (const file of change.files) {
    if (file.newPath === undefined || file.oldPath === undefined || !isSource(file)) continue
    texts.set(file.newPath, neutralize({ ...file, kind: 'edited' }, { style: 'auto' }))
  }
  return texts
}

/** The original rewritten as if it were the patch, and the patched source what must keep its numbers. */
function renumberedTexts(change: SourceChange): ReadonlyMap<string, NeutralFile> {
  const texts = new Map<string, NeutralFile>()
  for (const { oldPath, newPath, oldText, newText, lineMap } of change.files) {
    if (newPath === undefined || oldPath === undefined || !isSource({ oldPath, newPath })) continue
    const reversed: TouchedFile = {
      oldPath,
      newPath: oldPath,
      oldText: newText,
      newText: oldText,
      kind: 'edited',
      hunks: [],
      lineMap: { toPatched: lineMap.toOriginal, toOriginal: lineMap.toPatched },
    }
    const neutral = neutralize(reversed, { style: 'auto' })
    if (neutral.text !== oldText || neutral.unsafe.length > 0) texts.set(oldPath, neutral)
  }
  return texts
}

/** Small, so that fields keep their width; another for each file, so that the difference tells whose line it is. */
const FIRST_SHIFT = 3

function shiftsOf(change: SourceChange): readonly ShiftedFile[] {
  return change.files
    .filter(file => file.oldPath !== undefined && isSource(file))
    .map(({ oldPath, oldText }, index) => ({
      file: oldPath ?? '',
      shift: FIRST_SHIFT + index,
      lines: oldText.split('\n').length,
    }))
}

/** Files in which `#line` means something. */
function isSource({ oldPath, newPath }: Pick<TouchedFile, 'oldPath' | 'newPath'>): boolean {
  return /\.[chS]$/.test(newPath ?? oldPath ?? '')
}
