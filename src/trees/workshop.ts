/**
 * What the compiles of one call share: mirrors, one for each overlay, digests, the store, and the private folder that
 * holds it all and is gone afterwards.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { openPrivatePlace, type PrivatePlace } from '../system/private-place.ts'
import { type CompilerIdentity, identify } from './compiler.ts'
import { type Layout, realOrSelf, toAbsolute } from './layout.ts'
import { type Mirror, makeMirror } from './mirror.ts'
import type { Tree, Unit } from './model.ts'
import type { Overlay } from './overlay.ts'
import { type Guard, guardOf } from './read-only.ts'
import { foldersOf, PlaceNames, placeIn, placesOf } from './searched.ts'
import { keyOf, Store } from './store.ts'
import type { PatchedTexts, TreeTexts } from './texts.ts'
import { linkable } from './toolchain.ts'

/** How many lists of read files are remembered for one command. */
const LISTS = 8
const FEW_UNITS = 32

export class Workshop {
  readonly tree: Tree
  readonly layout: Layout
  readonly store: Store
  stopped = false
  readonly #units: readonly Unit[]
  readonly #texts: TreeTexts
  readonly #compilers = new Map<string, Promise<CompilerIdentity>>()
  readonly #patched = new Map<Overlay, PatchedTexts>()
  readonly #mirrors = new Map<string, Map<'lean' | 'full', Mirror>>()
  readonly #names = new PlaceNames()
  /** By folder and place as it is spelled there. */
  readonly #spelled = new Map<string, Map<string, string>>()
  readonly #around = new Map<string, string>()
  #private: PrivatePlace | undefined
  #unwatch: (() => void) | undefined
  #output: string | undefined
  #count = 0

  constructor(tree: Tree, units: readonly Unit[]) {
    this.tree = tree
    this.#units = units
    this.layout = tree.layout
    const damaged = (path: string) => tree.run.progress.step(`made anew, because what is kept cannot be read: ${path}`)
    this.store = new Store(tree.cacheFolder, { damaged })
    this.#texts = tree.texts
  }

  texts(overlay: Overlay): PatchedTexts {
    let known = this.#patched.get(overlay)
    if (known === undefined) {
      known = this.#texts.with(overlay)
      this.#patched.set(overlay, known)
    }
    return known
  }

