/**
 * Rewrites a log, line by line, so that what names a place in the source names the right one, given which payloads were
 * applied. The log streams through: a line is held back only while it can still become certain, when Xen tells in the
 * lines below a message which function the processor was in.
 *
 * What could be one of several lines is given as all of them. The function that the log names decides only where it is
 * one that can have printed the number.
 */
import { type Candidate, candidatesFor, type Situation } from './candidates.ts'
import { candidatesOfPlace, codePlaces, historyOf } from './code.ts'
import { historyEvent, stateAfter } from './events.ts'
import { disconnected, type FileHistory, follow, historiesOf, isNamed, readersText, versionOf } from './history.ts'
import type { Applied, CodeLookup, Layer, Meaning, Place, Printer, Reference, Source } from './model.ts'
import {
  announcesDump,
  codeIn,
  type Found,
  type FoundCode,
  type FoundLine,
  functionsNamedIn,
  linesIn,
  processorIn,
} from './references.ts'
import { braces, placeText } from './words.ts'

export interface TranslateOptions {
  readonly source: Source
  /** Put the right place where the log's own was, instead of behind it. */
  readonly replace: boolean
  /** Nothing is applied until the log says so. */
  readonly fromLog: boolean
  /** For places in code that was not replaced; without it they stay as they are. */
  readonly running?: CodeLookup
}

/** Lines that a dump may have between the message and the instruction pointer. */
const MOST_HELD = 8

export class Translator {
  readonly references: Reference[] = []
  readonly #layers: readonly Layer[]
  readonly #histories: readonly FileHistory[]
  readonly #options: TranslateOptions
  readonly #notes: string[] = []
  /** Each set of payloads that may be applied. */
  #applied: readonly Applied[]
  #named: { readonly text: string; readonly names: ReadonlySet<string> } | undefined
  #logLine = 0
  #held: { readonly text: string; readonly logLine: number; readonly applied: readonly Applied[] }[] = []

