/**
 * Which files a unit may read: all that its texts name with `#include`, whatever conditionals say, found along its command's
 * own search path. So it is more than what the compiler reads, and never less.
 *
 * Where a macro names the file, it may be any. The one exception is TRACE_INCLUDE: it takes in the very header that
 * includes define_trace.h, and does so only in a source that defines CREATE_TRACE_POINTS.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface MayRead {
  /** Paths below the tree's folder, the source first. */
  readonly files: readonly string[]
  has(path: string): boolean
  /** Where a macro names what is read further. */
  readonly open: boolean
}

const INCLUDE = /^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|([A-Za-z_]\w*))/gm
const TRACE = 'include/trace/define_trace.h'
const CREATES = /^[ \t]*#[ \t]*define[ \t]+CREATE_TRACE_POINTS\b/m

interface Named {
  readonly spelled: string
  /** What a folder must have for the name to be found there. */
  readonly first: string
  readonly beside: boolean
}

interface Text {
  readonly names: readonly Named[]
  readonly open: boolean
  readonly creates: boolean
}

/** Files by number. */
type Numbers = readonly number[]

/** Texts are read once, for as many units as there are, and names looked for once in each list of folders. */
export class Includes {
  readonly #folder: string
  readonly #numbers = new Map<string, number>()
  readonly #paths: string[] = []
  readonly #texts: Text[] = []
  readonly #there = new Map<string, boolean>()
  readonly #entries = new Map<string, ReadonlySet<string>>()
  /** What a file names, by the folders that are searched. */
  readonly #named = new Map<string, Map<number, Numbers>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  of(source: string, command: readonly string[]): MayRead {
    const folders = searched(command)
    // Nearly all units search the same ones, and a few of their own: what is found is all that any has.
    const groups = [
      { beside: true, folders: folders.filter(isCommon) },
      ...folders.filter(folder => !isCommon(folder)).map(folder => ({ beside: false, folders: [folder] })),
    ].map(group => ({ ...group, found: this.#foundIn(group.folders) }))
    const seen = new Set([source, ...brought(command)].map(path => this.#numberOf(path)))
    const trace = this.#numberOf(TRACE)
    let open = false
    let creates = command.some(word => word.startsWith('-DCREATE_TRACE_POINTS'))
    const visit = (file: number) => {
      const text = this.#text(file)
      open ||= text.open
      creates ||= text.creates
      for (const group of groups) {
        const next = group.found.get(file) ?? this.#next(file, group)
        group.found.set(file, next)
        for (const each of next) seen.add(each)
      }
    }
    // A set goes on with what is added meanwhile.
    for (const file of seen) if (file !== trace) visit(file)
    if (creates && seen.has(trace)) for (const file of seen) visit(file)
    const paths = this.#paths
    return {
      open,
      has: path => seen.has(this.#numbers.get(path) ?? -1),
      get files() {
        return [...seen].map(file => paths[file] ?? '')
      },
    }
  }

  #foundIn(folders: readonly string[]): Map<number, Numbers> {
    const key = folders.join('\0')
    const known = this.#named.get(key) ?? new Map<number, Numbers>()
    this.#named.set(key, known)
    return known
  }

  #next(file: number, { folders, beside }: { readonly folders: readonly string[]; readonly beside: boolean }): Numbers {
    const own = dirname(this.#paths[file] ?? '')
    return this.#text(file).names.flatMap(name => {
      const places = [...(beside && name.beside ? [own] : []), ...folders].filter(folder =>
        this.#has(folder, name.first),
      )
      // The first is what a compiler takes; `#include_next` goes on behind it.
      const paths = places.map(folder => normalize(join(folder, name.spelled)))
      return paths.filter(path => this.#isThere(path)).map(path => this.#numberOf(path))
    })
  }

  #numberOf(path: string): number {
    const known = this.#numbers.get(path)
    if (known !== undefined) return known
    this.#numbers.set(path, this.#paths.length)
    return this.#paths.push(path) - 1
  }

  /** Whether a folder has the first part of a name; what leads out of it, it may have. */
  #has(folder: string, first: string): boolean {
    if (first === '..' || first === '.' || first === '') return true
    const known = this.#entries.get(folder) ?? this.#listed(folder)
    this.#entries.set(folder, known)
    return known.has(first)
  }

  #listed(folder: string): ReadonlySet<string> {
    try {
      return new Set(readdirSync(join(this.#folder, folder)))
    } catch {
      return new Set()
    }
  }

  #isThere(path: string): boolean {
    const known = this.#there.get(path)
    if (known !== undefined) return known
    const there = statSync(join(this.#folder, path), { throwIfNoEntry: false })?.isFile() === true
    this.#there.set(path, there)
    return there
  }

  #text(file: number): Text {
    const text = this.#texts[file] ?? this.#read(this.#paths[file] ?? '')
    this.#texts[file] = text
    return text
  }

  #read(path: string): Text {
    if (!this.#isThere(path)) return { names: [], open: false, creates: false }
    const text = plainDirectives(readFileSync(join(this.#folder, path), 'latin1'))
    const found = [...text.matchAll(INCLUDE)]
    return {
      names: found.flatMap(([, quoted, angled]): readonly Named[] => {
        const spelled = quoted ?? angled
        if (spelled === undefined) return []
        return [{ spelled, first: spelled.slice(0, `${spelled}/`.indexOf('/')), beside: quoted !== undefined }]
      }),
      open: found.some(([, , , macro]) => macro !== undefined && macro !== 'TRACE_INCLUDE'),
      creates: text.includes('CREATE_TRACE_POINTS') && CREATES.test(text),
    }
  }
}

/** A name, or the directive itself, may go on behind a backslash; a comment may stand between words. */
const ODD =
  /^[ \t]*#[ \t]*(?:\/\*|\w*[ \t]*\\\r?\n|(?:include(?:_next)?|define)[ \t]*\/\*|include[^\n]*\\\r?\n)|CREATE\w*\\\r?\n/m

function plainDirectives(text: string): string {
  if (!ODD.test(text)) return text
  return text.replaceAll(/\\\r?\n/g, '').replaceAll(/^[ \t]*#.*$/gm, line => line.replaceAll(/\/\*.*?\*\//g, ' '))
}

/** The folders that the kernel's makefiles let each unit search. */
const isCommon = (folder: string): boolean => /^(?:\.\/)?(?:arch\/\w+\/)?include(?:\/|$)/.test(folder)

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
