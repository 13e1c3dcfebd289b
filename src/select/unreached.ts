/** Why new code cannot have what it refers to by name, although the names of the running system are known. */
import type { Refusal } from '../base/refusal.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Reference } from '../pieces/model.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { boundedSection } from '../program/program-names.ts'
import { hintOfMissing, hintOfSeveral } from './dropped.ts'
import type { SelectRules } from './model.ts'

type Found = Omit<Refusal, 'unit'>

interface Wanted {
  /** Of the one that refers to it. */
  readonly map: PieceMap<'patched'>
  readonly user: Piece<'patched'>
  readonly reference: Reference<'patched'>
  /** As the running system would have it. */
  readonly name: string
}

/** `count` symbols have the name: none, or several. */
export function unreached(wanted: Wanted, count: number, rules: SelectRules): Found {
  const { user, name } = wanted
  const refers = `${user.name} refers to ${name}`
  if (count > 0) {
    return {
      code: 'duplicate-name',
      symbol: user.name,
      text: `${refers}, a name that ${count} symbols of the running system have`,
      hint: hintOfSeveral(rules),
    }
  }
  // No address stands for it, so that no count has it.
  if (isThreadLocal(wanted)) {
    return {
      code: 'thread-local-data',
      symbol: user.name,
      text: `${refers}, which is thread-local: each thread has its own, which code of a payload cannot reach`,
      hint: 'let a function of the program, which is not replaced, return its address',
    }
  }
  if (boundedSection(name) !== undefined) {
    return {
      code: 'symbol-not-found',
      symbol: user.name,
      text: `${refers}, which the running system's symbols do not have: a linker gives a section such bounds only where something that it links refers to them`,
      hint: 'let a function of the program that refers to them already go over the entries; or find what is meant in another way',
    }
  }
  return {
    code: 'symbol-not-found',
    symbol: user.name,
    text: `${refers}, which the running system's symbols do not have`,
    hint: hintOfMissing(rules),
  }
}

function isThreadLocal({ map, reference: { type, target } }: Wanted): boolean {
  if (machineOf(map.object.header.machine).relocationType(type)?.indirect === 'tls') return true
  if (target.to === 'external') return map.object.symbols[target.symbol]?.kind === 'tls'
  const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
  return piece !== undefined && sectionClassOf(map, piece) === 'tls'
}