  constructor(layers: readonly Layer[], options: TranslateOptions) {
    this.#layers = layers
    this.#options = options
    this.#histories = historiesOf(layers)
    this.#applied = options.fromLog ? [[]] : [[...layers.keys()]]
    for (const file of disconnected(this.#histories))
      this.#notes.push(`the payloads were built from different texts of ${file}; lines are given as each has them`)
  }

  /** What the user should know; each is told once. */
  takeNotes(): readonly string[] {
    return this.#notes.splice(0)
  }

  /** Takes a line, without its end, and returns what can be said by now. */
  push(text: string): readonly string[] {
    this.#logLine++
    this.#follow(text)
    this.#held.push({ text, logLine: this.#logLine, applied: this.#applied })
    const first = this.#held[0]?.text ?? text
    const processor = processorIn(text)
    const waits = announcesDump(first) && processor === undefined && this.#held.length < MOST_HELD
    return waits && this.#isUncertain(first) ? [] : this.#release(processor)
  }

  /** The lines that are held back; the log has ended, or pauses. */
  end(): readonly string[] {
    return this.#release(undefined)
  }

  #release(processor: FoundCode | undefined): readonly string[] {
    const held = this.#held
    this.#held = []
    return held.map(({ text, logLine, applied }, index) =>
      this.#rewritten(text, {
        logLine,
        applied,
        processor: index === 0 && announcesDump(text) ? processor : undefined,
      }),
    )
  }

  #isUncertain(text: string): boolean {
    return linesIn(text).some(found => this.#meaningsOf(found, text, this.#applied, undefined).length > 1)
  }

  #follow(text: string): void {
    const event = historyEvent(text)
    const layer = event === undefined ? -1 : this.#layers.findIndex(({ name }) => name === event.payload)
    if (event === undefined) return
    // Whatever has taken their place, it is one that the user did not name.
    if (layer === -1) {
      if (this.#options.fromLog && event.became === 'alone') this.#applied = [[]]
      if (this.#options.fromLog && /^(?:enabled|applying)$/.test(event.became)) this.#applied = [...this.#applied, []]
      return
    }
    if (!this.#options.fromLog) {
      const became = WORDS.get(event.became) ?? event.became
      const said = `line ${this.#logLine} of the log says that ${event.payload} was ${became} there`
      this.#notes.push(`${said}, but all payloads are taken to be applied; use --from-log to go by the log`)
      return
    }
    const states = this.#applied.flatMap(before => stateAfter(event.became, layer, before))
    this.#applied = [...new Map(states.map(each => [each.join(), each])).values()]
  }

  #rewritten(text: string, context: LineContext): string {
    let result = ''
    let done = 0
    for (const { at, end, text: own, meanings } of this.#referencesIn(text, context)) {
      this.references.push({ logLine: context.logLine, text: own, meanings })
      const [only] = meanings
      const isReaders = (place: Place) => this.#isReaders(place)
      result += text.slice(done, at)
      if (this.#options.replace && only !== undefined && meanings.length === 1)
        result += placeText(only.place, isReaders)
      else result += `${own} ${braces(meanings, isReaders)}`
      done = end
    }
    return result + text.slice(done)
  }

  /** What the line has to say about files that patches touch, and about code whose lines are known. */
  #referencesIn(text: string, { applied, processor }: LineContext): readonly (Found & Pick<Reference, 'meanings'>)[] {
    const lines = linesIn(text)
      .filter(({ path }) => historyOf(this.#histories, path) !== undefined)
      .map(found => ({ ...found, meanings: this.#meaningsOf(found, text, applied, processor) }))
    const code = codeIn(text)
      .map(found => ({ ...found, meanings: this.#meaningsOfCode(found, applied) }))
      .filter(({ meanings }) => meanings.length > 0)
    return [...lines, ...code].toSorted((a, b) => a.at - b.at)
  }

  #meaningsOfCode(found: FoundCode, applied: readonly Applied[]): readonly Meaning[] {
    return merged(applied.flatMap(each => this.#codeMeanings(found, { layers: this.#layers, applied: each })))
  }

  #codeMeanings(found: FoundCode, situation: Situation): readonly Meaning[] {
    const places = codePlaces(situation, found, this.#options.running)
    return places.flatMap(place => {
      const history = historyOf(this.#histories, place.file)
      const candidates = candidatesOfPlace(situation, this.#histories, place)
      if (history !== undefined && candidates !== undefined) return candidates.map(each => this.#meaning(history, each))
      const payload = place.layer === undefined ? null : (this.#layers[place.layer]?.name ?? null)
      const untouched = { file: tidied(place.file), line: place.number, version: { is: 'original' } as const }
      return [{ place: untouched, printers: [{ payload, functions: [] }] }]
    })
  }

  /** Files that no patch touches are the same in every source. */
  #isReaders({ file, version }: Place): boolean {
    const own = this.#histories.find(({ touches }) =>
      touches.some(({ lines: { original, patched } }) => original?.path === file || patched?.path === file),
    )
    if (own === undefined) return true
    const text = readersText(own, this.#options.source)
    if (text === null || text.path !== file) return false
    const wanted = versionOf(own, text.sha256, this.#layers)
    if (wanted.is === 'original' || version.is === 'original') return wanted.is === version.is
    return version.payload === wanted.payload
  }

  #meaningsOf(
    found: FoundLine,
    text: string,
    applied: readonly Applied[],
    processor: FoundCode | undefined,
  ): readonly Meaning[] {
    const meanings = this.#histories
      .filter(history => isNamed(history, found.path))
      .flatMap(history => {
        const all = applied.flatMap(each =>
          candidatesFor({ layers: this.#layers, applied: each }, history, found.number),
        )
        return likely(all, this.#namesIn(text), processor).map(each => this.#meaning(history, each))
      })
    return merged(meanings)
  }

  /** Asked for each place in a line; a line may have many. */
  #namesIn(text: string): ReadonlySet<string> {
    if (this.#named?.text !== text) this.#named = { text, names: functionsNamedIn(text) }
    return this.#named.names
  }

  /** In the reader's source where the line is there, else in its own. */
  #meaning(history: FileHistory, { spot, printer }: Candidate): Meaning {
    const wanted = readersText(history, this.#options.source)
    const line = wanted === null ? undefined : follow(history, spot, wanted.sha256)
    const { sha256, line: number } = wanted === null || line === undefined ? spot : { sha256: wanted.sha256, line }
    const version = versionOf(history, sha256, this.#layers)
    return { place: { file: pathOf(history, sha256), line: number, version }, printers: [printer] }
  }
}

function tidied(path: string): string {
  return path.replace(/^(?:\.\/)+/, '')
}

interface LineContext {
  readonly logLine: number
  readonly applied: readonly Applied[]
  readonly processor: FoundCode | undefined
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['alone', 'put in the place of all others'],
  ['enabled', 'applied'],
  ['applying', 'being applied'],
  ['reverting', 'being taken back'],
])

function pathOf({ touches }: FileHistory, sha256: string): string {
  for (const { lines } of touches) {
    for (const text of [lines.patched, lines.original]) if (text?.sha256 === sha256) return text.path
  }
  return touches[0].lines.file
}

/** Those that the log's own words leave; all where they leave none. */
function likely(
  candidates: readonly Candidate[],
  names: ReadonlySet<string>,
  processor: FoundCode | undefined,
): readonly Candidate[] {
  const byWords = candidates.filter(({ printer }) => printer.functions.some(name => names.has(name)))
  if (byWords.length > 0) return byWords
  if (processor === undefined) return candidates
  // Xen names the payload of code that is in one; and what stands there may have been inlined from elsewhere.
  const inSame = candidates.filter(({ printer: { payload } }) => payload === (processor.payload ?? null))
  return processor.isXen && inSame.length > 0 ? inSame : candidates
}

/** One meaning for each place, with everybody who can have printed it. */
function merged(meanings: readonly Meaning[]): readonly Meaning[] {
  const places = new Map<string, { readonly place: Place; readonly printers: Printer[] }>()
  for (const { place, printers } of meanings) {
    const key = JSON.stringify(place)
    const known = places.get(key)
    if (known === undefined) places.set(key, { place, printers: [...printers] })
    else known.printers.push(...printers.filter(each => !known.printers.some(other => isSame(each, other))))
  }
  return [...places.values()]
}

const isSame = (a: Printer, b: Printer) => JSON.stringify(a) === JSON.stringify(b)
