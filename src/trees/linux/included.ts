/**
 * Which sources of a kernel another one takes in with `#include`: kernel/sched/build_policy.c is made of eight. Such a source
 * has no object of its own, and make compiles one of that name all the same if it is asked to. That object's functions are
 * in the kernel, byte for byte even, and who else has what is static there inlined, it does not show. So all of the tree's
 * sources are searched, which takes about as long as a compile.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { type RunOptions, run } from '../run.ts'
import type { Kept } from './kept.ts'

/** Programs of their own, which do not run with the kernel; and other machines. */
export const ASIDE =
  /^(?:tools|scripts|samples|Documentation|usr|arch\/(?!x86\/)[^/]+|arch\/x86\/(?:boot|realmode|purgatory|tools|um))\//

export interface Searching extends RunOptions {
  readonly kept: Kept
  /** The source's folder; `folder` itself, unless the kernel was built with O=. */
  readonly sources: string
}

/** Where sources are: what the build makes of others lies below its own folder. */
export const placesOf = ({ folder, sources }: Pick<Searching, 'folder' | 'sources'>): readonly string[] =>
  folder === sources ? [folder] : [sources, folder]

/** The tree's sources that include the one at `source`, or one of its name whose place is not told. */
export async function includersOf(source: string, options: Searching): Promise<readonly string[]> {
  const found = await namedIn(source, options)
  const by = found.flatMap(each => (isAnother(source, each, options) ? [] : [each.by]))
  return [...new Set(by)].sort()
}

/** Files that name what the new one at `path` would be, too, and have read another so far: the compiler may find it first. */
export async function misledBy(path: string, options: Searching): Promise<readonly string[]> {
  const found = await namedIn(path, options)
  const by = found.flatMap(({ by, spelled }) => {
    const isNamed = join(dirname(by), spelled) === path || `/${path}`.endsWith(`/${normalize(spelled)}`)
    return isNamed && !isAnother(path, { by, spelled }, options) ? [by] : []
  })
  return [...new Set(by)].sort()
}

interface Named {
  readonly by: string
  readonly spelled: string
}

/** Where a file of the source's name is included, from whatever folder. */
async function namedIn(source: string, options: Searching): Promise<readonly Named[]> {
  const name = source.slice(source.lastIndexOf('/') + 1)
  // Sources are few that are included: what is kept of all of them answers for the next one, too.
  const ending = name.endsWith('.c') ? '.c' : name
  const output = await options.kept(['included 2', ending], () => searched(ending, options))
  return output.split('\n').flatMap(line => {
    const at = line.indexOf(':')
    const by = normalize(line.slice(0, at))
    const spelled = /["<](.*)[">]$/.exec(line.slice(at + 1))?.[1]
    if (at < 0 || spelled === undefined || ASIDE.test(by)) return []
    return `/${spelled}`.endsWith(`/${name}`) ? [{ by, spelled }] : []
  })
}

/** `FILE:#include "…"` of each that names a file of that ending. */
async function searched(ending: string, options: Searching): Promise<string> {
  const found = await Promise.all(placesOf(options).map(folder => searchedIn(ending, folder, options)))
  return found.flat().join('\n')
}

async function searchedIn(ending: string, folder: string, options: Searching): Promise<readonly string[]> {
  const places = placesIn(folder, options)
  if (places.length === 0) return []
  // To look for plain letters takes half as long as to look for a pattern; few files have them.
  const words = ['grep', '-ralF', '--include=*.[chS]', '-e', `${ending}"`, '-e', `${ending}>`, '--']
  const { exit, output, errors } = await run([...words, ...places], { ...options, folder })
  // 1 is "none".
  if (exit > 1) {
    throw new InputError('linux/tree-unreadable', `the sources could not be searched: ${errors.trim().slice(-300)}`)
  }
  const name = ending.startsWith('.') ? `[^">\\n]*` : `(?:[^">\\n]*/)?`
  const pattern = new RegExp(`^\\s*#\\s*include\\s*["<]${name}${literal(ending)}[">]`, 'gm')
  return output
    .split('\n')
    .filter(file => file !== '')
    .flatMap(file => includesIn(file, readFileSync(join(folder, file), 'latin1'), pattern))
}

const includesIn = (file: string, text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([line]) => `${file}:${line.replaceAll(/\s+/g, ' ')}`)

const literal = (text: string): string => text.replaceAll(/[^\w-]/g, '\\$&')

/** Folders with what may run with the kernel, below one of the tree's own; without the one that is built in. */
export function placesIn(folder: string, options: Pick<Searching, 'folder'>): readonly string[] {
  const tops = readdirSync(folder, { withFileTypes: true }).filter(each => each.isDirectory() && each.name !== '.git')
  const below = (name: string) => (name === 'arch' ? ['arch/x86'] : [name])
  return tops
    .flatMap(({ name }) => below(name))
    .filter(path => !ASIDE.test(`${path}/`) && existsSync(join(folder, path)) && join(folder, path) !== options.folder)
}

/** Whether what is spelled so lies beside who includes it, and is not this source. */
function isAnother(source: string, { by, spelled }: Named, options: Searching): boolean {
  const beside = join(dirname(by), spelled)
  return beside !== source && placesOf(options).some(folder => existsSync(join(folder, beside)))
}
