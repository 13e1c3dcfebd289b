/** What a page shows beside a run's decisions: the patch as it was given and as it was compiled, and both versions of code. */

import { utf8Text } from '../../base/printable.ts'
import { functionLines } from '../../ctext/function-lines.ts'
import type { NeutralFile } from '../../lines/neutral-model.ts'
import { writePatch } from '../../lines/write-patch.ts'
import type { Details, ReportedPatch, TextFunctions } from '../../report/model.ts'
import type { PatchText, SourceChange, TouchedFile } from '../../source/model.ts'
import { type ListedUnit, listingsOf } from './listings.ts'

export interface DetailsInput {
  readonly patches: readonly PatchText[]
  readonly change: SourceChange
  /** By their paths in the patched tree; those of which a unit was compiled. */
  readonly neutralFiles: ReadonlyMap<string, NeutralFile>
  readonly units: readonly ListedUnit[]
}

export function detailsOf({ patches, change, neutralFiles, units }: DetailsInput): Details {
  return {
    patches: patches.map(({ text }) => readable(text)),
    neutral: neutralFiles.size === 0 ? null : readable(writePatch(change.files, neutralFiles)),
    texts: change.files.flatMap(textFunctions),
    ...listingsOf(units),
  }
}

function textFunctions({ newPath, newText, hunks }: TouchedFile): readonly TextFunctions[] {
  if (newPath === undefined || !/\.[ch]$/.test(newPath)) return []
  const functions = functionLines(newText)?.map(({ name, from, to }) => [name ?? null, from, to] as const) ?? null
  const [offsets, wrote] = [hunks.map(({ offset }) => offset), hunks.map(hunk => hunk.wrote)]
  return [{ file: newPath, offsets, wrote, functions }]
}

/** Texts of sources are one character a byte; most are UTF-8, and what is not is shown as Latin-1. */
const readable = (text: string) => utf8Text(text) ?? text

export function reportedPatches(patches: readonly PatchText[]): readonly ReportedPatch[] {
  return patches.map(({ name, text }) => ({ name, subject: subjectOf(text) }))
}

/** Of a mail as git and others write it, its folded lines joined; null where the text before the first file has none. */
export function subjectOf(patch: string): string | null {
  const [head = ''] = patch.split(/^(?:diff |--- |Index: )/m, 1)
  const found = /^Subject:[ \t]*(.*(?:\r?\n[ \t]+.*)*)/im.exec(head)?.[1]
  if (found === undefined) return null
  const joined = found.replace(/\s*\r?\n\s+/g, ' ').replace(/^(?:\[[^\]]*\]\s*)+/, '')
  return readable(joined.trim()) || null
}
