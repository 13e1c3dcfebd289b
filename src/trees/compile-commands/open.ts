/**
 * A tree with compile_commands.json. It says how units are compiled, and nothing of what they read: that is asked of the
 * preprocessor, once for each text. Originals are compiled here, with split sections, unless the tree's own have them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import type { Reason } from '../../base/refusal.ts'
import { takeApart } from '../command.ts'
import { tryCompile } from '../compile.ts'
import { isInside, type Layout, realOrSelf, toAbsolute, toBase } from '../layout.ts'
import type { Base, BaseOptions, Dependent, Tree, Unit } from '../model.ts'
import { Shared } from '../shared.ts'
import { TreeTexts } from '../texts.ts'
import { outsideOf, toolchainOf } from '../toolchain.ts'
import { type CommandEntry, readCompileCommands } from './read.ts'
import { optionsToSplit } from './split.ts'

/** Where the file is; undefined where there is none. */
export function findCompileCommands(tree: string, buildDir: string | undefined): string | undefined {
  const folders = buildDir === undefined ? [tree, join(tree, 'build')] : [buildDir]
  return folders.map(folder => join(resolve(folder), 'compile_commands.json')).find(path => existsSync(path))
}

export async function openCompileCommands(path: string, options: BaseOptions): Promise<Base> {
  const base = realOrSelf(resolve(options.tree))
  const layout: Layout = { base, sourceFolder: base, buildFolder: realOrSelf(dirname(path)), prefix: '' }
  const texts = new TreeTexts(layout)
  const toolchain = toolchainOf(options)
  // Spelled as where they ran.
  const here = (place: string) => (toolchain && outsideOf(toolchain, place)) ?? place
  const entries = readCompileCommands(readFileSync(path), path, here)
  const units = readUnits(layout, texts, entries)
  const [first] = units
  if (first === undefined) {
    throw new InputError(
      'build/no-units',
      `${path} compiles nothing below ${base}`,
      'give --tree the root of the sources',
    )
  }
  const notices: Reason[] = []
  const reads = new ReadLists(texts)
  const tree: Base = {
    facts: {
      kind: 'compile-commands',
      base,
      sourceFolder: base,
      buildFolder: layout.buildFolder,
      compiler: takeApart(first.command).compiler,
      version: undefined,
      config: new Map(),
      symbols: undefined,
      tableUse: undefined,
    },
    layout,
    units,
    responseFiles: new Set(
      entries.flatMap(entry => entry.responseFiles.map(file => toBase(layout, texts.real.of(file)))),
    ),
    reader: texts,
    texts,
    target: options.target,
    cacheFolder: options.cacheFolder,
    toolchain,
    openTime: 0,
    notices,
    dependents: (paths, run) => reads.dependents({ ...tree, run }, path => paths.has(path)),
    namesakes: (names, run) => reads.dependents({ ...tree, run }, path => names.has(basename(path))),
    leavingFolders: names => reads.leavingFolders(names),
  }
  return tree
}

function readUnits(layout: Layout, texts: TreeTexts, entries: readonly CommandEntry[]): Unit[] {
  const names = new Map<string, number>()
  const units: Unit[] = []
  for (const { folder, source, words, output } of entries) {
    const path = toBase(layout, texts.real.of(source))
    if (path.startsWith('/')) continue
    const below = isInside(layout.buildFolder, output)
      ? output.slice(layout.buildFolder.length + 1)
      : toBase(layout, output)
    const times = (names.get(below) ?? 0) + 1
    names.set(below, times)
    const more = optionsToSplit(words, folder)
    const command = words.includes('-c') ? words : [...words, '-c']
    if (words.some(option => /^-flto(=|$)/.test(option)) && !words.includes('-fno-lto')) throw wholeProgram(below)
    units.push({
      // One output of several commands is possible (the file lists several builds); each is a unit.
      unit: times === 1 ? below : `${below}#${times}`,
      source: path,
      command: [...command, ...more],
      ...(more.length === 0 ? {} : { ownCommand: command }),
      folder,
      dependencies: [path],
      language: /\.[sS]$/.test(source) ? 'assembly' : 'c',
      role: 'linked',
      object: existsSync(output) ? output : undefined,
      original: more.length === 0 && existsSync(output) ? 'tree' : 'compiled',
      objcopy: [],
    })
  }
  return units
}

function wholeProgram(unit: string): InputError {
  return new InputError(
    'build/unsupported-config',
    `${unit} was compiled with -flto; what runs was made from the whole program, not from units`,
    'hotpatch a program that was built without link-time optimisation',
  )
}

/** What each unit reads, asked of the preprocessor when first wanted. */
class ReadLists {
  readonly #texts: TreeTexts
  readonly #asked = new Shared<ReadonlyMap<Unit, readonly string[]>>()
  #lists: ReadonlyMap<Unit, readonly string[]> = new Map()

  constructor(texts: TreeTexts) {
    this.#texts = texts
  }

  async dependents(tree: Tree, wanted: (path: string) => boolean): Promise<Dependent[]> {
    this.#lists = await this.#asked.get(tree.run.signal, () => ask(tree))
    const found: Dependent[] = []
    for (const [unit, names] of this.#lists) {
      const reads = new Set([unit.dependencies[0] ?? unit.source, ...names.map(name => this.#pathOf(unit, name))])
      const because = [...reads].filter(wanted)
      if (because.length > 0) found.push({ unit, because: because.sort(), reads: [...reads] })
    }
    return found
  }

  leavingFolders(names: ReadonlySet<string>): string[] {
    const found = new Set<string>()
    for (const [unit, spelled] of this.#lists) {
      for (const name of spelled) {
        if (name.includes('/../') && names.has(basename(name)))
          found.add(name.startsWith('/') ? name : `${unit.folder}/${name}`)
      }
    }
    return [...found]
  }

  #pathOf(unit: Unit, name: string): string {
    const { layout } = this.#texts
    return toBase(layout, this.#texts.real.of(name.startsWith('/') ? name : `${unit.folder}/${name}`))
  }
}

async function ask(tree: Tree): Promise<ReadonlyMap<Unit, readonly string[]>> {
  tree.run.progress.step('asking what each unit reads')
  const requests = tree.units.map(unit => ({ unit, overlay: new Map(), label: 'original' }))
  const results = await tryCompile(tree, requests, 'reads')
  // A unit that cannot be preprocessed as it is still reads its source.
  return new Map(
    tree.units.map((unit, at) => [unit, results[at]?.done?.reads ?? [toAbsolute(tree.layout, unit.source)]]),
  )
}
