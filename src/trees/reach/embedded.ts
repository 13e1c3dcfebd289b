import { toAbsolute } from '../layout.ts'
import type { AffectedUnit, Tree } from '../model.ts'

/**
 * Answers whether an assembler that a unit's texts tell to read further files, or a compiler with `#embed`, may read one of
 * those it is affected by, which no text shows. Each file is looked at once, for hundreds of units.
 */
export function assembling({ layout, texts, reader }: Tree): (affected: AffectedUnit) => boolean {
  const known = new Map<string, string | undefined>()
  /** The text, where it tells an assembler to read files; empty for others. */
  const embedding = (path: string) => {
    if (!known.has(path)) known.set(path, texts.embeds(toAbsolute(layout, path)) ? reader.read(path) : '')
    return known.get(path)
  }
  return ({ unit, reads, because }) => {
    const names = because.map(path => path.slice(path.lastIndexOf('/') + 1))
    return (reads ?? unit.dependencies).some(path => {
      const text = embedding(path)
      return text === undefined || names.some(name => text.includes(name))
    })
  }
}
