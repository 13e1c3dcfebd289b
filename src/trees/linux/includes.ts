/**
 * Which files a unit may read: all that its texts name with `#include`, whatever conditionals say, found along its command's
 * own search path. So it is more than what the compiler reads, and never less.
 *
 * Where a macro names the file, it may be any. The one exception is TRACE_INCLUDE: it takes in the very header that
 * includes define_trace.h, and does so only in a source that defines CREATE_TRACE_POINTS.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface MayRead {
  /** Paths below the tree's folder, the source first. */
  readonly files: readonly string[]
  /** Where a macro names what is read further. */
  readonly open: boolean
}

const INCLUDE = /^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|([A-Za-z_]\w*))/gm
const TRACE = 'include/trace/define_trace.h'
const CREATES = /^[ \t]*#[ \t]*define[ \t]+CREATE_TRACE_POINTS\b/m

interface Named {
  readonly spelled: string
  readonly beside: boolean
}

interface Text {
  readonly names: readonly Named[]
  readonly open: boolean
  readonly creates: boolean
}

/** Texts are read once, for as many units as there are. */
export class Includes {
  readonly #folder: string
  readonly #texts = new Map<string, Text | undefined>()
  readonly #there = new Map<string, boolean>()
  /** What a file names, by the file and the folders that are searched. */
  readonly #named = new Map<string, ReadonlyMap<string, readonly string[]>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  of(source: string, command: readonly string[]): MayRead {
    const folders = searched(command)
    const named = this.#named.get(folders.join('\0')) ?? new Map<string, readonly string[]>()
    this.#named.set(folders.join('\0'), named)
    const roots = [source, ...brought(command)]
    const seen = new Set(roots)
    let open = false
    let creates = command.some(word => word.startsWith('-DCREATE_TRACE_POINTS'))
    const visit = (path: string) => {
      const text = this.#text(path)
      open ||= text?.open === true
      creates ||= text?.creates === true
      for (const next of this.#next(path, folders, named)) seen.add(next)
    }
    // A set goes on with what is added meanwhile.
    for (const path of seen) if (path !== TRACE) visit(path)
    if (creates && seen.has(TRACE)) for (const path of seen) visit(path)
    return { files: [...seen], open }
  }

  #next(path: string, folders: readonly string[], named: ReadonlyMap<string, readonly string[]>): readonly string[] {
    const known = named.get(path)
    if (known !== undefined) return known
    const found = this.#text(path)?.names.flatMap(({ spelled, beside }) => {
      const places = [...(beside ? [dirname(path)] : []), ...folders].map(folder => normalize(join(folder, spelled)))
      // The first is what a compiler takes; `#include_next` goes on behind it.
      return places.filter(place => this.#isThere(place))
    })
    const next = found ?? []
    if (named instanceof Map) named.set(path, next)
    return next
  }

  #isThere(path: string): boolean {
    const known = this.#there.get(path)
    if (known !== undefined) return known
    const there = statSync(join(this.#folder, path), { throwIfNoEntry: false })?.isFile() === true
    this.#there.set(path, there)
    return there
  }

  #text(path: string): Text | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, this.#read(path))
    return this.#texts.get(path)
  }

  #read(path: string): Text | undefined {
    if (!this.#isThere(path)) return undefined
    // A name may go on behind a backslash; a comment may stand between words.
    const text = readFileSync(join(this.#folder, path), 'latin1')
      .replaceAll(/\\\r?\n/g, '')
      .replaceAll(/^[ \t]*#.*$/gm, line => line.replaceAll(/\/\*.*?\*\//g, ' '))
    const found = [...text.matchAll(INCLUDE)]
    return {
      names: found.flatMap(([, quoted, angled]): readonly Named[] => {
        const spelled = quoted ?? angled
        return spelled === undefined ? [] : [{ spelled, beside: quoted !== undefined }]
      }),
      open: found.some(([, , , macro]) => macro !== undefined && macro !== 'TRACE_INCLUDE'),
      creates: CREATES.test(text),
    }
  }
}

/** Folders of `-I` and the like, in order; the kernel's are below its own. */
function searched(command: readonly string[]): readonly string[] {
  return command.flatMap((word, at) => {
    if (command[at - 1] === '-I' || command[at - 1] === '-isystem' || command[at - 1] === '-iquote') return [word]
    return /^-I./.test(word) ? [word.slice(2)] : []
  })
}

function brought(command: readonly string[]): readonly string[] {
  return command.flatMap((word, at) => (command[at - 1] === '-include' ? [normalize(word)] : []))
}
