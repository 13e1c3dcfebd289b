/**
 * Names that a program's link leads elsewhere than to what is called so: --wrap=f takes whoever refers to f, and does not
 * define it, to __wrap_f. Part of the pipeline. A payload's code would reach f itself, and miss what stands around it.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { LinkedProgram } from '../../program/linked-program.ts'
import type { SelectedPiece, Selection } from '../../select/model.ts'

export function wrappedNames(
  { units, pieces }: Pick<Selection, 'units' | 'pieces'>,
  program: Pick<LinkedProgram, 'find'>,
): readonly Refusal[] {
  const seen = new Set<string>()
  return pieces.flatMap(selected => {
    const { piece, address } = selected
    const unit = units[address.unit]?.unit ?? ''
    return outsideNames(selected).flatMap((name): readonly Refusal[] => {
      const key = `${address.unit} ${piece.id} ${name}`
      if (seen.has(key) || program.find(`__wrap_${name}`).length === 0) return []
      seen.add(key)
      return [
        {
          code: 'other-definition',
          unit,
          symbol: piece.name,
          text: `${piece.name} refers to ${name}, and the program has __wrap_${name}: its link leads whoever refers to ${name} there (--wrap), and the payload’s code would reach ${name} itself`,
          hint: `call __wrap_${name} by that name in the source that the hotpatch is made from`,
        },
      ]
    })
  })
}

/** What the piece refers to and its unit does not define: the running system has it, or another unit of the payload. */
function outsideNames({ piece, references }: SelectedPiece): readonly string[] {
  const outside = new Map(
    piece.references.flatMap(({ offset, target }) =>
      target.to === 'external' ? [[offset, target.name] as const] : [],
    ),
  )
  return references.flatMap(({ offset, link }) => {
    const own = outside.get(offset)
    if (own === undefined || link.to === 'absolute') return []
    return link.to === 'running' ? link.name : own
  })
}
