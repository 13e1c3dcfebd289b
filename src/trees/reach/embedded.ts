import { toAbsolute } from '../layout.ts'
import type { Tree, Unit } from '../model.ts'

/** Whether an assembler that the unit's texts tell to read further files may read one of these, which no text shows. */
export function isAssembled(
  { layout, texts, reader }: Tree,
  { dependencies }: Unit,
  because: readonly string[],
): boolean {
  const names = because.map(path => path.slice(path.lastIndexOf('/') + 1))
  return dependencies.some(
    path => texts.embeds(toAbsolute(layout, path)) && names.some(name => reader.read(path)?.includes(name) !== false),
  )
}
