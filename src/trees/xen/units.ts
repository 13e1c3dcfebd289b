/**
 * The units of a built Xen tree, from its command files.
 *
 * All of these files are read when the tree is opened (four megabytes) and taken apart where somebody asks: which units
 * read a touched file is found by its name first, in the raw text, so that a patch to one file costs a search and not
 * the parsing of 400 lists.
 */
import { resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { type Layout, type RealPaths, readText, realOrSelf, toBase, walk } from '../layout.ts'
import type { Dependent, Unit, UnitRole } from '../model.ts'
import { shellWords } from '../words.ts'
import { readCommand, readDependencies, readSource } from './command-file.ts'
import { type Link, readLinks } from './link.ts'

interface UnitText {
  readonly target: string
  readonly text: string
  /** As the command spells it. */
  readonly source: string
  /** Undefined where the object is not linked. */
  readonly link: Link | undefined
}

export class XenUnits {
  readonly units: readonly Unit[]
  readonly #layout: Layout
  readonly #real: RealPaths
  readonly #texts = new Map<Unit, UnitText>()
  /** Paths relative to `base` by spelling; 400 units spell the same few hundred files. */
  readonly #known = new Map<string, string>()
  /** Further names of files that links of the tree lead to. */
  readonly #aliases = new Map<string, string[]>()

  constructor(layout: Layout, real: RealPaths) {
    this.#layout = layout
    this.#real = real
    const texts = this.#readTexts()
    const links = readLinks(texts, 'prelink.o')
    for (const [target, text] of texts) {
      const source = readSource(text)
      if (source === undefined) continue
      const entry = { target, text, source, link: links.get(target) }
      this.#texts.set(this.#unit(entry), entry)
    }
    this.units = [...this.#texts.keys()].sort((a, b) => (a.unit < b.unit ? -1 : 1))
  }

  dependents(paths: ReadonlySet<string>): Dependent[] {
    const names = new Set([...paths].flatMap(path => this.#namesOf(path)))
    const found: Dependent[] = []
    for (const unit of this.units) {
      const because = new Set<string>()
      for (const spelled of this.#spelledAs(unit, names)) {
        const path = this.#pathOf(spelled)
        if (paths.has(path)) because.add(path)
      }
      if (because.size > 0) found.push({ unit, because: [...because].sort() })
    }
    return found
  }

  namesakes(names: ReadonlySet<string>): Dependent[] {
    return this.units.flatMap(unit => {
      const because = new Set(this.#spelledAs(unit, names).map(spelled => this.#pathOf(spelled)))
      return because.size === 0 ? [] : [{ unit, because: [...because].sort() }]
    })
  }

  leavingFolders(names: ReadonlySet<string>): string[] {
    const found = new Set<string>()
    for (const unit of this.units) {
      for (const spelled of this.#spelledAs(unit, names)) if (spelled.includes('/../')) found.add(spelled)
    }
    return [...found].map(spelled => (spelled.startsWith('/') ? spelled : `${this.#layout.buildFolder}/${spelled}`))
  }

  /** `.domain.o.cmd` and its like by target, the hypervisor's only; takes note of links on the way. */
  #readTexts(): Map<string, string> {
    const { buildFolder, sourceFolder } = this.#layout
    const texts = new Map<string, string>()
    const visit = (top: string) =>
      walk(top, (path, { files, links }) => {
        for (const link of links) this.#addAlias(link, realOrSelf(`${path}/${link}`))
        const place = path.slice(buildFolder.length + 1)
        if (top !== buildFolder || /^(tools|test)(\/|$)/.test(place)) return
        for (const name of files) {
          if (!/^\..+\.[oa]\.cmd$/.test(name)) continue
          const text = readText(`${path}/${name}`)
          const target = name.slice(1, -'.cmd'.length)
          if (text !== undefined) texts.set(place === '' ? target : `${place}/${target}`, text)
        }
      })
    visit(buildFolder)
    if (sourceFolder !== buildFolder) visit(sourceFolder)
    return texts
  }

  #addAlias(link: string, target: string): void {
    const name = target.slice(target.lastIndexOf('/') + 1)
    if (name !== link) this.#aliases.set(name, [...(this.#aliases.get(name) ?? []), link])
  }

  #namesOf(path: string): string[] {
    const name = path.slice(path.lastIndexOf('/') + 1)
    return [name, ...(this.#aliases.get(name) ?? [])]
  }

  /** The spelled dependencies of a unit that have one of these names, its source included. */
  #spelledAs(unit: Unit, names: ReadonlySet<string>): string[] {
    const entry = this.#texts.get(unit)
    if (entry === undefined) return []
    const found: string[] = []
    if (names.has(entry.source.slice(entry.source.lastIndexOf('/') + 1))) found.push(entry.source)
    for (const name of names) {
      const ending = `${name} \\\n`
      for (let at = entry.text.indexOf(ending); at >= 0; at = entry.text.indexOf(ending, at + 1)) {
        const spelled = entry.text.slice(entry.text.lastIndexOf('\n', at) + 1, at + name.length).trim()
        if (spelled.slice(spelled.lastIndexOf('/') + 1) === name) found.push(spelled)
      }
    }
    return found
  }

  /** What a spelling really names, relative to `base`. */
  #pathOf(spelled: string): string {
    let path = this.#known.get(spelled)
    if (path === undefined) {
      const { buildFolder } = this.#layout
      path = toBase(this.#layout, this.#real.of(spelled.startsWith('/') ? spelled : `${buildFolder}/${spelled}`))
      this.#known.set(spelled, path)
    }
    return path
  }

  #unit({ target, text, source, link }: UnitText): Unit {
    const { buildFolder } = this.#layout
    const pathOf = (spelled: string) => this.#pathOf(spelled)
    const { prefix } = this.#layout
    let command: readonly string[] | undefined
    let dependencies: readonly string[] | undefined
    return {
      unit: target,
      get source() {
        const path = pathOf(source)
        return path.startsWith(prefix) ? path.slice(prefix.length) : path
      },
      get command() {
        command ??= readUnitCommand(target, text)
        return command
      },
      folder: buildFolder,
      get dependencies() {
        dependencies ??= [...new Set([source, ...readDependencies(text)].map(pathOf))]
        return dependencies
      },
      language: /\.[sS]$/.test(source) ? 'assembly' : 'c',
      role: roleOf(link),
      object: resolve(buildFolder, target),
      original: 'tree',
      objcopy: link?.copies ?? [],
    }
  }
}

function roleOf(link: Link | undefined): UnitRole {
  if (link === undefined) return 'embedded'
  if (link.archived) return 'archived'
  return link.copies.length > 0 ? 'copied' : 'linked'
}

function readUnitCommand(target: string, text: string): string[] {
  const recorded = readCommand(text)
  const words = recorded === undefined ? undefined : shellWords(recorded.command)
  if (words === undefined) {
    throw new InputError(
      'build/command-unreadable',
      `how ${target} was compiled cannot be read: ${(recorded?.command ?? text).slice(0, 200)}`,
      'report this; hotsplice expects one plain compiler command',
    )
  }
  return words
}
