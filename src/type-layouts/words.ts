/** Changes of types and prototypes in words. */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { WaysOut } from '../loaders/loader.ts'
import type { PrototypeChange, TypeChange } from './model.ts'

/** Entries that a sentence names before it says how many more there are. */
const NAMED = 5

function list(names: readonly string[]): string {
  const rest = names.length - NAMED
  return rest > 0 ? `${names.slice(0, NAMED).join(', ')} and ${rest} more` : names.join(', ')
}

function differencesOf({ differences, moved }: TypeChange): string {
  const with_ = moved.length === 0 ? '' : `; with it ${list(moved)} ${moved.length === 1 ? 'changes' : 'change'} too`
  return `${list(differences)}${with_}`
}

function placeWords({ place }: TypeChange | PrototypeChange): string {
  return place === undefined ? '' : ` (${place.file}:${place.line})`
}

export function shapeRefusal(change: TypeChange, { hook, assisted }: WaysOut): Refusal {
  const { name, units, lives, functions, data, place } = change
  const users = [
    ...(functions.length === 0 ? [] : [`functions that use it: ${list(functions)}`]),
    ...(data.length === 0 ? [] : [`static data of it: ${list(data)}`]),
  ]
  const short = name.replace(/^(?:struct|union|typedef|data) /, '')
  return {
    code: 'shape-changed',
    unit: units[0] ?? '',
    symbol: name,
    text: `${name}${placeWords(change)} is not what it was: ${differencesOf(change)}. Objects of it live across the patch: ${[lives, ...users].join('; ')}`,
    hint: change.isLess
      ? lessHint(short)
      : `keep the type as it is and put what is new into data of its own (a shadow structure, looked up by the object's address${assisted ? '; hotsplice assist writes it for new members' : ': HOTSPLICE_SHADOW of hotsplice.h'}), or bring the objects that exist up to date from ${hook}; --accept-type '${short}' if none of them matters`,
    ...(place === undefined ? {} : { place }),
  }
}

/** Of the members, what they need goes along: they were of types that the patch may take away too. */
function lessHint(short: string): string {
  return `leave the members where they are, with the types that they need: take out of the patch what removes them; code that does not use them any more does not mind (what they held for objects that exist is yours to give back); --accept-type '${short}' if no object matters`
}

export function prototypeRefusal(change: PrototypeChange): Refusal {
  const { name, unit, text, callers, place } = change
  return {
    code: 'prototype-changed',
    unit,
    symbol: name,
    text: `${name}${placeWords(change)} changed its prototype: ${text}; but these callers are not replaced: ${list(callers)}`,
    hint: `leave ${name} with its parameters and call a new function, with another name, from the callers that the patch changes; --accept-type ${name} if the callers that stay do no harm`,
    ...(place === undefined ? {} : { place }),
  }
}

export function acceptedNotice(change: TypeChange): Reason {
  return {
    code: 'type-accepted',
    text: `${change.name} was accepted though it is not what it was: ${differencesOf(change)}; ${change.lives}`,
  }
}

export function harmlessNotice(change: TypeChange): Reason {
  return {
    code: 'type-changed',
    text: `${change.name}${placeWords(change)} is not what it was, and no object of it outlives a call of what is replaced: ${differencesOf(change)}`,
  }
}

export function takenOverNotice(change: TypeChange): Reason {
  return {
    code: 'type-changed',
    text: `${change.name}${placeWords(change)} is not what it was: ${differencesOf(change)}. All that reads or writes it is replaced, and its address goes nowhere else; its value stays, byte for byte`,
  }
}

export function unmatchedWarning(name: string): Reason {
  return {
    code: 'type-not-changed',
    text: `--accept-type ${name} accepts nothing: no type or function of that name changed`,
  }
}
