/**
 * Reads a fleet's file. Whatever is wrong with it is told at its line and column, all of it at once: who edits thirty bases by
 * hand must not look for a comma.
 *
 * Worse mistake: a word that is taken for less than was meant. So a key that means nothing is an error, as is one that is there
 * twice, and a build-id that YAML would take for a number.
 */
import { dirname, isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { InputError } from '../../base/errors.ts'
import { checkFleet } from './check-fleet.ts'
import { type Fault, type FleetFile, fleetFile } from './file-schema.ts'
import type { AppliedPayload, Fix, Fleet, FleetBase, FleetRehearsal, NamedFile } from './model.ts'

/** Of so many faults no more is told. */
const MOST_TOLD = 10

/** `name` is the file's; what it names is relative to its folder. */
export function readFleet(text: string, name: string): Fleet {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) throw bad(broken.map(({ pos: [at], message }) => `${place(at)}: ${message}`))
  const at = (path: Fault['path']) => place(offsetOf(document, path))
  const told = (faults: readonly Fault[]) => bad(faults.map(({ path, text: fact }) => `${at(path)}: ${fact}`))
  const read = v.safeParse(fleetFile, contentOf(document, name))
  if (!read.success) throw told(read.issues.map(issue => faultOf(issue, document)))
  const faults = checkFleet(read.output)
  if (faults.length > 0) throw told(faults)
  return fleetOf(read.output, (path, spelled) => ({
    name: spelled,
    path: isAbsolute(spelled) ? spelled : join(dirname(name), spelled),
    at: at(path),
  }))
}

/** A file without any text holds nothing, as an empty map does: then it is said what is missing. */
function contentOf(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    throw bad([`${name}: ${error instanceof Error ? error.message : String(error)}`])
  }
}

/** Of the key where it is one that means nothing; of the next thing around it that is there, where it is missing. */
function offsetOf(document: Document, path: Fault['path']): number {
  for (let length = path.length; length > 0; length--) {
    const holder: unknown = document.getIn(path.slice(0, length - 1), true) ?? document.contents
    const last = path[length - 1]
    if (isMap(holder)) {
      const pair = holder.items.find(({ key }) => isScalar(key) && key.value === last)
      if (pair !== undefined) return startOf(pair.value) ?? startOf(pair.key) ?? 0
    }
    const found: unknown = document.getIn(path.slice(0, length), true)
    if (isNode(found)) return startOf(found) ?? 0
  }
  return startOf(document.contents) ?? 0
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)

function faultOf(issue: v.BaseIssue<unknown>, document: Document): Fault {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))
  const key = path.at(-1)
  if (issue.type === 'strict_object' && issue.expected === 'never') return { path, text: `"${key}" means nothing here` }
  if (issue.received === 'undefined') return { path, text: `"${key}" is missing` }
  const inField = key === undefined ? '' : `"${[...path].reverse().find(each => typeof each === 'string')}": `
  if (issue.type === 'string' && typeof issue.input !== 'object')
    return { path, text: `${inField}${spelling(document, path, issue.input)} is no text to YAML; put it in quotes` }
  const message = issue.type === 'regex' || issue.type === 'iso_date' || issue.type === 'min_length' ? 'message' : ''
  const fact =
    message === '' ? `expected ${issue.expected ?? 'something else'}, and it is ${issue.received}` : issue.message
  return { path, text: `${inField}${fact}` }
}

/** As it stands in the file: YAML makes 1 of 1.0. */
function spelling(document: Document, path: Fault['path'], value: unknown): string {
  const node: unknown = document.getIn(path, true)
  return isScalar(node) && node.source !== undefined ? node.source : String(value)
}

function bad(all: readonly string[]): InputError {
  const told = all.slice(0, MOST_TOLD)
  const rest = all.length - told.length
  const [first = '', ...more] = [...told, ...(rest === 0 ? [] : [`and ${rest} more`])]
  return new InputError(
    'fleet/bad-file',
    [first, ...more.map(line => `  ${line}`)].join('\n'),
    'docs/fleet.md says what the file may hold; docs/schema/fleet-file.json is its schema, which editors read',
  )
}

