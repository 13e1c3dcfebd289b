/**
 * What a tree's build wrote down of its links: link.txt files of CMake's makefiles, and build.ninja. Make leaves nothing.
 *
 * Worse mistake: to say that a file has nothing of an object that it has. So whatever of a build is not understood makes all
 * of it unknown, and what a step takes counts as a part of what it makes.
 */
import { basename, dirname } from 'node:path'
import { isInside, type Layout, readNames, realOrSelf, walk } from '../layout.ts'
import { readLinkText } from './link-text.ts'
import type { LinkRecord } from './model.ts'
import { readNinjaFile } from './ninja-file.ts'

/** What is linked once more. */
const JOINED = /\.(?:o|obj|lo|a|la)$/

export class LinkRecords {
  readonly #outputs = new Set<string>()
  /** Records by what they take. */
  readonly #taking = new Map<string, LinkRecord[]>()

  constructor(records: readonly LinkRecord[]) {
    for (const record of records) {
      this.#outputs.add(record.output)
      for (const input of record.inputs) {
        const found = this.#taking.get(input)
        if (found === undefined) this.#taking.set(input, [record])
        else found.push(record)
      }
    }
  }

  /** The files that the object goes into, be it by way of archives; undefined where nothing takes it. */
  linkedFrom(object: string): ReadonlySet<string> | undefined {
    const found = new Set<string>()
    const seen = new Set<string>()
    const left = [object]
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      for (const { output, isAlias } of this.#takersOf(path)) {
        if (isAlias === true || JOINED.test(output)) left.push(output)
        else found.add(output)
      }
    }
    return this.#taking.has(object) ? found : undefined
  }

  makes(file: string): boolean {
    return this.#outputs.has(file)
  }

  #takersOf(path: string): readonly LinkRecord[] {
    const name = basename(path)
    const library = /^lib(.+)\.a$/.exec(name)?.[1]
    const spellings = [path, `-l:${name}`, ...(library === undefined ? [] : [`-l${library}`])]
    return spellings.flatMap(spelling => this.#taking.get(spelling) ?? [])
  }
}

/** Undefined where there are none, or not all are understood. */
export function linkRecords({ layout }: { readonly layout: Layout }): LinkRecords | undefined {
  const { base, buildFolder } = layout
  const records: LinkRecord[] = []
  let isWhole = true
  const add = (found: readonly LinkRecord[] | undefined) => {
    if (found === undefined) isWhole = false
    else records.push(...found)
  }
  for (const top of isInside(base, buildFolder) ? [base] : [base, buildFolder]) {
    walk(top, (path, { files }) => {
      if (files.includes('build.ninja')) {
        add(readNinjaFile(readNames(`${path}/build.ninja`) ?? '', path, readNames))
      }
      if (!files.includes('link.txt') || !/\/CMakeFiles\/[^/]+\.dir$/.test(path)) return
      add(readLinkText(readNames(`${path}/link.txt`) ?? '', dirname(dirname(path))))
    })
  }
  return isWhole && records.length > 0 ? new LinkRecords(records.map(withRealPaths)) : undefined
}

/** The folders that `walk` goes through are real ones; what a build names may be by way of links. */
function withRealPaths(record: LinkRecord): LinkRecord {
  const real = (path: string) => (path.startsWith('/') && !isSource(path) ? realOrSelf(path) : path)
  return { ...record, output: real(record.output), inputs: record.inputs.map(real) }
}

const isSource = (path: string): boolean => /\.(?:c|cc|cpp|cxx|h|hh|hpp|s|S|txt|cmake|in)$/.test(path)
