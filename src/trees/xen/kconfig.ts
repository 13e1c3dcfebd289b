/**
 * What an edit of Kconfig files means for a hypervisor that was configured when it was built: the tree's own kconfig is
 * run on both texts with the running configuration, in a private place, and says which values differ.
 *
 * The tempting way is to read the edit: a help text changes nothing, a default that `.config` overrides neither. But an
 * option may select another, and imply, and depend on what the compiler can do. So nothing is read here.
 *
 * An answer counts only where the same run on the original texts gives the very configuration that the tree was built with.
 */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Reason } from '../../base/refusal.ts'
import type { TouchedFile } from '../../source/model.ts'
import { inPrivatePlace } from '../../system/private-place.ts'
import { readText, toAbsolute } from '../layout.ts'
import type { BuildRefusal, Tree } from '../model.ts'
import type { Overlay } from '../overlay.ts'
import { guardOf } from '../read-only.ts'
import { run } from '../run.ts'
import { calledIn } from '../toolchain.ts'
import { type Configured, NOT_CONFIGURED } from '../tree-kind.ts'
import { readConfig } from './config.ts'
import { type Kind, kindOf } from './kinds.ts'
import { archOf } from './linker-script.ts'

type Config = ReadonlyMap<string, string>
type Answer = { readonly differing: readonly string[] } | { readonly unknown: string }

/** Made by every build, and read by none of its commands. */
const RECORD = 'include/config/auto.conf.cmd'
const PROGRAM = 'tools/kconfig/conf'
const OUTPUT = '.config'
/** Kconfig files ask these what the compiler can do. */
const ASKED = 'scripts'

/** Notices and refusals about the Kconfig files of the patch that this configuration may depend on. */
export async function configured(tree: Tree, files: readonly TouchedFile[], overlay: Overlay): Promise<Configured> {
  const edits = files.flatMap(file => {
    const kind = kconfigKind(tree, file)
    return kind === undefined ? [] : [{ path: file.newPath ?? file.oldPath ?? '', kind }]
  })
  if (edits.length === 0) return NOT_CONFIGURED
  const answer = await compareConfigurations(tree, overlay)
  const refusals: BuildRefusal[] = []
  const notices: Reason[] = []
  for (const { path, kind } of edits) {
    const { code, text, hint } = kind
    if ('unknown' in answer) {
      refusals.push({
        code,
        file: path,
        text: `${path} ${text}; what the edit does could not be asked: ${answer.unknown}`,
        hint,
      })
    } else if (answer.differing.length > 0) {
      refusals.push({ code, file: path, text: `${path} ${text}; with the patch, ${listed(answer.differing)}`, hint })
    } else {
      notices.push({
        code,
        text: `${path}: by the tree’s own kconfig, the edit changes no value of this configuration`,
      })
    }
  }
  return { notices, refusals, read: new Set(edits.map(({ path }) => path)) }
}

function kconfigKind(tree: Tree, { oldPath, newPath }: TouchedFile): Extract<Kind, { what: 'refused' }> | undefined {
  const facts = { arch: archOf(tree), config: tree.facts.config, added: oldPath === undefined }
  const kind = kindOf(newPath ?? oldPath ?? '', facts)
  return kind.what === 'refused' && kind.code === 'kconfig-edit' ? kind : undefined
}

const MOST_NAMED = 5

