/**
 * Follows the references of included pieces until nothing new comes in, and says for each where it leads.
 */

import { InternalError } from '../base/errors.ts'
import type { Reason, Refusal } from '../base/refusal.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { lineAddend } from '../loaders/entries.ts'
import { machineOf } from '../machines/machines.ts'
import { isCall } from '../pieces/calls.ts'
import { innerReferences } from '../pieces/inner.ts'
import type { Piece, PieceId, PieceMap, Reference, Target } from '../pieces/model.ts'
import { isCompilerMade } from '../pieces/names.ts'
import { isWritable } from '../pieces/writable.ts'
import { ambiguousStatic } from './ambiguous.ts'
import { astrayRefusal } from './astray.ts'
import { fromBelow } from './below.ts'
import { namesByCallers } from './by-callers.ts'
import type { CopiedPieces } from './copies.ts'
import { canComeAlong, leftOutGlobals } from './dropped.ts'
import type {
  Link,
  LinkedReference,
  PieceAddress,
  Role,
  SelectedPiece,
  SelectRules,
  UnitIndex,
  UnitInput,
} from './model.ts'
import { countedName, originOf } from './origins.ts'
import { newGlobals, newLocals } from './own-names.ts'
import { isFreedAfterStart, newRefusal, reachesInit, type UnitContext } from './refusals.ts'
import { unreached } from './unreached.ts'
import { nameInProgram } from './untaken.ts'

interface Included {
  readonly address: PieceAddress
  readonly role: Role
  readonly reason: Reason
  readonly because: PieceAddress | undefined
  /** Comes with a function that is refused as such; what else it would run into is only a consequence. */
  readonly isMoot: boolean
}

/** A worklist: what is included, and the links found so far. Lives for one selection. */
export class Linker {
  readonly refusals: Refusal[] = []
  /** Running names of what the units' own sections say is freed after boot. */
  readonly freedNames = new Set<string>()
  readonly #units: readonly UnitInput[]
  readonly #rules: SelectRules
  readonly #included = new Map<string, Included>()
  readonly #work: Included[] = []
  readonly #links = new Map<string, readonly LinkedReference[]>()
  /** Global functions and data that a unit of this patch defines and the original did not. */
  readonly #newGlobals: ReadonlyMap<string, PieceAddress>
  /**
   * What is new and static in a file, by the name that it would have in the running system: sources of the user's own say
   * that.
   */
  readonly #newLocals: ReadonlyMap<string, PieceAddress>
  /** For each unit, which function an out-of-line part belongs to. */
  readonly #owners: readonly ReadonlyMap<PieceId<'patched'>, PieceId<'patched'>>[]
  /** For each unit, what is copied although the running system has it, and why. */
  readonly #carried: readonly CopiedPieces[]

  /** Global names of changed functions that only their replaced callers reach. */
  readonly #byCallers: ReadonlyMap<string, PieceAddress>
  /** Globals that the program's link left out. */
  readonly #leftOut: (name: string) => PieceAddress | undefined

