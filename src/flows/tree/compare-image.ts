/**
 * An image that somebody shipped, held against the objects of a tree that was built from its source: every function that a
 * payload could replace, by the same comparison that a build makes of those that it does replace. Nothing is decided here:
 * functions that differ may stay different, as long as no patch concerns them.
 */
import { during } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { readElf } from '../../elf/index.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import type { Piece, PieceMap } from '../../pieces/model.ts'
import { partOf } from '../../pieces/names.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import type { DifferentFunction, ShippedComparison } from '../../report/tree-report.ts'
import { fileSymbolOf, originalObjects, type Tree } from '../../trees/index.ts'
import { RunningImage, UnitCode } from '../../verify/index.ts'
import { entrySizesBy } from '../hotpatch/entry-sizes.ts'

/** What came of each function of a name, in whichever unit. */
interface Found {
  readonly unit: string
  readonly name: string
  readonly difference: string | undefined
  readonly unchecked: readonly string[]
}

export async function compareImage(
  tree: Tree,
  read: (entrySizes: CutOptions['probed']) => HypervisorSymbols,
): Promise<ShippedComparison> {
  const units = tree.units.filter(({ role }) => role !== 'embedded')
  const sizes = await entrySizesBy(
    tree,
    units.filter(({ role }) => role === 'linked'),
  )
  const image = new RunningImage(read(sizes.known.probed))
  const objects = await originalObjects(tree, units)
  const found = new Map<string, Found[]>()
  const absent: { unit: string; function: string }[] = []
  for (const { unit } of units) {
    const map = during(`reading ${unit}`, () =>
      pieceMap(readElf<'original'>(objects.get(unit) ?? new Uint8Array()), { loader: XEN, ...sizes.known }),
    )
    const fileSymbol = fileSymbolOf<Side>(map.object) ?? ''
    const code = new UnitCode(map, fileSymbol, image)
    for (const piece of replaceable(map)) {
      const running = XEN.runningName(fileSymbol, piece.name, piece.local)
      const address = image.symbols.lookup(running)
      if (address === undefined) absent.push({ unit, function: piece.name })
      else {
        const { difference, unchecked } = code.check(piece, address)
        const list = found.get(running) ?? []
        list.push({ unit, name: piece.name, difference: difference?.text, unchecked })
        found.set(running, list)
      }
    }
  }
  return { ...summed([...found.values()]), absent }
}

/** Where several units have one of that name, an archive among them, the linker took one; the others are nobody's. */
function summed(found: readonly (readonly Found[])[]): Omit<ShippedComparison, 'absent'> {
  const taken = found.map(each => each.find(({ difference }) => difference === undefined) ?? each[0])
  const different: DifferentFunction[] = []
  const unchecked: string[] = []
  let equal = 0
  for (const one of taken) {
    if (one === undefined) continue
    unchecked.push(...one.unchecked.map(text => `${one.unit}, ${one.name}: ${text}`))
    if (one.difference === undefined) equal++
    else different.push({ unit: one.unit, function: one.name, text: one.difference })
  }
  return { equal, different, unchecked: [...new Set(unchecked)] }
}

/** Functions of ordinary code, without the parts that go along with them. */
function replaceable(map: PieceMap<'original'>): readonly Piece<'original'>[] {
  return map.pieces.filter(
    ({ kind, name, section }) =>
      kind === 'function' &&
      partOf(name) === undefined &&
      XEN.sectionClass(map.object.sections[section]?.name ?? '') === 'code',
  )
}
