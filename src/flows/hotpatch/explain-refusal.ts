/**
 * What a refusal costs: which hunks of the patch are to blame, and what would be built without them.
 *
 * A refusal is told with the line that it comes from, which is of one hunk. That is left out, and the rest is built again:
 * not guessed, since the rest may be refused for something that the first refusals hid. Then those hunks are left out too,
 * and so on; likewise a hunk whose lines do not compile without what was left out. Compiles are kept, so that most rounds
 * are short.
 *
 * The result is another patch, and whether it still closes the hole is for a person to judge. So no payload comes of it.
 */
import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import type { BlamedHunk, Explanation, RunReport } from '../../report/model.ts'
import { type Place, placesOf } from '../../report/places.ts'
import type { AppliedHunk, SourceChange, TouchedFile } from '../../source/model.ts'
import { hunkKey } from '../../source/without.ts'
import { hunkAt, needingHunks, shortWords } from './needing-hunks.ts'

/** One build of what is left, for its report and nothing else; or what it failed with. */
export interface Tried {
  readonly report: RunReport | InputError
  readonly change: SourceChange
}

/** More rounds than that have never led anywhere. */
const MOST_ROUNDS = 8

/** `build` builds the patch without these hunks; `first` is what it gave for all of them. */
export async function explainRefusal(
  first: Tried,
  build: (without: ReadonlySet<string>) => Promise<Tried>,
): Promise<Explanation> {
  const all = hunksOf(first.change)
  const blamed = new Map<string, Set<string>>()
  let last: Tried = first
  for (let round = 0; round < MOST_ROUNDS && isStopped(last.report); round++) {
    const fresh = blame(last, all)
    if (![...fresh.keys()].some(key => !blamed.has(key))) break
    for (const [key, codes] of fresh) blamed.set(key, new Set([...(blamed.get(key) ?? []), ...codes]))
    if (blamed.size === all.size) break
    last = await build(new Set(blamed.keys()))
  }
  const leftOut = [...all].flatMap(([key, hunk]) => {
    const codes = blamed.get(key)
    return codes === undefined ? [] : [{ ...hunk, codes: [...codes].sort() }]
  })
  return told(leftOut, last.report, leftOut.length === all.size)
}

const isStopped = (report: Tried['report']) => report instanceof InputError || report.outcome === 'refused'

type Hunk = Omit<BlamedHunk, 'codes'>

/** Every hunk of the patches, by key, in the order of files. Those of a file that comes or goes are one another's. */
function hunksOf({ files }: SourceChange): ReadonlyMap<string, Hunk> {
  return new Map(
    files.flatMap(file =>
      file.hunks.map(({ patch, patchLine }, at): [string, Hunk] => [
        hunkKey({ patch, patchLine }),
        { file: pathOf(file), hunk: at + 1, of: file.hunks.length, patch, patchLine },
      ]),
    ),
  )
}

const pathOf = ({ newPath, oldPath }: TouchedFile) => newPath ?? oldPath ?? ''

/** The codes of what leads to each hunk, by its key. */
function blame({ report, change }: Tried, all: ReadonlyMap<string, Hunk>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  const lead = (hunk: AppliedHunk, code: string) => {
    const key = hunkKey(hunk)
    if (all.has(key)) found.set(key, new Set([...(found.get(key) ?? []), code]))
  }
  if (report instanceof InputError) {
    for (const hunk of needingHunks(report.message, change)) lead(hunk, report.code)
    return found
  }
  const places = placesOf(report, change)
  report.refusals.forEach((refusal, at) => {
    for (const hunk of hunksAt(places[at] ?? null, refusal, change)) lead(hunk, refusal.code)
  })
  return found
}

/** The hunk that holds the place; all hunks of a file that comes, goes or is no source, of which there is no part. */
function hunksAt(place: Place | null, { unit }: Refusal, { files }: SourceChange): readonly AppliedHunk[] {
  const file = files.find(each => [each.newPath, each.oldPath].includes(place?.file ?? unit))
  if (file === undefined) return []
  if (file.kind !== 'edited' || place === null) return file.hunks
  const { toOriginal } = file.lineMap
  let line = Math.min(place.line, toOriginal.length - 1)
  while (line > 0 && (toOriginal[line] ?? 0) === 0) line--
  // A new line belongs to the hunk whose lines stand before it, or that begins with it.
  const original = (toOriginal[line] ?? 0) + (line === place.line ? 0 : 1)
  return [hunkAt(file, Math.max(original, 1)) ?? file.hunks[0] ?? []].flat()
}

/** `isWhole` where nothing of the patch would be left. */
function told(leftOut: readonly BlamedHunk[], last: Tried['report'], isWhole: boolean): Explanation {
  const none = { leftOut, functions: [], remaining: [] }
  if (leftOut.length === 0) {
    return {
      ...none,
      outcome: 'refused',
      remaining: codesOf(last),
      text: 'no hunk of the patch can be blamed by itself',
    }
  }
  if (isWhole) {
    const text = 'every hunk of the patch leads to a refusal: nothing would be left of it'
    return { ...none, outcome: 'refused', remaining: codesOf(last), text }
  }
  const without = `without ${listed(leftOut)}`
  if (last instanceof InputError) {
    return { ...none, outcome: 'error', text: `${without}, the rest fails: ${shortWords(last.message)}` }
  }
  const { outcome } = last
  if (outcome === 'refused') {
    const remaining = codesOf(last)
    return { ...none, outcome, remaining, text: `${without}, the rest is refused too: ${remaining.join(', ')}` }
  }
  if (outcome !== 'built') return { ...none, outcome: 'nothing-to-do', text: `${without}, nothing is left to do` }
  const functions = last.functions.filter(({ included }) => included).map(({ unit, name }) => ({ unit, name }))
  const count = functions.length === 1 ? '1 function' : `${functions.length} functions`
  const names = functions.slice(0, MOST_NAMED).map(({ name }) => name)
  const more = functions.length > MOST_NAMED ? ' and others' : ''
  const text = `${without}, ${count} would be built (${names.join(', ')}${more}); whether that still closes the hole is for a person to judge`
  return { ...none, outcome, functions, text }
}

const MOST_NAMED = 5

function codesOf(last: Tried['report']): readonly string[] {
  return last instanceof InputError ? [] : [...new Set(last.refusals.map(({ code }) => code))].sort()
}

const NEEDS = 'build/compile-failed'

function listed(leftOut: readonly BlamedHunk[]): string {
  const needing = leftOut.filter(({ codes }) => codes.every(code => code === NEEDS))
  const blamed = leftOut.filter(hunk => !needing.includes(hunk))
  const word = needing.length === 1 ? 'hunk that does' : 'hunks that do'
  const that = blamed.length === 1 ? 'that' : 'those'
  const rest = needing.length === 0 ? '' : `, and ${needing.length} ${word} not compile without ${that}`
  return listedBlamed(blamed) + rest
}

function listedBlamed(leftOut: readonly BlamedHunk[]): string {
  const shown = leftOut.slice(0, MOST_NAMED).map(({ file, hunk, of, codes }) => {
    const which = of === 1 ? 'the hunk' : `hunk ${hunk} of ${of}`
    return `${which} of ${file} (${codes.join(', ')})`
  })
  const rest = leftOut.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(' and ')
}
