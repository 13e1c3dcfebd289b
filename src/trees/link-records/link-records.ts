/**
 * What a tree's build wrote down of its links: link.txt files of CMake's makefiles, and build.ninja. Make leaves nothing.
 *
 * Worse mistake: to say that a file has nothing of an object that it has. So whatever of a build is not understood makes all
 * of it unknown, what a step takes counts as a part of what it makes, and a file that was made of something of this tree
 * that no step makes may be made of anything.
 */
import { basename, dirname } from 'node:path'
import { isInside, readNames, realOrSelf, walk } from '../layout.ts'
import type { Tree } from '../model.ts'
import { readLinkText } from './link-text.ts'
import type { LinkRecord } from './model.ts'
import { readNinjaFile } from './ninja-file.ts'
import { isLibraryName, isScript } from './scripts.ts'

/** What is only linked on; of what has another name, nobody knows whether it is the end. */
const JOINED = /\.(?:o|obj|os|lo|a|la|lib)$/
/** What has its own code, and gives none away. */
const SHARED = /\.so(?:\.\d+)*$/
/** What may hold code of others. */
const HOLDING = /\.(?:o|obj|os|lo|a|la|lib|ro|rel|elf)$/

export class LinkRecords {
  readonly #outputs = new Set<string>()
  /** How links may name the outputs without their folders. */
  readonly #libraries = new Set<string>()
  /** Records by what they take. */
  readonly #taking = new Map<string, LinkRecord[]>()
  /** What is made of files that come from nowhere. */
  readonly #unsure: ReadonlySet<string>

  /** `isGiven` is asked of paths that may hold code and that no record makes: whether it is known what is in them. */
  constructor(records: readonly LinkRecord[], isGiven: (path: string) => boolean) {
    for (const record of records) {
      this.#outputs.add(record.output)
      for (const name of libraryNames(record.output)) this.#libraries.add(name)
      for (const input of record.inputs) {
        const found = this.#taking.get(input)
        if (found === undefined) this.#taking.set(input, [record])
        else found.push(record)
      }
    }
    const loose = [...this.#taking.keys()].filter(input => this.#isLoose(input, isGiven))
    this.#unsure = this.#madeOf(loose)
  }

  /** The files that the object goes into, or may go into, be it by way of archives; undefined where nothing takes it. */
  linkedFrom(object: string): ReadonlySet<string> | undefined {
    return this.#taking.has(object) ? new Set([...this.#madeOf([object]), ...this.#unsure]) : undefined
  }

  #isLoose(input: string, isGiven: (path: string) => boolean): boolean {
    if (input.startsWith('-l')) return !this.#libraries.has(input) && !isGiven(input)
    return HOLDING.test(input) && !this.#outputs.has(input) && !isGiven(input)
  }

  #madeOf(objects: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>()
    const seen = new Set<string>()
    const left = [...objects]
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      for (const { output, isAlias } of this.#takersOf(path)) {
        if (isAlias !== true && !JOINED.test(output)) found.add(output)
        if (!SHARED.test(output)) left.push(output)
      }
    }
    return found
  }

  makes(file: string): boolean {
    return this.#outputs.has(file)
  }

  #takersOf(path: string): readonly LinkRecord[] {
    return [path, ...libraryNames(path)].flatMap(spelling => this.#taking.get(spelling) ?? [])
  }
}

/** How a link may name it without its folder. */
function libraryNames(path: string): readonly string[] {
  const name = basename(path)
  const library = /^lib(.+)\.a$/.exec(name)?.[1]
  return [`-l:${name}`, ...(library === undefined ? [] : [`-l${library}`])]
}

/** Undefined where there are none, or not all are understood. */
export function linkRecords({
  layout,
  units,
  texts,
}: Pick<Tree, 'layout' | 'units' | 'texts'>): LinkRecords | undefined {
  const { base, buildFolder } = layout
  const records: LinkRecord[] = []
  let isWhole = true
  const add = (found: readonly LinkRecord[] | undefined) => {
    if (found === undefined) isWhole = false
    else records.push(...found)
  }
  const tops = isInside(base, buildFolder) ? [base] : [base, buildFolder]
  const archives = new Set<string>()
  for (const top of tops) {
    walk(top, (path, { files }) => {
      for (const name of files) if (name.endsWith('.a')) for (const each of libraryNames(name)) archives.add(each)
      if (files.some(name => isLibraryName(name) && isScript(`${path}/${name}`))) isWhole = false
      if (files.includes('build.ninja')) {
        add(readNinjaFile(readNames(`${path}/build.ninja`) ?? '', path, readNames))
      }
      if (!files.includes('link.txt') || !/\/CMakeFiles\/[^/]+\.dir$/.test(path)) return
      add(readLinkText(readNames(`${path}/link.txt`) ?? '', dirname(dirname(path))))
    })
  }
  const isHere = (path: string) => tops.some(top => isInside(realOrSelf(top), path))
  const real = records.map(withRealPaths)
  const named = new Set(real.flatMap(({ inputs }) => inputs))
  for (const path of named) if (!isSource(path) && isHere(path) && isScript(path)) isWhole = false
  if (!isWhole || records.length === 0) return undefined
  const objects = new Set(units.flatMap(({ object }) => (object === undefined ? [] : texts.real.of(object))))
  // What lies elsewhere is the system's, and no part of what is built here.
  const isGiven = (path: string) => (path.startsWith('-l') ? !archives.has(path) : objects.has(path) || !isHere(path))
  return new LinkRecords(real, isGiven)
}

/** The folders that `walk` goes through are real ones; what a build names may be by way of links. */
function withRealPaths(record: LinkRecord): LinkRecord {
  const real = (path: string) => (path.startsWith('/') && !isSource(path) ? realOrSelf(path) : path)
  return { ...record, output: real(record.output), inputs: record.inputs.map(real) }
}

const isSource = (path: string): boolean => /\.(?:c|cc|cpp|cxx|h|hh|hpp|s|S|txt|cmake|in)$/.test(path)
