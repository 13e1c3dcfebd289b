/**
 * Says whether the tree's objects are what its texts give. File times only raise the question (a copied or checked out
 * tree has them in any order); a compile of the tree's own texts answers it.
 */
import { statSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import { type ElfObject, readElf } from '../elf/index.ts'
import { compileUnits } from './compile.ts'
import { toAbsolute } from './layout.ts'
import type { Tree, Unit } from './model.ts'
import { originalObject } from './original.ts'

/** Fails where a text of these units was changed after the tree was built, and its object is another now. */
export async function checkFresh(tree: Tree, units: readonly Unit[]): Promise<void> {
  const times = new Map<string, number>()
  const doubtful = units.filter(unit => unit.original === 'tree' && newerThanObject(tree, unit, times) !== undefined)
  const compiled = await compileUnits(
    tree,
    doubtful.map(unit => ({ unit, overlay: new Map(), label: 'original' })),
  )
  const stale: string[] = []
  for (const { unit, object } of compiled) {
    if (!haveSameContent(await originalObject(tree, unit), object)) {
      stale.push(`${unit.unit} (older than ${newerThanObject(tree, unit, times) ?? 'its texts'})`)
    }
  }
  if (stale.length === 0) return
  throw new InputError(
    'build/stale-object',
    `the tree was changed after it was built; its texts do not give these objects any more: ${stale.slice(0, 5).join(', ')}${stale.length > 5 ? ` and ${stale.length - 5} more` : ''}`,
    'hotsplice needs the texts that the running system was built from: take the changes back, or name the right tree',
  )
}

/** The first dependency that is younger than the unit's object. */
function newerThanObject(tree: Tree, unit: Unit, times: Map<string, number>): string | undefined {
  const built = timeOf(unit.object ?? '', times)
  return unit.dependencies.find(path => timeOf(toAbsolute(tree.layout, path), times) > built)
}

function timeOf(path: string, times: Map<string, number>): number {
  let time = times.get(path)
  if (time === undefined) {
    try {
      time = statSync(path).mtimeMs
    } catch {
      time = 0
    }
    times.set(path, time)
  }
  return time
}

/** Equal but for the FILE symbol, which Xen's build renames, and the tables that move with its name. */
export function haveSameContent(one: Uint8Array, other: Uint8Array): boolean {
  const [a, b] = [contentOf(readElf(one)), contentOf(readElf(other))]
  return a.length === b.length && a.every((line, at) => line === b[at])
}

function contentOf(object: ElfObject<'original'>): string[] {
  const tables = new Set([SYMBOL_TABLE, STRING_TABLE])
  const sections = object.sections.map(({ name, type, flags, size, alignment, bytes }) => {
    const content = tables.has(type) || type === RELOCATIONS ? '' : Buffer.from(bytes).toString('latin1')
    return ['section', name, type, flags, tables.has(type) ? 0 : size, alignment, content].join(' ')
  })
  const symbols = object.symbols.map(({ name, kind, binding, visibility, place, size }) =>
    ['symbol', kind === 'file' ? '' : name, kind, binding, visibility, JSON.stringify(place, plain), size].join(' '),
  )
  const relocations = object.relocations.flatMap((list, section) =>
    list.map(({ offset, type, symbol, addend }) => ['relocation', section, offset, type, symbol, addend].join(' ')),
  )
  return [...sections, ...symbols, ...relocations]
}

const SYMBOL_TABLE = 2
const STRING_TABLE = 3
const RELOCATIONS = 4

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
