/**
 * Variables that a payload below has brought. To the compiler they are new, each time that the patch of that payload is
 * part of the text; brought again they would begin afresh, while what they have gathered stays in the ones below. So they
 * are referred to by the names that the payload below gave them.
 *
 * Worse mistake: to bring one anew that is there. What could be another of a payload below is refused. New code and
 * constants are brought again, without a name: they hold nothing.
 */
import type { Refusal } from '../base/refusal.ts'
import type { Brought, BroughtThing } from '../loaders/brought.ts'
import type { Piece } from '../pieces/model.ts'
import { stateNames, unsureName, variableOf } from '../pieces/static-locals.ts'
import { isWritable } from '../pieces/writable.ts'
import type { PieceAddress, SelectRules, UnitInput } from './model.ts'
import { storeBelow } from './shadow-store.ts'

type Found =
  /** The name that it has in the running system, with the payloads that are applied. */
  { readonly is: 'there'; readonly name: string } | { readonly is: 'refused'; readonly refusal: Omit<Refusal, 'unit'> }

/** What the payloads below have of a new piece; undefined where the new payload is to bring it. */
export function fromBelow(
  { below, target: { loader } }: Pick<SelectRules, 'below' | 'target'>,
  units: readonly UnitInput[],
  address: PieceAddress,
): Found | undefined {
  const input = units[address.unit]
  const { patched, ambiguities } = input?.verdicts.correlation ?? {}
  const piece = patched?.pieces[address.piece]
  if (below === undefined || input === undefined || patched === undefined || piece?.kind !== 'data') return undefined
  if (!isWritable(patched, piece) || ambiguities?.some(each => each.patched === piece.id) === true) return undefined
  const names = variableNames(input, loader.runningName)
  const name = names.get(piece.id) ?? ''
  const store = storeBelow(below, piece.name)
  if (store !== undefined) return { is: 'refused', refusal: store }
  const thing = variableOf(name).isSure ? below.things.get(name) : undefined
  if (thing?.kind === 'variable') {
    const changed = difference(input, piece, thing)
    return changed === undefined ? { is: 'there', name } : { is: 'refused', refusal: changed }
  }
  const own = new Set(units.flatMap(each => [...variableNames(each, loader.runningName).values()]))
  const [candidate] = candidates(below, { name, own, files: new Set(units.map(({ fileSymbol }) => fileSymbol)) })
  if (candidate !== undefined) return { is: 'refused', refusal: leftBehind(piece.name, candidate) }
  const [unnamed] = below.unnamed
  return unnamed === undefined ? undefined : { is: 'refused', refusal: unknown(piece.name, unnamed) }
}

/** How a payload calls each variable of a unit. */
function variableNames(
  { fileSymbol, verdicts: { correlation } }: UnitInput,
  runningName: (file: string, name: string, local: boolean) => string,
): ReadonlyMap<Piece<'patched'>['id'], string> {
  const map = correlation.patched
  const named = map.pieces.filter(piece => piece.kind === 'data' && isWritable(map, piece))
  const names = new Map([
    ...named.map(({ id, name, local }) => [id, runningName(fileSymbol, name, local)] as const),
    ...stateNames(map, fileSymbol),
  ])
  const seen = new Set<string>()
  const twice = new Set([...names.values()].filter(name => seen.has(name) || !seen.add(name)))
  return new Map([...names].map(([id, name]) => [id, twice.has(name) ? unsureName(fileSymbol, name) : name]))
}

interface Wanted {
  readonly name: string
  /** Names of all variables of the patched units. */
  readonly own: ReadonlySet<string>
  readonly files: ReadonlySet<string>
}

/** Variables of payloads below that the source may call so, and that no variable of the patched units is. */
function candidates({ things }: Brought, { name, own, files }: Wanted): readonly BroughtThing[] {
  const { names } = variableOf(name)
  return [...things.values()].filter(thing => {
    const other = variableOf(thing.name)
    if (thing.kind !== 'variable' || (other.isSure && own.has(thing.name))) return false
    return (other.file === '' || files.has(other.file)) && other.names.some(each => names.includes(each))
  })
}

/** Why the one below cannot serve: it has another shape, or another first value, which it was not given. */
function difference(
  { verdicts: { correlation } }: UnitInput,
  { name, size, section, offset, references }: Piece<'patched'>,
  thing: BroughtThing,
): Omit<Refusal, 'unit'> | undefined {
  if (thing.size !== size) {
    return {
      code: 'data-layout',
      symbol: name,
      text: `${name} has ${size} bytes, and the one that ${thing.by} has brought ${thing.size}`,
      hint: 'keep the variable as it is, and put what is new into one of its own',
    }
  }
  const given = correlation.patched.object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
  const bytes = new Uint8Array(size)
  bytes.set(given)
  const isSame =
    Buffer.compare(bytes, thing.bytes) === 0 &&
    references.length === thing.fields.length &&
    references.every(reference => thing.fields.some(field => field.offset === reference.offset && field.names !== ''))
  if (isSame) return undefined
  return {
    code: 'changed-data',
    symbol: name,
    text: `${name} begins with another value than the one that ${thing.by} has brought, or with an address; that one has its own by now`,
    hint: 'change the value from a load hook that checks it first; or, where nothing of what it holds by now is needed, give the variable another name',
  }
}

function leftBehind(name: string, { name: other, by }: BroughtThing): Omit<Refusal, 'unit'> {
  return {
    code: 'state-left-behind',
    symbol: name,
    text: `${name} is new, and ${other}, which ${by} has brought, may be the one that is meant: a new one would begin afresh, and what that holds would be lost`,
    hint: 'leave the variable in the function, or the file, where that payload has it; if it is meant to be another one, give it another name',
  }
}

function unknown(name: string, payload: string): Omit<Refusal, 'unit'> {
  return {
    code: 'ambiguous-static',
    symbol: name,
    text: `${name} is new, and ${payload}, which is applied already, has variables without a name: whether it is one of them is not known`,
    hint: 'build that payload again with this version of hotsplice, which names them; or give the variable a name at file scope that is new',
  }
}
