/**
 * The toolchain of each base, in one file: for whoever has many trees, each built in a root of its own.
 *
 *   { "/srv/bases/4.20": { "toolchain": "chroot /srv/debian13", "toolchainPath": ["/=/srv/debian13"] },
 *     "/srv/bases/own": null }
 *
 * Worse mistake: compilers of this machine for a tree that was built by others. So a tree of which the file says nothing is
 * an error, and `null` says that its compilers are here.
 */
import { dirname, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { readGiven } from './image.ts'
import { isInside, realOrSelf } from './layout.ts'
import type { BaseOptions } from './model.ts'

interface Entry {
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
}

/** The options with what the file says of the tree; a prefix that is given counts before it. */
export function withToolchain(options: BaseOptions): BaseOptions {
  const { toolchainFile: file, tree } = options
  if (file === undefined || options.toolchain !== undefined) return options
  const entries = readEntries(file)
  const real = realOrSelf(resolve(tree))
  const holding = [...entries].filter(([folder]) => isInside(folder, real)).toSorted(([a], [b]) => b.length - a.length)
  const [found] = holding
  if (found === undefined) {
    throw new InputError(
      'toolchain/not-in-file',
      `${file} says nothing of ${tree}, and of its compilers nothing else is said`,
      'add the folder, with null where its compilers are those of this machine',
    )
  }
  return { ...options, ...found[1] }
}

/** By real folder. */
function readEntries(file: string): ReadonlyMap<string, Entry> {
  const told = parse(file)
  if (!isRecord(told)) throw bad(file, 'it is no object of folders')
  return new Map(
    Object.entries(told).map(([folder, entry]) => [
      realOrSelf(resolve(dirname(file), folder)),
      entryOf(file, folder, entry),
    ]),
  )
}

function parse(file: string): unknown {
  try {
    return JSON.parse(Buffer.from(readGiven(file, '--toolchain-file')).toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(file, `it is no JSON: ${error.message}`)
    throw error
  }
}

function entryOf(file: string, folder: string, entry: unknown): Entry {
  if (entry === null) return {}
  if (!isRecord(entry)) throw bad(file, `"${folder}" has neither null nor an object`)
  const { toolchain, toolchainPath: paths, ...others } = entry
  const [other] = Object.keys(others)
  if (other !== undefined) throw bad(file, `"${folder}" has "${other}", which means nothing`)
  if (typeof toolchain !== 'string') throw bad(file, `"${folder}" has no "toolchain", in words`)
  if (paths === undefined) return { toolchain }
  if (!Array.isArray(paths) || !paths.every(path => typeof path === 'string')) {
    throw bad(file, `"toolchainPath" of "${folder}" is no list of INSIDE=OUTSIDE`)
  }
  return { toolchain, toolchainPath: paths }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bad(file: string, fact: string): InputError {
  return new InputError(
    'toolchain/bad-file',
    `${file}, given with --toolchain-file: ${fact}`,
    'for example { "/srv/bases/4.20": { "toolchain": "chroot /srv/debian13", "toolchainPath": ["/=/srv/debian13"] } }',
  )
}
