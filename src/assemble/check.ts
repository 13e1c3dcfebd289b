/**
 * What a payload cannot hold although each piece by itself could: found from the places, before anything is written.
 */

import type { Refusal } from '../base/refusal.ts'
import { SHF_EXECINSTR, SHF_WRITE } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { HOOK_PREFIX } from '../loaders/payload-sections.ts'
import type { SelectedPiece, Selection } from '../select/model.ts'
import type { PayloadTarget, PlacedPiece } from './model.ts'
import { inputSection, type Placed, pieceBytes, REPLACEMENTS } from './place.ts'
import type { PlaceIndex } from './place-index.ts'

export function checkPlaced(
  selection: Selection,
  placed: Placed,
  { target, places }: { readonly target: PayloadTarget; readonly places: PlaceIndex },
): readonly Refusal[] {
  return [
    ...selection.pieces.flatMap(selected => writableCode(selection, selected)),
    ...hookRefusals(selection, placed, target),
    ...placed.pieces.flatMap(piece => hiddenRefusals(selection, piece, { target, places })),
  ]
}

function writableCode(selection: Selection, selected: SelectedPiece): readonly Refusal[] {
  const { flags, name } = inputSection(selection, selected)
  if (!hasFlag(flags, SHF_EXECINSTR) || !hasFlag(flags, SHF_WRITE)) return []
  return [
    {
      ...about(selection, selected),
      code: 'writable-code',
      text: `${selected.piece.name} lies in ${name}, which is both code and writable; no loader maps memory so`,
      hint: 'put the code into a section that is only executable',
    },
  ]
}

/** Lists of hooks may have any length; of each of the others Xen takes one. */
function hookRefusals(selection: Selection, placed: Placed, target: PayloadTarget): readonly Refusal[] {
  const refusals: Refusal[] = []
  for (const [name, section] of placed.sections) {
    if (!name.startsWith(HOOK_PREFIX)) continue
    const hooks = placed.pieces.filter(piece => piece.section === name)
    const [first] = hooks
    if (first === undefined) continue
    const where = hooks.map(({ address }) => selection.units[address.unit]?.unit ?? '').join(' and ')
    if (!target.loader.hooks.lists.includes(name) && !target.loader.hooks.single.includes(name)) {
      refusals.push({
        ...about(selection, first.selected),
        code: 'unknown-hook',
        text: `${where} has a hook in ${name}, which the loader does not know`,
        hint: `the loader knows ${[...target.loader.hooks.lists, ...target.loader.hooks.single].join(', ')}`,
      })
    } else if (section.size % 8 !== 0 || (target.loader.hooks.single.includes(name) && section.size !== 8)) {
      refusals.push({
        ...about(selection, first.selected),
        code: 'several-hooks',
        text: `${name} has ${section.size} bytes, from ${where}; the loader takes ${
          target.loader.hooks.single.includes(name) ? 'exactly one pointer' : 'pointers of 8 bytes'
        } there`,
        hint: 'keep one hook and let it call what the others did',
      })
    }
  }
  return refusals
}

/**
 * Code that leads out of its piece without a relocation, to something that is not at the same distance any more.
 * A piece that has its section for itself cannot: the assembler resolves distances within a section only.
 */
function hiddenRefusals(
  selection: Selection,
  placed: PlacedPiece,
  { target: { code }, places }: { readonly target: PayloadTarget; readonly places: PlaceIndex },
): readonly Refusal[] {
  const { selected } = placed
  const { piece } = selected
  const from = inputSection(selection, selected)
  const map = selection.units[placed.address.unit]?.patched
  const neighbours = map?.bySection[piece.section] ?? []
  if (!hasFlag(from.flags, SHF_EXECINSTR) || neighbours.length < 2) return []
  const relocated = new Set(piece.references.map(({ offset }) => offset))
  // A compiler states where a function ends. Assembly is cut at its labels, and runs on through them.
  const isStated = piece.symbols.some(id => (map?.object.symbols[id]?.size ?? 0) > 0)
  return code
    .hiddenReferences(pieceBytes(selected, from), relocated, !isStated)
    .flatMap(({ offset, target }): Refusal[] => {
      // Replacements are copied over the code they replace and go on there.
      if (from.name === REPLACEMENTS && offset === piece.size) return []
      const at = piece.offset + target
      const reached = neighbours.find(other => at >= other.offset && at < other.offset + other.size)
      const place = reached && places.find({ unit: placed.address.unit, piece: reached.id })
      const isKept =
        place?.section === placed.section && place.offset - placed.offset === (reached?.offset ?? 0) - piece.offset
      if (isKept || (reached === undefined && at === from.size)) return []
      const runsOn = offset === piece.size
      return [
        {
          ...about(selection, selected),
          code: 'hidden-reference',
          text: `${piece.name} ${runsOn ? 'runs on' : `leads, at ${offset},`} into ${
            reached?.name ?? `byte ${at} of ${from.name}`
          } without a relocation, so it cannot be moved alone`,
          hint: 'let the functions have sections of their own (-ffunction-sections), or change C code around this assembly',
        },
      ]
    })
}

function about(selection: Selection, { address, piece }: SelectedPiece): Pick<Refusal, 'unit' | 'symbol'> {
  return { unit: selection.units[address.unit]?.unit ?? '', symbol: piece.name }
}
