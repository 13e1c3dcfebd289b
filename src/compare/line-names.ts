/**
 * Names that have a line number in them (`__LINE__` pasted into an identifier): `seen_14` of the original is `seen_16` of
 * the patched object when its line moved by two, and another variable may be called `seen_14` by then. Paired by name,
 * patched code would use somebody else's variable.
 *
 * The shifted object shows which names they are: what is `seen_14` in the one is `seen_17` in the other. In the patched
 * object such names are read as the original would spell them; what stands on a new line gets a number that no line of
 * the original has.
 *
 * In:  two objects of one text, and the patched object, unchanged.
 * Out: the patched object with its symbols' names as the original spells them.
 */
import type { ElfObject } from '../elf/index.ts'
import type { ShiftedFile } from './sites.ts'

/** What stands before and behind the number; the compiler's own numbers at the end do not count. */
export interface LineName {
  readonly before: string
  readonly behind: string
  readonly file: string
}

/** The kinds of names that move with the lines. */
export function findLineNames(
  original: ElfObject<'original'>,
  shifted: ElfObject<'patched'>,
  files: readonly ShiftedFile[],
): readonly LineName[] {
  // One text gives one table of symbols; what is not parallel tells nothing.
  if (original.symbols.length !== shifted.symbols.length) return []
  const found = new Map<string, LineName>()
  for (const [index, { name }] of original.symbols.entries()) {
    const other = shifted.symbols[index]?.name ?? ''
    if (name === other) continue
    const moved = movedName(name, other, files)
    if (moved !== undefined) found.set(JSON.stringify(moved), moved)
  }
  return [...found.values()]
}

function movedName(name: string, other: string, files: readonly ShiftedFile[]): LineName | undefined {
  for (const { 0: digits, index } of name.matchAll(/\d+/g)) {
    const [before, behind] = [name.slice(0, index), withoutNumber(name.slice(index + digits.length))]
    if (before.endsWith('.')) continue
    const number = numberIn(other, { before, behind })
    const file = files.find(({ shift }) => number === Number(digits) + shift)?.file
    if (file !== undefined) return { before, behind, file }
  }
  return undefined
}

/** Takes `.12` off the end: the compiler numbers static locals. */
const withoutNumber = (text: string) => text.replace(/\.\d+$/, '')

function numberIn(name: string, { before, behind }: Omit<LineName, 'file'>): number | undefined {
  if (!name.startsWith(before)) return undefined
  const digits = /^\d+/.exec(name.slice(before.length))?.[0]
  if (digits === undefined || withoutNumber(name.slice(before.length + digits.length)) !== behind) return undefined
  return Number(digits)
}

/** `originalOf` has the original's line for a patched line of a file, or a number that no line of the original has. */
export function withOriginalNames(
  patched: ElfObject<'patched'>,
  names: readonly LineName[],
  originalOf: (file: string, line: number) => number,
): ElfObject<'patched'> {
  if (names.length === 0) return patched
  const symbols = patched.symbols.map(symbol => {
    for (const each of names) {
      const line = numberIn(symbol.name, each)
      if (line === undefined) continue
      const rest = symbol.name.slice(each.before.length + String(line).length)
      return { ...symbol, name: `${each.before}${originalOf(each.file, line)}${rest}` }
    }
    return symbol
  })
  return { ...patched, symbols }
}