function listed(values: readonly string[]): string {
  const rest = values.length - MOST_NAMED
  return values.slice(0, MOST_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

async function compareConfigurations(tree: Tree, overlay: Overlay): Promise<Answer> {
  const { sourceFolder, buildFolder } = tree.layout
  const record = readText(join(buildFolder, RECORD))
  if (record === undefined) return { unknown: `the build left no ${RECORD}` }
  if (!existsSync(join(buildFolder, PROGRAM))) return { unknown: `the build left no ${PROGRAM}` }
  const config = readText(join(buildFolder, OUTPUT))
  if (config === undefined) return { unknown: `there is no ${OUTPUT} in ${buildFolder}` }
  const recorded = readRecord(record)
  const outside = recorded.files.find(file => isAbsolute(file) || file.split('/').includes('..'))
  if (outside !== undefined) return { unknown: `it reads ${outside}, which is outside of ${sourceFolder}` }
  return inPrivatePlace(tree.cacheFolder, async place => {
    const asked = { tree, recorded, config, place }
    const before = await configure(asked, { name: 'original', overlay: new Map() })
    if ('unknown' in before) return before
    const doubts = differences(tree.facts.config, readConfig(before.text))
    if (doubts.length > 0) {
      return {
        unknown: `for the texts as they are, kconfig does not give the configuration of the build (${listed(doubts)})`,
      }
    }
    const after = await configure(asked, { name: 'patched', overlay })
    return 'unknown' in after ? after : { differing: differences(spelled(before.text), spelled(after.text)) }
  })
}

interface Recorded {
  /** Relative to the source folder. */
  readonly files: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** The files that kconfig read, and the variables that it asked for, as it wrote them down for make. */
function readRecord(text: string): Recorded {
  const list = /^deps_config := \\\n((?:.*\\\n)*.*)$/m.exec(text)?.[1] ?? ''
  const variables = [...text.matchAll(/^ifneq "\$\((\w+)\)" "(.*)"$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ])
  return {
    files: list.split(/[\s\\]+/).filter(name => name !== ''),
    environment: Object.fromEntries(variables),
  }
}

interface Asked {
  readonly tree: Tree
  readonly recorded: Recorded
  readonly config: string
  readonly place: string
}

interface Texts {
  readonly name: string
  readonly overlay: Overlay
}

/** What kconfig makes of the running configuration and these texts. */
async function configure(
  { tree, recorded, config, place }: Asked,
  { name, overlay }: Texts,
): Promise<{ readonly text: string } | { readonly unknown: string }> {
  const { layout } = tree
  const folder = join(place, name)
  mkdirSync(folder)
  if (existsSync(join(layout.sourceFolder, ASKED))) {
    cpSync(join(layout.sourceFolder, ASKED), join(folder, ASKED), { recursive: true, dereference: true })
  }
  for (const file of recorded.files) put(folder, file, readText(join(layout.sourceFolder, file)))
  for (const [path, text] of overlay) {
    const absolute = toAbsolute(layout, path)
    const isKconfig = absolute.startsWith(`${layout.sourceFolder}/`) && /(^|\/)Kconfig[^/]*$/.test(path)
    if (isKconfig) put(folder, absolute.slice(layout.sourceFolder.length + 1), text ?? undefined)
  }
  writeFileSync(join(folder, OUTPUT), config, 'latin1')
  const { toolchain } = tree
  const command = [calledIn(toolchain, join(layout.buildFolder, PROGRAM)), '--olddefconfig', 'Kconfig']
  const environment = { ...recorded.environment, srctree: '.', KCONFIG_CONFIG: OUTPUT }
  const { signal } = tree.run
  const settings = { folder, scratch: place, environment, signal, guard: await guardOf(tree), toolchain }
  const { exit, errors } = await tree.run.pool.use(tree.run, () => run(command, settings))
  if (exit !== 0) return { unknown: `kconfig ended with ${exit} for the ${name} texts: ${errors.trim()}` }
  return { text: readText(join(folder, OUTPUT)) ?? '' }
}

/** A file that is gone must not be found. */
function put(folder: string, file: string, text: string | undefined): void {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  if (text === undefined) rmSync(path, { force: true })
  else writeFileSync(path, text, 'latin1')
}

/** With their quotes: a number that becomes a string is another macro. */
function spelled(text: string): Config {
  return new Map([...text.matchAll(/^CONFIG_(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}

/** In words, an option each; one that is not set is as good as one that is not there. */
function differences(before: Config, after: Config): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names
    .filter(name => before.get(name) !== after.get(name))
    .map(name => `CONFIG_${name} is ${after.get(name) ?? 'not set'} where it is ${before.get(name) ?? 'not set'}`)
}
