/** Which kind of loader a payload is held against: what its image says, else its source, else the version. */
import { factsOfImage, type LoaderFacts, type LoaderKind } from '../../loaders/xen/loader-facts.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { isAtLeast, type XenVersion } from '../model.ts'

export interface KnownKind {
  readonly kind: LoaderKind
  /** What neither image nor source told, as `whether it …`. */
  readonly assumed: readonly string[]
}

interface Told {
  readonly symbols: HypervisorSymbols | undefined
  readonly bySource: LoaderFacts | undefined
  readonly version: XenVersion
}

export function knownKind({ symbols, bySource, version }: Told): KnownKind {
  const told = { ...bySource, ...(symbols !== undefined && symbols.format !== 'efi' ? factsOfImage(symbols) : {}) }
  const usual = kindOf(version)
  const kind = { ...usual, ...told }
  return { kind, assumed: FACTS.filter(([fact]) => told[fact] === undefined).map(([, whether]) => whether) }
}

/** The last state of its stable branch (docs/loader-history.md). */
function kindOf(version: XenVersion): LoaderKind {
  const isReworked = isAtLeast(version, '4.18')
  return {
    checksAlternatives: true,
    refusesAlternatives: isReworked,
    knowsInverted: true,
    sealsAgain: false,
    knowsLoadedCode: true,
    takesCallSites: isAtLeast(version, '4.21'),
    asksBuildIdFirst: isReworked,
    passesNoteErrors: isReworked,
    keepsUpload: isReworked,
  }
}

/** How each reads in a sentence: `whether it …`. */
const FACTS: readonly (readonly [fact: keyof LoaderKind, whether: string])[] = [
  ['checksAlternatives', 'looks at where alternatives lead'],
  ['refusesAlternatives', 'refuses alternatives that do not fit, or dies of them'],
  ['knowsInverted', 'knows alternatives for processors without a feature'],
  ['sealsAgain', 'reads freed memory on processors with CET-IBT'],
  ['knowsLoadedCode', 'knows the code of payloads that are not applied'],
  ['takesCallSites', 'has a table of alternative calls'],
  ['asksBuildIdFirst', 'asks for the right hypervisor first'],
  ['passesNoteErrors', 'has answers of its own for wrong notes'],
  ['keepsUpload', 'finds sections that are not loaded in the uploaded file'],
]
