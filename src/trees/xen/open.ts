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
import { type Layout, readText, realOrSelf } from '../layout.ts'
import type { Base, BaseOptions, TreeFacts } from '../model.ts'
import { TreeTexts } from '../texts.ts'
import { readConfig, readVersion } from './config.ts'
import { loaderBySource } from './loader-sources.ts'
import { XEN_PREFIX } from './paths.ts'
import { XenUnits } from './units.ts'

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
  const real = realOrSelf(sourceFolder)
  const buildFolder = buildDir === undefined ? real : realOrSelf(resolve(buildDir))
  return { base: dirname(real), sourceFolder: real, buildFolder, prefix: XEN_PREFIX }
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
export function openXen(layout: Layout, { target, cacheFolder }: BaseOptions): Base {
  const { buildFolder, sourceFolder } = layout
  const contents = new TreeTexts(layout)
  const own = new XenUnits(layout, contents.real)
  const { units } = own
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
    ...loaderBySource(file => readText(join(sourceFolder, file)), config),
  }
  return {
    facts,
    layout,
    units,
    responseFiles: new Set(),
    reader: contents,
    texts: contents,
    dependents: paths => Promise.resolve(own.dependents(paths)),
    namesakes: names => Promise.resolve(own.namesakes(names)),
    leavingFolders: names => own.leavingFolders(names),
    target,
    cacheFolder,
    openTime: 0,
    notices: staleConfig(buildFolder, config),
  }
}

function notBuilt(buildFolder: string): InputError {
  return new InputError(
    'build/not-built',
    `${buildFolder} holds no finished build of Xen: nothing there says what the image was linked from`,
    'build it (make -C xen), name the folder of the build with --build-dir, or give --config so that hotsplice builds a copy',
  )
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
