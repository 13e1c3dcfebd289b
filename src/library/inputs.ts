/** What a caller gives: files by their names or as bytes, texts likewise, words of a fixed list. Checked before anything is done. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { InputError } from '../base/errors.ts'
import type { PatchText } from '../source/model.ts'

/** A file: its name, or the bytes that are in it. */
export type FileInput = string | Uint8Array

/**
 * A text: the name of the file that holds it, the text itself, or its bytes. A string is a name unless it has a line end,
 * which every patch, key and script has.
 */
export type TextInput = string | Uint8Array

/** A payload: its file's name, its bytes, or bytes with a name for reports and scripts. */
export type PayloadInput = FileInput | NamedPayload

/** A payload's bytes, and what reports and scripts call it. */
export interface NamedPayload {
  readonly name: string
  readonly bytes: Uint8Array
}

/** One, or several in their order. */
export type OneOrMore<T> = T | readonly T[]

/** `what` says what the file is to the caller: `the payload`. */
export async function readBytes(input: FileInput, what: string): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return input
  if (typeof input !== 'string') throw badOption(what, input, 'a file’s name or its bytes (Uint8Array)')
  try {
    const bytes = await readFile(input)
    // A view of the file's own, never of a pool that others share.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError('library/cannot-read', `${what} ${JSON.stringify(input)} cannot be read: ${reason}`)
  }
}

/** One character a byte. */
export async function readText(input: TextInput, what: string): Promise<string> {
  const bytes = isText(input) ? Buffer.from(input, 'utf8') : await readBytes(input, what)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

const isText = (input: TextInput): input is string => typeof input === 'string' && input.includes('\n')

export function isFileName(input: TextInput | undefined): input is string {
  return typeof input === 'string' && !isText(input)
}

/** In their order; what has no name of its own is called `patch 1`, `patch 2`. */
export async function readPatches(input: OneOrMore<TextInput>, strip = 1): Promise<readonly PatchText[]> {
  const inputs = several(input)
  if (inputs.length === 0) throw badOption('patch', input, 'at least one patch')
  if (!Number.isInteger(strip) || strip < 0) throw badOption('strip', strip, 'a whole number, 0 or more')
  return Promise.all(
    inputs.map(async (one, at) => ({
      name: isFileName(one) ? one : `patch ${at + 1}`,
      text: await readText(one, 'the patch'),
      strip,
    })),
  )
}

export async function readPayload(input: PayloadInput, name = 'payload'): Promise<NamedPayload> {
  if (typeof input === 'string') return { name: basename(input), bytes: await readBytes(input, 'the payload') }
  return input instanceof Uint8Array ? { name, bytes: input } : input
}

export function several<T>(input: OneOrMore<T>): readonly T[] {
  return isMany(input) ? input : [input]
}

const isMany = <T>(input: OneOrMore<T>): input is readonly T[] => Array.isArray(input)

/** One of the words that an option may be; a caller without types may give another. */
export function choice<Word extends string>(option: string, given: Word | undefined, words: readonly Word[]): Word {
  const [first] = words
  const value = given ?? first
  const found = words.find(word => word === value)
  if (found === undefined) throw badOption(option, given, `one of ${words.join(', ')}`)
  return found
}

/** A folder or file that must be named. */
export function named(option: string, given: string): string {
  if (typeof given === 'string' && given !== '') return given
  throw badOption(option, given, 'the name of a file or folder')
}

function badOption(option: string, given: unknown, wanted: string): InputError {
  const shown = given === undefined ? 'not given' : (JSON.stringify(given) ?? String(given))
  return new InputError('library/bad-option', `${option} is ${shown}, and must be ${wanted}`)
}
