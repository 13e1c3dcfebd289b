/**
 * What the configuration compiles, and how: asked of the kernel's own makefiles, which alone know it. `make -n` goes through
 * all folders and runs nothing; it takes a few seconds, so the answer is kept as long as the makefiles and the configuration
 * say the same. Units of modules are among them.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { InputError } from '../../base/errors.ts'
import { inPrivatePlace } from '../../system/private-place.ts'
import type { Run, Tree } from '../model.ts'
import { guardOf } from '../read-only.ts'
import { type RunOptions, run as runProgram } from '../run.ts'
import { keyOf, Store } from '../store.ts'

export interface Configured {
  /** `fs/proc/cmdline.o`; of what the build makes of it for itself, `kernel/bounds.s`. */
  readonly unit: string
  readonly source: string
  /** The line of make's words that makes it. */
  readonly line: string
}

export interface ConfiguredOptions extends RunOptions {
  readonly cacheFolder: string
  /** The source's folder; `folder` itself, unless the kernel was built with O=. */
  readonly sources: string
  readonly run: Run
}

export async function configuredUnits(options: ConfiguredOptions): Promise<readonly Configured[]> {
  const { folder, sources, cacheFolder, run } = options
  const store = new Store(cacheFolder)
  // With O= the words name the sources by their place.
  const places = folder === sources ? [] : [folder, sources]
  const key = keyOf(['linux-configured 2', ...places, ...(await makefilesOf(options))])
  const known = store.getText('lists', key)
  const text =
    known === undefined ? await askMake(options) : gunzipSync(Buffer.from(known, 'base64')).toString('latin1')
  if (known === undefined) store.putText('lists', key, gzipSync(Buffer.from(text, 'latin1')).toString('base64'))
  const units = text.split('\n').flatMap(unitIn)
  run.signal?.throwIfAborted()
  if (units.length === 0) {
    throw new InputError(
      'linux/header-users-unknown',
      `the makefiles in ${folder} name nothing that the configuration compiles`,
      'is the tree prepared (make olddefconfig prepare)?',
    )
  }
  return units
}

/** Whether the configuration compiles a unit (`fs/proc/cmdline.o`). */
export async function isConfigured(tree: Tree, unit: string): Promise<boolean> {
  const { layout, cacheFolder, run } = tree
  const folder = layout.buildFolder
  // Of what is compiled already, make has nothing to say.
  if (existsSync(join(folder, unit))) return true
  const units = await inPrivatePlace(cacheFolder, async scratch =>
    configuredUnits({
      ...{ folder, sources: layout.sourceFolder, scratch, cacheFolder },
      ...{ signal: run.signal, guard: await guardOf(tree), run },
    }),
  )
  return units.some(each => each.unit === unit)
}

/** Digests of all that says what is compiled. */
async function makefilesOf(options: ConfiguredOptions): Promise<readonly string[]> {
  const { folder, sources } = options
  const wanted = ['Makefile*', 'Kbuild*', '*.mk'].flatMap((name, at) =>
    at === 0 ? ['-name', name] : ['-o', '-name', name],
  )
  const words = ['find', '-L', '.', '-type', 'f', '(', ...wanted, ')']
  const { output } = await runProgram(words, { ...options, folder: sources })
  const names = output
    .split('\n')
    .filter(name => name !== '')
    .sort()
  const digest = (below: string, name: string) =>
    createHash('sha256')
      .update(`${name}\0`)
      .update(readFileSync(join(below, name)))
      .digest('hex')
  return [digest(folder, 'include/config/auto.conf'), ...names.map(name => digest(sources, name))]
}

/**
 * The top folder, as the build itself begins (build-dir of the kernel's Makefile, 6.1 and 6.12). Not a list of folders: which
 * there are depends on the machine's makefile (ARCH_LIB, ARCH_DRIVERS), and arch/x86/lib, pci and power are none of arch/x86's.
 */
const EVERYTHING = ['KBUILD_BUILTIN=1', 'KBUILD_MODULES=1', '.']

/** Lines that compile something, each once. */
async function askMake(options: ConfiguredOptions): Promise<string> {
  const { folder, scratch, run } = options
  const words = ['make', '-n', '-k', '-o', 'prepare', `TMPOUT=${scratch}/try_$$$$`, ...EVERYTHING]
  const { output } = await run.pool.use(run, () => runProgram(words, options))
  const kept = output.split('\n').filter(line => COMPILES.test(line))
  // What the build makes for itself before all is made already, and make has nothing to say about it.
  const made = ['kernel/bounds.s', 'arch/x86/kernel/asm-offsets.s'].flatMap(path => recorded(folder, path))
  return [...kept, ...made].join('\n')
}

/** Objects; assembly and linker scripts that are made for others to read. */
const COMPILES = / -o (\S+\.(?:[os]|lds)) +(\S+\.[cS])(?=\s|$)/

function recorded(folder: string, path: string): readonly string[] {
  const at = path.lastIndexOf('/')
  const file = join(folder, path.slice(0, at), `.${path.slice(at + 1)}.cmd`)
  const line = existsSync(file) ? /^(?:saved)?cmd_\S+ := (.*)$/m.exec(readFileSync(file, 'latin1'))?.[1] : undefined
  if (line !== undefined && COMPILES.test(line)) return [line]
  throw new InputError(
    'linux/header-users-unknown',
    `how ${path} is made is not recorded in ${file}: whether what the patch touches goes into it cannot be told`,
    'prepare the source with make prepare, and leave what that writes',
  )
}

function unitIn(line: string): readonly Configured[] {
  const [, unit, source] = COMPILES.exec(line) ?? []
  return unit === undefined || source === undefined ? [] : [{ unit, source, line }]
}
