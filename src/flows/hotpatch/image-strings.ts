/**
 * Strings that the running system believes only where they lie in its own image: names of files in the frames of WARN and
 * BUG on AArch64 (Xen 4.17). A WARN whose frame names its file by a string of the payload is an unexpected trap there, and
 * the end of the hypervisor. So such a field leads to the image's own copy, which other frames name. Part of the pipeline.
 *
 * In:  the selection and what is known of the running system, unchanged.
 * Out: the selection with these links, and a warning for each file that no frame of the image names.
 */
import type { Reason } from '../../base/refusal.ts'
import { TABLE_SECTIONS } from '../../loaders/xen/linked-tables.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { LinkedReference, PieceAddress, SelectedPiece, Selection } from '../../select/model.ts'

interface Believed {
  readonly selection: Selection
  readonly warnings: readonly Reason[]
}

export function withImageStrings(selection: Selection, symbols: HypervisorSymbols | undefined): Believed {
  const warnings = new Map<string, Reason>()
  let known: ReadonlyMap<string, bigint> | undefined
  const pieces = selection.pieces.map((selected): SelectedPiece => {
    const layout = selection.units[selected.address.unit]?.patched.sections[selected.piece.section]?.layout
    const fields = layout?.fields.filter(({ inImage }) => inImage === true) ?? []
    if (fields.length === 0) return selected
    const references = selected.references.map((reference): LinkedReference => {
      const field = fields.find(({ offset }) => offset === reference.offset)
      const { link } = reference
      if (field === undefined || link.to !== 'payload') return reference
      const text = textAt(selection, link.target, Number(link.delta) - field.bias)
      known ??= symbols === undefined ? new Map() : namedStrings(symbols, field.offset)
      const place = text === undefined ? undefined : known.get(text)
      const found = place === undefined ? undefined : spelled(symbols, place)
      if (found !== undefined)
        return { ...reference, link: { to: 'running', name: found.name, delta: found.delta + BigInt(field.bias) } }
      const reason = notBelieved(text)
      warnings.set(reason.text, reason)
      return reference
    })
    return { ...selected, references }
  })
  return {
    selection: warnings.size === 0 && known === undefined ? selection : { ...selection, pieces },
    warnings: [...warnings.values()],
  }
}

function notBelieved(text: string | undefined): Reason {
  return {
    code: 'file-not-in-image',
    text: `frames of WARN and BUG name the file ${text ?? '?'}, which no frame of the running system names: where it takes only names of its own image, as Xen 4.17 does on AArch64, a WARN there stops it`,
  }
}

/** The string that begins there in a piece of the payload. */
function textAt(selection: Selection, target: PieceAddress, offset: number): string | undefined {
  const map = selection.units[target.unit]?.patched
  const piece = map?.pieces[target.piece]
  const bytes = piece && map?.object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size)
  const rest = offset < 0 ? undefined : bytes?.subarray(offset)
  const end = rest?.indexOf(0) ?? -1
  return rest === undefined || end < 0 ? undefined : Buffer.from(rest.subarray(0, end)).toString('latin1')
}

/** Longer than any path of a source. */
const MOST = 1024

/** The strings that the entries of the image name by the field at `offset`, which counts from the entry. */
function namedStrings(symbols: HypervisorSymbols, offset: number): ReadonlyMap<string, bigint> {
  const strings = new Map<string, bigint>()
  for (const section of TABLE_SECTIONS.filter(name => name.startsWith('.bug_frames.'))) {
    for (const { address, bytes } of symbols.entriesOf(section) ?? []) {
      const place = address + BigInt(bytes.getInt32(offset, true))
      const text = bytes.getInt32(offset, true) === 0 ? undefined : textIn(symbols, place)
      if (text !== undefined && !strings.has(text)) strings.set(text, place)
    }
  }
  return strings
}

function textIn(symbols: HypervisorSymbols, place: bigint): string | undefined {
  const characters: number[] = []
  for (let at = place; characters.length < MOST; at++) {
    const [byte] = symbols.bytesAt(at, 1) ?? []
    if (byte === undefined) return undefined
    if (byte === 0) return Buffer.from(characters).toString('latin1')
    characters.push(byte)
  }
  return undefined
}

/** The place by a name that leads to nothing else. */
function spelled(symbols: HypervisorSymbols | undefined, place: bigint) {
  const names = [symbols?.symbolBefore(place)?.name, '_start', '__start_bug_frames']
  for (const name of names) {
    const address = name === undefined ? undefined : symbols?.lookup(name)
    const isOnly = symbols?.symbols.filter(symbol => symbol.name === name).length === 1
    if (name !== undefined && address !== undefined && isOnly) return { name, delta: place - address }
  }
  return undefined
}
