/**
 * What was published as a whole: a statement of every file's digest, signed like those of where payloads come from. Whoever gets the
 * folder asks it whether anything was changed, left out or put in.
 *
 * Worse mistake: to take a folder in which one byte is another. So the statement's own file must be, byte for byte, what the
 * publisher writes: an envelope may be spelled in many ways, and its signature is over only a part of it.
 */
import { createHash, type KeyObject } from 'node:crypto'
import { InputError } from '../../../base/errors.ts'
import { envelope, openEnvelope, readStatementPublicKey } from '../../../sign/dsse.ts'
import { STATEMENT_TYPE } from './provenance.ts'

export const MANIFEST = 'manifest.json'
const PREDICATE = 'urn:hotsplice:published:1'

export type Files = ReadonlyMap<string, Uint8Array>

export function manifestOf(files: Files, date: string, key: KeyObject): Uint8Array {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [...files].map(([name, bytes]) => ({ name, digest: { sha256: digestOf(bytes) } })),
    predicateType: PREDICATE,
    predicate: { date },
  }
  return jsonOf(envelope(STATEMENT_TYPE, jsonOf(statement), key))
}

/**
 * Holds every file against the manifest among them, and its signature against the public key (in PEM) where one is given. Throws
 * `InputError` (publish/changed) for what differs, is missing, or nobody has stated.
 */
export function checkPublished(files: Files, key: string | undefined): void {
  const stated = subjectsOf(files.get(MANIFEST), key === undefined ? undefined : readStatementPublicKey(key))
  const others = [...files].filter(([name]) => name !== MANIFEST)
  const odd = others.find(([name, bytes]) => stated.get(name) !== digestOf(bytes))
  if (odd !== undefined)
    throw changed(`${odd[0]} is ${stated.has(odd[0]) ? 'not what was published' : 'no file that was published'}`)
  const missing = [...stated.keys()].find(name => !files.has(name))
  if (missing !== undefined) throw changed(`${missing} is missing`)
}

function subjectsOf(manifest: Uint8Array | undefined, key: KeyObject | undefined): ReadonlyMap<string, string> {
  if (manifest === undefined) {
    const hint = 'give the folder of `hotsplice publish`, as a whole'
    throw new InputError('publish/no-index', `there is no ${MANIFEST}`, hint)
  }
  const opened = openEnvelope(manifest, STATEMENT_TYPE, key)
  if ('fault' in opened) throw changed(`${MANIFEST} is not what was published: ${opened.fault}`)
  if (Buffer.compare(jsonOf(opened.envelope), manifest) !== 0) throw changed(`${MANIFEST} is spelled in another way`)
  const { predicateType, subject } = JSON.parse(Buffer.from(opened.payload).toString('utf8'))
  if (predicateType !== PREDICATE || !Array.isArray(subject)) throw changed(`${MANIFEST} states something else`)
  return new Map(subject.map(({ name, digest }) => [String(name), String(digest?.sha256)]))
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const jsonOf = (value: unknown) => new Uint8Array(Buffer.from(`${JSON.stringify(value, null, 2)}\n`))

const changed = (fact: string) =>
  new InputError('publish/changed', fact, 'get the folder anew from whoever published it, or publish it again')