  constructor(units: readonly UnitInput[], rules: SelectRules, carried: readonly CopiedPieces[]) {
    this.#carried = carried
    this.#units = units
    this.#rules = rules
    this.#newGlobals = newGlobals(units)
    this.#newLocals = newLocals(units, rules)
    this.#byCallers = namesByCallers(units)
    this.#leftOut = leftOutGlobals(units, rules)
    this.#owners = units.map(({ verdicts }) => {
      const owners = new Map<PieceId<'patched'>, PieceId<'patched'>>()
      for (const [owner, parts] of verdicts.parts) for (const part of parts) owners.set(part.id, owner)
      return owners
    })
  }

  /**
   * Takes a piece into the payload; the first reason given is the one that is kept. `moot` marks a function that is
   * refused as such.
   */
  include(address: PieceAddress, role: Role, reason: Reason, because: PieceAddress | 'moot' | undefined): void {
    const key = keyOf(address)
    if (this.#included.has(key)) return
    const cause = because === 'moot' ? undefined : because
    const isMoot = because === 'moot' || (cause !== undefined && this.#included.get(keyOf(cause))?.isMoot === true)
    const included = { address, role, reason, because: cause, isMoot }
    this.#included.set(key, included)
    this.#work.push(included)
  }

  /** Whether it came with a function that is refused as such. */
  isMoot(address: PieceAddress): boolean {
    return this.#included.get(keyOf(address))?.isMoot === true
  }

  /** Follows everything. The pieces come in the order of unit and piece. */
  run(): readonly SelectedPiece[] {
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) this.#follow(next)
    return [...this.#included.values()]
      .toSorted((a, b) => a.address.unit - b.address.unit || a.address.piece - b.address.piece)
      .map(({ isMoot: _, ...included }) => ({
        ...included,
        piece: this.#piece(included.address),
        references: this.#links.get(keyOf(included.address)) ?? [],
      }))
  }

  #follow(included: Included): void {
    const { address } = included
    const piece = this.#piece(address)
    if (piece.kind === 'function') this.#includeBelongings(address, piece)
    const links = piece.references.flatMap(reference => {
      const link = this.#link(included, piece, reference)
      return link === undefined ? [] : [link]
    })
    this.#links.set(keyOf(address), links)
  }

  /** A function's out-of-line parts and special entries come with it. */
  #includeBelongings(address: PieceAddress, piece: Piece<'patched'>): void {
    const { verdicts } = this.#unit(address.unit)
    for (const part of verdicts.parts.get(piece.id) ?? []) {
      const reason = { code: 'part', text: `it is a part of ${piece.name}` }
      this.include({ unit: address.unit, piece: part.id }, 'part', reason, address)
    }
    for (const entry of verdicts.correlation.patched.entriesOf.get(piece.id) ?? []) {
      const reason = { code: 'special-entry', text: `it belongs to ${piece.name}` }
      this.include({ unit: address.unit, piece: entry }, 'entry', reason, address)
    }
  }

  #link(from: Included, piece: Piece<'patched'>, reference: Reference<'patched'>): LinkedReference | undefined {
    const link = this.#linkTarget(from, piece, reference)
    if (link === undefined) return undefined
    return {
      offset: reference.offset,
      type: reference.type,
      link,
      extraAddend: this.#extraAddend(from, piece, reference),
    }
  }

  /** The line number's bits, to be put back into the addend of a bug frame. */
  #extraAddend(from: Included, piece: Piece<'patched'>, reference: Reference<'patched'>): bigint {
    if (reference.line === undefined) return 0n
    const { layout } = this.#map(from.address.unit).sections[piece.section] ?? {}
    const field = layout?.fields.find(candidate => candidate.offset === reference.offset)
    if (field?.line === undefined) throw new InternalError(`${piece.name} has a line number where its layout has none`)
    return lineAddend(reference.line, field.line)
  }

  #linkTarget(from: Included, piece: Piece<'patched'>, reference: Reference<'patched'>): Link | undefined {
    const { target } = reference
    switch (target.to) {
      case 'absolute':
        return { to: 'absolute', value: target.value }
      case 'external':
        return this.#linkExternal(from, piece, reference, target)
      case 'nothing':
        this.#refuse(from, {
          code: 'unknown-section',
          symbol: piece.name,
          text: `${piece.name} refers to ${this.#map(from.address.unit).object.sections[target.section]?.name}, which is not loaded`,
          hint: 'find out what this reference is for; the loader leaves such sections out',
        })
        return undefined
      case 'piece':
        return this.#linkPiece(from, piece, reference, { unit: from.address.unit, piece: target.piece })
    }
  }

  #linkExternal(
    from: Included,
    piece: Piece<'patched'>,
    reference: Reference<'patched'>,
    target: Target<'patched'> & { to: 'external' },
  ): Link | undefined {
    const fresh =
      this.#byCallers.get(target.name) ??
      this.#newGlobals.get(target.name) ??
      (target.weak ? undefined : this.#leftOut(target.name))
    if (fresh !== undefined) return this.#linkPiece(from, piece, reference, fresh)
    const { fileSymbol } = this.#unit(from.address.unit)
    const { runningName } = this.#rules.target.loader
    const name = this.#rules.standIns?.get(target.name) ?? runningName(fileSymbol, target.name, false)
    const own = this.#newLocals.get(name)
    if (own !== undefined) return this.#linkPiece(from, piece, reference, own)
    return target.weak
      ? this.#runningOrAbsent(from, piece, reference, name)
      : this.#running(from, piece, reference, name)
  }

  /** A weak name that nothing defines is 0, as it is in the program. */
  #runningOrAbsent(
    from: Included,
    piece: Piece<'patched'>,
    reference: Reference<'patched'>,
    name: string,
  ): Link | undefined {
    const count = this.#rules.countRunning?.(name)
    // What only a program's link left out, another link with this reference may take.
    if (count === 0 && this.#rules.linked === undefined) return { to: 'absolute', value: deltaOf(reference) }
    const link = this.#running(from, piece, reference, name)
    // Where it is not known yet whether the running system has it, its loader finds out.
    return link?.to === 'running' && count === undefined ? { ...link, weak: true } : link
  }

  #linkPiece(
    from: Included,
    piece: Piece<'patched'>,
    reference: Reference<'patched'>,
    to: PieceAddress,
  ): Link | undefined {
    const { verdicts, untaken } = this.#unit(to.unit)
    const { patched } = verdicts.correlation
    const target = this.#piece(to)
    if (nameInProgram(patched, target, untaken) === undefined) {
      // Names that a unit defines in vain are not among its own new ones: this leads elsewhere.
      const counts = this.#newGlobals.get(target.name)
      return counts === undefined
        ? this.#running(from, piece, reference, target.name)
        : this.#linkPiece(from, piece, reference, counts)
    }
    const isOwn = to.unit === from.address.unit && to.piece === piece.id
    const inPayload: Link = { to: 'payload', target: to, delta: deltaOf(reference) }
    // Nobody is to enter, or keep the address of, the one that stays behind.
    if (this.#unit(to.unit).byCallers?.has(to.piece) === true) return inPayload
    if (this.#isOfIncludedFunction(to, target) && (isOwn || this.#staysInside(from, to, piece, reference))) {
      return inPayload
    }
    const astray = astrayRefusal(this.#map(from.address.unit), from.role, { piece, reference, target })
    if (astray !== undefined) {
      this.#refuse(from, astray)
      return undefined
    }
    if (isFreedAfterStart(this.#context(to.unit), patched, target)) return this.#linkFreed(from, piece, reference, to)
    const carried = this.#carried[to.unit]?.get(to.piece)
    if (carried !== undefined) {
      const reason = { code: carried.code, text: `${piece.name} uses it, and ${carried.text}` }
      this.include(to, 'content', reason, from.address)
      return inPayload
    }
    const origin = originOf(this.#units, to)
    // Where no name of it counted, the program has another unit's by that name, and not this one.
    const name = origin === undefined ? undefined : countedName(origin, this.#rules.target.loader)
    if (origin !== undefined && name !== undefined && !canComeAlong(this.#rules, origin)) {
      return this.#running(from, piece, reference, name)
    }
    const below = fromBelow(this.#rules, this.#units, to)
    if (below?.is === 'there') return this.#running(from, piece, reference, below.name)
    if (below?.is === 'refused') this.#refuse(from, below.refusal)
    return below === undefined && this.#bringIn(from, piece, to, target) ? inPayload : undefined
  }

  /** To what was freed after boot, by its name of then; whether that is allowed is for `boot-time.ts` to say. */
  #linkFreed(
    from: Included,
    piece: Piece<'patched'>,
    reference: Reference<'patched'>,
    to: PieceAddress,
  ): Link | undefined {
    const target = this.#piece(to)
    const origin = originOf(this.#units, to)
    const isNamed = (target.kind === 'function' || target.kind === 'data') && !isCompilerMade(target.name)
    const name = origin && isNamed ? countedName(origin, this.#rules.target.loader) : undefined
    if (name === undefined) {
      this.#refuse(from, reachesInit(piece.name, target.name, 'new'))
      return undefined
    }
    this.freedNames.add(name)
    return this.#running(from, piece, reference, name)
  }

  /**
   * Whether a reference to an included function leads to the payload's copy: from the function's own parts and
   * entries always, and to a part from anywhere; from elsewhere when it is a call, or data that leads into its middle.
   */
  #staysInside(from: Included, to: PieceAddress, piece: Piece<'patched'>, reference: Reference<'patched'>): boolean {
    if (from.role === 'entry' || from.role === 'chunk' || from.role === 'hook') return true
    const owners = this.#owners[to.unit]
    // Nobody but its function has a part's address, be it that a jump table holds it.
    if (owners?.has(to.piece) === true) return true
    const family = (id: PieceId<'patched'>) => owners?.get(id) ?? id
    if (from.address.unit === to.unit && family(piece.id) === family(to.piece)) return true
    const map = this.#map(from.address.unit)
    if (isCall(map, piece, reference) || isLabel(map, piece, reference)) return true
    return innerReferences(map, piece, [reference]).length > 0
  }

  #isOfIncludedFunction(to: PieceAddress, target: Piece<'patched'>): boolean {
    return target.kind === 'function' && this.#included.has(keyOf(to))
  }

  /** Includes what the running system does not have; answers whether it could. */
  #bringIn(from: Included, piece: Piece<'patched'>, to: PieceAddress, target: Piece<'patched'>): boolean {
    const map = this.#map(to.unit)
    const reason = { code: 'referenced', text: `${piece.name} uses it` }
    const refusal = newRefusal(this.#context(to.unit), piece.name, map, target)
    if (refusal !== undefined) {
      this.#refuse(from, refusal)
      return false
    }
    if (target.kind === 'function') {
      this.include(to, 'new-function', reason, from.address)
      return true
    }
    if (target.kind === 'chunk') {
      this.include(to, 'chunk', reason, from.address)
      return true
    }
    if (target.kind === 'data' && !isCompilerMade(target.name)) return this.#bringInData(from, piece, to, target)
    if (isWritable(map, target)) {
      this.#refuse(from, {
        code: 'reaches-unnamed-data',
        symbol: piece.name,
        text: `${piece.name} refers to ${target.name}, writable data that no symbol names, so the running one cannot be found`,
        hint: 'give the object a name in the source',
      })
      return false
    }
    this.include(to, 'content', reason, from.address)
    return true
  }

  #bringInData(from: Included, piece: Piece<'patched'>, to: PieceAddress, target: Piece<'patched'>): boolean {
    const { correlation } = this.#unit(to.unit).verdicts
    const ambiguity = correlation.ambiguities.find(({ patched }) => patched === to.piece)
    if (ambiguity !== undefined && isWritable(correlation.patched, target)) {
      const candidates = ambiguity.candidates.map(id => correlation.original.pieces[id]?.name ?? '')
      const isOtherForm = ambiguity.isOtherForm === true
      this.#refuse(from, ambiguousStatic({ user: piece.name, variable: target.name, candidates, isOtherForm }))
      return false
    }
    this.include(to, 'new-data', { code: 'referenced', text: `${piece.name} uses it` }, from.address)
    return true
  }

  #running(from: Included, piece: Piece<'patched'>, reference: Reference<'patched'>, name: string): Link | undefined {
    const count = this.#rules.countRunning?.(name)
    if (count === undefined || count === 1) return { to: 'running', name, delta: deltaOf(reference) }
    const wanted = { map: this.#map(from.address.unit), user: piece, reference, name }
    this.#refuse(from, unreached(wanted, count, this.#rules))
    return undefined
  }

  #refuse(from: Included, refusal: Omit<Refusal, 'unit'>): void {
    if (!from.isMoot) this.refusals.push({ ...refusal, unit: this.#unit(from.address.unit).unit })
  }

  #context(unit: UnitIndex): UnitContext {
    return { unit: this.#unit(unit).unit, loader: this.#rules.target.loader }
  }

  #unit(unit: UnitIndex): UnitInput {
    const found = this.#units[unit]
    if (found === undefined) throw new InternalError(`there is no unit ${unit}`)
    return found
  }

  #map(unit: UnitIndex): PieceMap<'patched'> {
    return this.#unit(unit).verdicts.correlation.patched
  }

  #piece({ unit, piece }: PieceAddress): Piece<'patched'> {
    const found = this.#map(unit).pieces[piece]
    if (found === undefined) throw new InternalError(`unit ${unit} has no piece ${piece}`)
    return found
  }
}

function deltaOf({ target }: Reference<'patched'>): bigint {
  return target.to === 'piece' || target.to === 'external' ? target.delta : 0n
}

function keyOf({ unit, piece }: PieceAddress): string {
  return `${unit} ${piece}`
}

/**
 * Whether data refers to a place inside a function (a jump table's entry, `&&label`): meant is the code that was compiled
 * with it. The entries of a relative table hold their own distance from the table too, so that none of them tells.
 */
function isLabel(map: PieceMap<'patched'>, piece: Piece<'patched'>, { type, target }: Reference<'patched'>): boolean {
  const section = map.object.sections[piece.section]
  if (section === undefined || (section.flags & SHF_EXECINSTR) !== 0 || target.to !== 'piece') return false
  return target.delta !== 0n || machineOf(map.object.header.machine).relocationType(type)?.pcRelative === true
}