type Naming = (path: Fault['path'], spelled: string) => NamedFile

function fleetOf(file: FleetFile, named: Naming): Fleet {
  return {
    bases: file.bases.map((base, at) => baseOf(base, ['bases', at], named)),
    fixes: file.fixes.map((fix, at) => fixOf(fix, ['fixes', at], named)),
  }
}

function baseOf(base: FleetFile['bases'][number], at: Fault['path'], named: Naming): FleetBase {
  const file = (key: 'symbols' | 'image' | 'config' | 'build-dir') =>
    base[key] === undefined ? undefined : named([...at, key], base[key])
  return {
    name: base.name,
    tree: named([...at, 'tree'], base.tree),
    target: base.target,
    buildId: base['build-id']?.toLowerCase(),
    endOfLife: base['end-of-life'],
    symbols: file('symbols'),
    image: file('image'),
    on: base.on.map((applied, index) => appliedOf(applied, [...at, 'on', index], named)),
    config: file('config'),
    makeArgs: base['make-args'],
    buildDir: file('build-dir'),
    toolchain: base.toolchain,
    toolchainPath: base['toolchain-path'],
    depends: base.depends,
    xenDepends: base['xen-depends'],
    withoutIbt: base['without-ibt'],
    rehearsal: rehearsalOf(base, at, named),
  }
}

function appliedOf(
  applied: FleetFile['bases'][number]['on'][number],
  at: Fault['path'],
  named: Naming,
): AppliedPayload {
  if (typeof applied === 'string') return { payload: named(at, applied), patches: undefined }
  const patches = applied.patches.map((spelled, index) => named([...at, 'patches', index], spelled))
  return { payload: named([...at, 'payload'], applied.payload), patches }
}

/** The image that a build of Xen leaves, below the folder that holds `xen/`. */
const OWN_IMAGE = 'xen/xen'

function rehearsalOf(
  { rehearse, image, tree }: FleetFile['bases'][number],
  at: Fault['path'],
  named: Naming,
): FleetRehearsal | undefined {
  if (rehearse === false) return undefined
  const asked = rehearse === true ? { cpus: 1, timeout: 60_000 } : rehearse
  const { hypervisor, script } = { hypervisor: undefined, script: undefined, ...asked }
  const place = [...at, 'rehearse']
  return {
    hypervisor:
      hypervisor === undefined
        ? named(image === undefined ? place : [...at, 'image'], image ?? join(tree, OWN_IMAGE))
        : named([...place, 'hypervisor'], hypervisor),
    script: script === undefined ? undefined : named([...place, 'script'], script),
    cpus: asked.cpus,
    timeoutMs: asked.timeout,
  }
}

function fixOf(fix: FleetFile['fixes'][number], at: Fault['path'], named: Naming): Fix {
  const files = (path: Fault['path'], names: readonly string[]) =>
    names.map((spelled, index) => named([...path, index], spelled))
  const { options } = fix
  return {
    name: fix.name,
    ids: fix.ids,
    on: fix.on,
    cumulative: fix.cumulative,
    loses: fix.loses,
    patches: files([...at, 'patches'], fix.patches ?? []),
    patchesFor: new Map(
      Object.entries(fix['patches-for']).map(([base, names]) => [base, files([...at, 'patches-for', base], names)]),
    ),
    notAffected: new Map(Object.entries(fix['not-affected'])),
    strip: options.strip,
    options: {
      lines: options.lines,
      acceptTypes: options['accept-type'],
      leaveInit: options['leave-init'],
      promoteCallers: options['promote-callers'],
      compileAll: options['compile-all'],
      with: options.with.map((spelled, index) => {
        const [, source = spelled, beside] = /^(.+)@(.+)$/.exec(spelled) ?? []
        return { file: named([...at, 'options', 'with', index], source), beside }
      }),
    },
    expected: fix['expected-refusals'].map(({ symbols, ...expected }) => ({ ...expected, symbols })),
  }
}
