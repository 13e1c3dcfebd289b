/** What a preprocessed text uses of what it was told, by gcc's `-dU`: macros are said where they are first used or tested. */
import { namesIn } from './live-text.ts'

export interface UsedNames {
  /** Inline functions that are defined, and that nobody uses. */
  readonly unused: ReadonlySet<string>
  /** Other functions that are defined. */
  readonly functions: ReadonlySet<string>
  /** Macros that became something else, or were tested in a condition. */
  readonly macros: ReadonlySet<string>
}

/** As it is kept; empty where it cannot be told, as where a compiler does not know what it is asked. */
export function packUsed(text: Uint8Array): string {
  const names = namesIn(text)
  if (names === undefined) return ''
  return [names.unused, names.others, names.macros].map(list => list.join(' ')).join('\n')
}

export function unpackUsed(kept: string): UsedNames | undefined {
  const [unused, functions, macros] = kept.split('\n').map(line => new Set(line.split(' ')))
  return unused && functions && macros && { unused, functions, macros }
}
