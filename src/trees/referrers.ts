/** Which units of the tree refer to a function by name, of those that a patch does not concern. */
import { readFileSync } from 'node:fs'
import { readElf } from '../elf/index.ts'
import type { Tree, Unit } from './model.ts'

/** Units, other than `except`, whose object or text needs the symbol `name`. */
export function referrersOf(tree: Tree, name: string, except: ReadonlySet<string>): readonly string[] {
  return tree.units.filter(unit => !except.has(unit.unit) && refersTo(tree, unit, name)).map(({ unit }) => unit)
}

function refersTo(tree: Tree, unit: Unit, name: string): boolean {
  const object = readOrNothing(unit.object)
  if (object === undefined) {
    // Without an object the text answers, and answers yes too often rather than too seldom.
    const text = tree.reader.read(unit.dependencies[0] ?? '') ?? ''
    return new RegExp(`\\b${name}\\b`).test(text)
  }
  if (!object.includes(`${name}\0`, 0, 'latin1')) return false
  return readElf<'original'>(new Uint8Array(object)).symbols.some(
    symbol => symbol.name === name && symbol.place.in === 'nowhere',
  )
}

function readOrNothing(path: string | undefined): Buffer | undefined {
  try {
    return path === undefined ? undefined : readFileSync(path)
  } catch {
    return undefined
  }
}