  mirror(overlay: Overlay, kind: 'lean' | 'full'): Mirror {
    const { content, changesNames } = this.texts(overlay)
    const mirrors = this.#mirrors.get(content) ?? new Map<'lean' | 'full', Mirror>()
    this.#mirrors.set(content, mirrors)
    // New and removed files change where a compiler looks; only a full mirror is right about that.
    const mayMislead = changesNames.some(change => !this.#isUnasked(change, overlay))
    const full = kind === 'full' || mayMislead || asksForFiles(overlay)
    const wanted = full ? 'full' : 'lean'
    let mirror = mirrors.get(wanted)
    if (mirror === undefined) {
      mirror = makeMirror({
        layout: this.layout,
        overlay,
        root: this.#folder('mirror'),
        real: this.#realFolders(overlay),
        written: new Set(this.#units.map(unit => unit.folder)),
        full,
        sources: this.#sources(),
        links: this.#links(),
      })
      mirrors.set(wanted, mirror)
    }
    return mirror
  }

  /**
   * Whether what comes is a file that no text of the tree names, whatever its place: then nothing looks for it but what the
   * patch has. A header of a name that another one has could be taken for that one where it is asked for by way of `..`.
   */
  #isUnasked(change: string, overlay: Overlay): boolean {
    // Behind the sign.
    const name = basename(change.slice(1))
    if (/^\+.*\.(?:c|cc|cpp|cxx)$/.test(change)) return !isNamedIn(this.layout, name)
    if (!/^\+.*\.(?:h|hh|hpp|hxx)$/.test(change) || isAskedAround(overlay, name)) return false
    return !isNamedIn(this.layout, name) && !isFoundIn(this.layout, name)
  }

  #links() {
    const { sourceFolder, buildFolder } = this.layout
    const cache = realOrSelf(resolve(this.tree.cacheFolder))
    const folders = [sourceFolder, buildFolder, ...this.#units.map(unit => unit.folder)]
    return linkable(this.tree.toolchain, [cache, ...folders])
  }

  /** Folders that must not be links: where commands run, and what known spellings leave by `..` to reach a patched file. */
  #realFolders(overlay: Overlay): ReadonlySet<string> {
    const real = new Set([this.layout.buildFolder, ...this.#units.map(unit => unit.folder)])
    const names = new Set([...overlay.keys()].map(path => path.slice(path.lastIndexOf('/') + 1)))
    for (const spelled of this.tree.leavingFolders(names)) {
      for (const { index } of spelled.matchAll(/\/\.\.(?=\/)/g)) real.add(join(spelled.slice(0, index)))
    }
    return real
  }

  /** The sources that these units read; with many units it is cheaper not to ask. */
  #sources(): ReadonlySet<string> | undefined {
    if (this.#units.length > FEW_UNITS) return undefined
    return new Set(this.#units.flatMap(unit => unit.dependencies).map(path => toAbsolute(this.layout, path)))
  }

  compiler(name: string, folder: string): Promise<CompilerIdentity> {
    const key = name.includes('/') ? join(folder, name) : name
    let known = this.#compilers.get(key)
    if (known === undefined) {
      const { cacheFolder, run, toolchain } = this.tree
      known = identify(name, { folder, cacheFolder, signal: run.signal, toolchain })
      this.#compilers.set(key, known)
    }
    return known
  }

  /** What the names of one compile's results begin with. */
  output(): string {
    this.#output ??= this.#folder('out')
    return `${this.#output}/${this.#count++}`
  }

  #folder(what: string): string {
    this.#private ??= openPrivatePlace(this.tree.cacheFolder)
    const path = join(this.#private.path, `${what}-${this.#count++}`)
    mkdirSync(path, { recursive: true })
    // What compilers record is the folder's real name.
    return realOrSelf(path)
  }

  /** What keeps the tree from what compilers write; from the first time on it is watched. */
  async guard(): Promise<Guard> {
    const guard = await guardOf(this.tree)
    this.#unwatch ??= guard.watch()
    return guard
  }

  /** Fails where a compiler wrote to the tree. */
  checkTree(): void {
    this.#unwatch?.()
  }

  /** Names of what could be found in the searched folders: a new header there may be found before the old one. */
  names(searched: readonly string[], folder: string): string {
    const spelled = this.#spelled.get(folder) ?? new Map<string, string>()
    this.#spelled.set(folder, spelled)
    const named = searched.map(path => {
      const known = spelled.get(path) ?? this.#names.of(placeIn(folder, path))
      spelled.set(path, known)
      return known
    })
    return keyOf(named)
  }

  /** Likewise of all places where a compile looks that searches `searched` and has read `reads`; most units are alike in that. */
  namesAround(searched: readonly string[], reads: readonly string[], folder: string): string {
    const known = JSON.stringify([folder, searched, foldersOf(reads)])
    const names = this.#around.get(known) ?? this.names(placesOf(searched, reads), folder)
    this.#around.set(known, names)
    return names
  }

  readLists(key: string): string[][] {
    const text = this.store.getText('lists', key)
    const value: unknown = text === undefined ? [] : parseOrNothing(text)
    if (!Array.isArray(value)) return []
    return value.filter((list): list is string[] => Array.isArray(list) && list.every(name => typeof name === 'string'))
  }

  addList(key: string, names: readonly string[]): void {
    const known = this.readLists(key)
    if (known.some(list => list.length === names.length && list.every((name, at) => name === names[at]))) return
    this.store.putText('lists', key, JSON.stringify([names, ...known].slice(0, LISTS)))
  }

  /** Lets running compiles end, starts no more, and passes the reason on. */
  stop(error: unknown): never {
    this.stopped = true
    throw error
  }

  async close(): Promise<void> {
    await this.#private?.close()
  }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Asks for a header by its name; every mirror has all headers, whatever else it leaves out. */
const ASKS_FOR_HEADER =
  /__has_include(?:_next)?\s*\(\s*(?:<(?:[^<>"\n]*\/)?[\w-]+\.h>|"(?:[^<>"\n]*\/)?[\w-]+\.h")\s*\)/g

/** Answers about all of a tree's files, by the question. */
const told = new WeakMap<Layout, Map<string, boolean>>()

function toldOf({ layout, question }: { layout: Layout; question: string }, ask: () => boolean): boolean {
  const known = told.get(layout) ?? new Map<string, boolean>()
  told.set(layout, known)
  const found = known.get(question) ?? ask()
  known.set(question, found)
  return found
}

const allFolders = ({ sourceFolder, buildFolder }: Layout) => [...new Set([sourceFolder, buildFolder])]
const inC = { env: { ...process.env, LC_ALL: 'C' } }

/** By any text below the tree: an include, or a question whether it is there. Where it cannot be searched, it may be. */
function isNamedIn(layout: Layout, name: string): boolean {
  const words = ['-RqIF', '--exclude-dir=.git', '-e', name, ...allFolders(layout)]
  return toldOf(
    { layout, question: `named ${name}` },
    () => spawnSync('grep', words, { ...inC, stdio: 'ignore' }).status !== 1,
  )
}

/** Whether a file of that name is anywhere below the tree; where that cannot be told, one may be. */
function isFoundIn(layout: Layout, name: string): boolean {
  const pattern = name.replaceAll(/[[\]*?\\]/g, '\\$&')
  const words = ['-L', ...allFolders(layout), '-name', pattern, '-print', '-quit']
  return toldOf({ layout, question: `found ${name}` }, () => {
    const { status, stdout } = spawnSync('find', words, { ...inC, stdio: ['ignore', 'pipe', 'ignore'] })
    return status !== 0 || stdout.length > 0
  })
}

/** Whether a text of the patch asks for the file in another way than by a plain path to it. */
function isAskedAround(overlay: Overlay, name: string): boolean {
  const plain = new RegExp(`["<](?:(?!\\.\\.)[^"<>\\n])*${name.replaceAll(/[^\w-]/g, '\\$&')}[">]`, 'g')
  return [...overlay.values()].some(text => text?.replace(plain, '').includes(name) === true)
}

/** Texts that ask whether some other file exists get the answer of the whole tree. */
function asksForFiles(overlay: Overlay): boolean {
  return [...overlay.values()].some(text => text?.replace(ASKS_FOR_HEADER, '').includes('__has_include') === true)
}
