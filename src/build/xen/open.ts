/**
 * A built Xen tree: its facts and its units, from what its own build left.
 *
 * Everything is read when the tree is opened and taken apart when it is asked for: a tree has about 400 units and four
 * megabytes of command files, and a patch concerns few of them.
 */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import type { Reason } from '../../base/refusal.ts'
import { takeApart } from '../command.ts'
import { type Layout, readText, toBase, walk } from '../layout.ts'
import type { OpenOptions, Tree, TreeFacts, Unit } from '../model.ts'
import { TreeTexts } from '../texts.ts'
import { shellWords } from '../words.ts'
import { readCommand, readDependencies, readSource } from './command-file.ts'
import { readConfig, readVersion } from './config.ts'
import { type CopySteps, readLinks } from './link.ts'

/** The oldest Xen whose shipped build has split sections and command files. */
const OLDEST = { major: 4, minor: 17 }

/** The hypervisor's folder in or at `tree`; undefined where there is none. */
export function findXen(tree: string): string | undefined {
  return [join(tree, 'xen'), tree].map(path => resolve(path)).find(path => readVersion(path) !== undefined)
}

/** What the folder says without a build. A Xen that is too old is an InputError. */
export function xenLayout(sourceFolder: string, buildDir: string | undefined): Layout {
  const version = readVersion(sourceFolder)
  const { major, minor } = version ?? { major: 0, minor: 0 }
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    throw new InputError(
      'build/xen-too-old',
      `${sourceFolder} is Xen ${major}.${minor}; hotsplice needs 4.17 or later, whose build splits sections and leaves its commands`,
      'build the hotpatch with livepatch-build-tools, or move the host to a newer Xen',
    )
  }
  const buildFolder = buildDir === undefined ? sourceFolder : resolve(buildDir)
  return { base: dirname(sourceFolder), sourceFolder, buildFolder, prefix: 'xen/' }
}

/** Says whether a build of the whole hypervisor was finished there. */
export function isBuilt(layout: Layout): boolean {
  return existsSync(join(layout.buildFolder, '.prelink.o.cmd')) && existsSync(join(layout.buildFolder, 'prelink.o'))
}

/** The configuration that the build used; before a build, the one that it would use. */
export function configOf(buildFolder: string): ReadonlyMap<string, string> | undefined {
  const text = readText(join(buildFolder, 'include/config/auto.conf')) ?? readText(join(buildFolder, '.config'))
  return text === undefined ? undefined : readConfig(text)
}

/** A tree whose hypervisor cannot take hotpatches is an InputError. */
export function checkConfig(config: ReadonlyMap<string, string>, where: string): void {
  if (config.get('LIVEPATCH') !== 'y') {
    throw new InputError(
      'build/no-livepatch',
      `${where} configures Xen without CONFIG_LIVEPATCH=y; that hypervisor cannot load hotpatches`,
      'hotpatch a hypervisor built with CONFIG_LIVEPATCH=y; this one has to be replaced by a reboot',
    )
  }
  const cannot = [...['LTO', 'COVERAGE'].filter(option => config.get(option) === 'y')]
  if (cannot.length > 0) {
    throw new InputError(
      'build/unsupported-config',
      `${where} has ${cannot.map(option => `CONFIG_${option}=y`).join(' and ')}; its objects are not what runs`,
      'such a hypervisor cannot be hotpatched by comparing objects',
    )
  }
}

/** Opens a tree that was built. */
export function openXen(layout: Layout, options: OpenOptions): Tree {
  const { buildFolder, sourceFolder } = layout
  const texts = readCommandTexts(buildFolder)
  const units = readUnits(layout, texts)
  const sample = units.find(unit => unit.role === 'linked' && unit.language === 'c')
  if (sample === undefined) throw notBuilt(buildFolder)
  const config = configOf(buildFolder) ?? new Map()
  checkConfig(config, buildFolder)
  const version = readVersion(sourceFolder)
  const symbols = join(buildFolder, 'xen-syms')
  const facts: TreeFacts = {
    kind: 'xen',
    base: layout.base,
    sourceFolder,
    buildFolder,
    compiler: takeApart(sample.command).compiler,
    version: version === undefined ? undefined : `${version.major}.${version.minor}`,
    config,
    symbols: existsSync(symbols) ? symbols : undefined,
  }
  const contents = new TreeTexts(layout)
  const { target, jobs, progress, cacheFolder, signal } = options
  return {
    facts,
    layout,
    units,
    reader: contents,
    texts: contents,
    leavingFolders: names => leavingFolders(buildFolder, texts, names),
    run: { target, jobs, progress, cacheFolder, signal },
    notices: staleConfig(buildFolder, config),
  }
}

