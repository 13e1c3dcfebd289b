/** Whether code may do more with the address of something than look at what is there. */
import type { Side } from '../base/side.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Target } from './model.ts'
import { numberedBase, partOf, sourceName } from './names.ts'

interface Knowledge {
  /** Whether writing there is nothing to be told. */
  readonly mayWrite?: boolean
  /** Functions by their names in the source of which it is known that their result fits into one register. */
  readonly singleResults?: ReadonlySet<string> | undefined
}

/**
 * Whether `user` may keep or compare the address that `isMeant` says of its targets, or, unless it may, write there. Of code
 * that is not understood, and of data, yes.
 */
export function mayKeep<S extends Side>(
  map: PieceMap<S>,
  user: Piece<S>,
  isMeant: (target: Target<S>) => boolean,
  { mayWrite = false, singleResults }: Knowledge = {},
): boolean {
  const section = map.object.sections[user.section]
  const machine = machineOf(map.object.header.machine)
  if (section === undefined || machine.code === undefined || (section.flags & SHF_EXECINSTR) === 0) return true
  const own = user.references.filter(({ target }) => isMeant(target))
  // A table gives the address itself where it seems to be looked at.
  if (own.some(({ type }) => machine.relocationType(type)?.indirect !== undefined)) return true
  const isRelated = (name: string) => name !== user.name && (partOf(name) ?? name) === (partOf(user.name) ?? user.name)
  const toParts = user.references.filter(
    ({ target }) => target.to === 'piece' && isRelated(map.pieces[target.piece]?.name ?? ''),
  )
  return machine.code.keepsAddress(
    section.bytes.subarray(user.offset, user.offset + user.size),
    own.map(({ offset }) => offset),
    {
      relocated: new Set(user.references.map(({ offset }) => offset)),
      toParts: new Set(toParts.map(({ offset }) => offset)),
      mayWrite,
      returnsOne: numberedBase(user.name) === undefined && singleResults?.has(sourceName(user.name)) === true,
    },
  )
}
