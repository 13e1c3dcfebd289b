/**
 * What builds on a base have read outside of its tree: headers, objects that the build left elsewhere, the folders in which
 * compilers look, and the compilers. With the tree's digest it says whether a build would be the same today, without doing it.
 *
 * A header that is new in a folder which only the compiler itself knows, and comes before one that was read, is not noticed here;
 * nor is it by what is kept of compiles.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import { searchedFolders, takeApart } from './command.ts'
import { identify } from './compiler.ts'
import { realOrSelf } from './layout.ts'
import type { Base, BaseOptions } from './model.ts'
import { namesIn, placeIn, placesOf } from './searched.ts'
import { toolchainOf } from './toolchain.ts'
import { isCounted, treeFolders } from './tree-digest.ts'

export interface Surroundings {
  /** Path and digest, `absent` where there was none. */
  readonly files: readonly (readonly [path: string, digest: string])[]
  /** Folders that were searched, and what names were in them. */
  readonly folders: readonly (readonly [path: string, names: string])[]
  readonly compilers: readonly {
    readonly name: string
    /** Where it was called. */
    readonly folder: string
    /** Which program that was. */
    readonly key: string
  }[]
}

type Asking = Pick<BaseOptions, 'tree' | 'buildDir' | 'cacheFolder' | 'toolchain' | 'toolchainPath'>

/** All that was read until now on the base that was opened with `options`. */
export async function surroundingsOf(
  base: Base,
  options: Asking,
  signal: AbortSignal | undefined,
): Promise<Surroundings> {
  const tree = treeFolders(options)
  const isOutside = (path: string) => !tree.some(folder => isCounted(folder, path))
  const known = base.texts.known()
  const objects = base.units.map(({ object, unit }) => object ?? unit).filter(path => path.startsWith('/'))
  const files = new Map([
    ...[...new Set(objects.map(realOrSelf))].map(path => [path, digestNow(path)] as const),
    ...known,
  ])
  const called = new Map(
    base.units.map(({ command, folder }) => {
      const name = takeApart(command).compiler
      return [name.includes('/') && !name.startsWith('/') ? `${folder} ${name}` : name, { name, folder }] as const
    }),
  )
  const { cacheFolder, toolchain } = base
  const compilers = await Promise.all(
    [...called.values()].map(async ({ name, folder }) => {
      const { key } = await identify(name, { folder, cacheFolder, signal, toolchain })
      return { name, folder, key }
    }),
  )
  const folders = searchedOutside(base, known, isOutside).map(path => [path, namesIn(path)] as const)
  return { files: inOrder([...files].filter(([path]) => isOutside(path))), folders: inOrder(folders), compilers }
}

const inOrder = <Each extends readonly [string, string]>(list: readonly Each[]): readonly Each[] =>
  list.toSorted(([a], [b]) => (a < b ? -1 : 1))

/** Where units look for headers, by real names, whether there is such a folder or not. */
function searchedOutside(
  { units }: Base,
  known: ReturnType<Base['texts']['known']>,
  isOutside: (path: string) => boolean,
): readonly string[] {
  const searched = units.flatMap(({ command, folder }) => searchedFolders(command).map(path => placeIn(folder, path)))
  const tops = [...new Set(searched)].map(realOrSelf)
  const read = known.map(([path]) => path)
  return placesOf(tops, read.filter(isOutside), read).filter(isOutside)
}

/** What is no longer as it was, in words; undefined where all is. */
export async function changedSince(
  { files, folders, compilers }: Surroundings,
  options: Asking,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const [path, digest] of files) if (digestNow(path) !== digest) return path
  for (const [path, names] of folders) if (namesIn(path) !== names) return path
  const toolchain = toolchainOf(options)
  for (const { name, folder, key } of compilers) {
    const now = await keyNow(name, { folder, cacheFolder: options.cacheFolder, signal, toolchain })
    if (now !== key) return name
  }
  return undefined
}

async function keyNow(name: string, asking: Parameters<typeof identify>[1]): Promise<string | undefined> {
  try {
    return (await identify(name, asking)).key
  } catch (error) {
    if (error instanceof InputError && error.code !== 'build/interrupted') return undefined
    throw error
  }
}

/** As `TreeTexts` names a content. */
function digestNow(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64')
  } catch {
    return 'absent'
  }
}