export function notBuilt(buildFolder: string): InputError {
  return new InputError(
    'build/not-built',
    `${buildFolder} holds no finished build of Xen: nothing there says what the image was linked from`,
    'build it (make -C xen), name the folder of the build with --build-dir, or give --config so that hotsplice builds a copy',
  )
}

/** `.domain.o.cmd` and its like by target, the hypervisor's only. */
function readCommandTexts(buildFolder: string): Map<string, string> {
  const texts = new Map<string, string>()
  walk(buildFolder, (path, { files }) => {
    const place = path.slice(buildFolder.length + 1)
    if (/^(tools|test|source)(\/|$)/.test(place)) return
    for (const name of files) {
      if (!/^\..+\.[oa]\.cmd$/.test(name)) continue
      const text = readText(`${path}/${name}`)
      const target = name.slice(1, -'.cmd'.length)
      if (text !== undefined) texts.set(place === '' ? target : `${place}/${target}`, text)
    }
  })
  return texts
}

function readUnits(layout: Layout, texts: ReadonlyMap<string, string>): Unit[] {
  const links = readLinks(texts, 'prelink.o')
  const units: Unit[] = []
  for (const [target, text] of texts) {
    const source = readSource(text)
    if (source !== undefined) units.push(xenUnit(layout, { target, text, source, copies: links.get(target) }))
  }
  return units.sort((a, b) => (a.unit < b.unit ? -1 : 1))
}

interface UnitText {
  readonly target: string
  readonly text: string
  readonly source: string
  /** Undefined where the object is not linked. */
  readonly copies: CopySteps | undefined
}

function xenUnit(layout: Layout, { target, text, source, copies }: UnitText): Unit {
  const { buildFolder, sourceFolder } = layout
  let command: readonly string[] | undefined
  let dependencies: readonly string[] | undefined
  const place = resolve(buildFolder, source)
  return {
    unit: target,
    source: place.startsWith(`${sourceFolder}/`) ? place.slice(sourceFolder.length + 1) : source,
    get command() {
      command ??= readUnitCommand(target, text)
      return command
    },
    folder: buildFolder,
    get dependencies() {
      dependencies ??= [
        ...new Set([source, ...readDependencies(text)].map(name => toBase(layout, resolve(buildFolder, name)))),
      ]
      return dependencies
    },
    language: /\.[sS]$/.test(source) ? 'assembly' : 'c',
    role: copies === undefined ? 'embedded' : copies.length > 0 ? 'copied' : 'linked',
    object: join(buildFolder, target),
    objcopy: copies ?? [],
  }
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

function leavingFolders(buildFolder: string, texts: ReadonlyMap<string, string>, names: ReadonlySet<string>): string[] {
  const found = new Set<string>()
  for (const text of texts.values()) {
    for (const name of names) {
      for (let at = text.indexOf(`/${name} \\`); at >= 0; at = text.indexOf(`/${name} \\`, at + 1)) {
        const line = text.slice(text.lastIndexOf('\n', at) + 1, at + 1 + name.length).trim()
        if (line.includes('/../')) found.add(line.startsWith('/') ? line : `${buildFolder}/${line}`)
      }
    }
  }
  return [...found]
}

/** A .config that was edited after the build says something else than what runs. */
function staleConfig(buildFolder: string, used: ReadonlyMap<string, string>): Reason[] {
  const text = readText(join(buildFolder, '.config'))
  if (text === undefined) return []
  const now = readConfig(text)
  const differ = [...new Set([...now.keys(), ...used.keys()])].filter(name => now.get(name) !== used.get(name))
  if (differ.length === 0) return []
  const names = differ.slice(0, 5).map(name => `CONFIG_${name}`)
  return [
    {
      code: 'stale-config',
      text: `.config was changed after the build (${names.join(', ')}); the build's own values are used`,
    },
  ]
}
