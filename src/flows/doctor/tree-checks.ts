/**
 * What the doctor looks at in the tree that it is given: the same opening that a build begins with, told row by row. A tree
 * that a build would have to build first is not opened: that takes minutes, and is a build of its own.
 */
import { InputError } from '../../base/errors.ts'
import { readHypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { LinkedProgram } from '../../program/linked-program.ts'
import {
  type Base,
  type BaseOptions,
  buildsFirst,
  openBase,
  programFile,
  type Run,
  readImage,
  readKernel,
  treeKind,
} from '../../trees/index.ts'
import { findLinux } from '../../trees/linux/open.ts'
import { findXen } from '../../trees/xen/open.ts'
import type { Found } from './checks.ts'

export interface TreeRequest {
  readonly tree?: string | undefined
  readonly buildDir?: string | undefined
  readonly symbols?: string | undefined
  readonly cacheFolder: string
}

/** One row each, in the order in which they are shown. */
export type TreeRow = 'tree' | 'tree-livepatch' | 'tree-compiler' | 'symbols'

const NO_TREE: Found = { ok: undefined, text: 'no tree was named', hint: 'hotsplice doctor --tree DIR' }
const NOT_REACHED: Found = { ok: undefined, text: 'no tree was opened' }

/** Which row an error of opening is about; all others are about the tree. */
const ROWS: Readonly<Record<string, TreeRow>> = {
  'build/no-livepatch': 'tree-livepatch',
  'build/unsupported-config': 'tree-livepatch',
  'linux/unsupported-config': 'tree-livepatch',
  'build/other-compiler': 'tree-compiler',
  'build/no-compiler': 'tree-compiler',
}

export async function treeRows(request: TreeRequest, run: Run): Promise<Readonly<Record<TreeRow, Found>>> {
  const { tree, buildDir, cacheFolder } = request
  const reached = (tree: Found, symbols: Found) => {
    return { tree, 'tree-livepatch': NOT_REACHED, 'tree-compiler': NOT_REACHED, symbols }
  }
  if (tree === undefined) {
    return reached(NO_TREE, request.symbols === undefined ? NOT_REACHED : given('xen', request.symbols))
  }
  const target = targetOf(tree)
  const options = { tree, target, cacheFolder, ...(buildDir === undefined ? {} : { buildDir }) }
  const symbols = request.symbols === undefined ? NOT_REACHED : given(target, request.symbols)
  const opened = await opening(options, run)
  if ('found' in opened) return { ...reached(NOT_REACHED, symbols), [opened.row]: opened.found }
  return rowsOf(opened.base, request)
}

/** What a payload from the tree would be for. */
function targetOf(tree: string): BaseOptions['target'] {
  if (findXen(tree) !== undefined) return 'xen'
  return findLinux(tree) === undefined ? 'process' : 'linux'
}

type Opened = { readonly base: Base } | { readonly row: TreeRow; readonly found: Found }

async function opening(options: BaseOptions, run: Run): Promise<Opened> {
  try {
    if (buildsFirst(options)) {
      const text = `${options.tree} holds no finished build of what runs`
      const hint = `build it as what runs was built (make -C ${options.tree}), or name the build’s folder with --build-dir`
      return { row: 'tree', found: { ok: false, text, hint } }
    }
    return { base: await openBase(options, run) }
  } catch (error) {
    return { row: ROWS[codeOf(error)] ?? 'tree', found: fault(error) }
  }
}

const codeOf = (error: unknown) => (error instanceof InputError ? error.code : '')

/** What is no fault of the input is thrown on. */
function fault(error: unknown): Found {
  if (!(error instanceof InputError)) throw error
  return { ok: false, text: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

function rowsOf(base: Base, { symbols }: TreeRequest): Readonly<Record<TreeRow, Found>> {
  const { facts, units, target } = base
  const { name, image } = treeKind(base)
  const what = { hypervisor: 'Xen', kernel: 'Linux', program: 'a program' }[image]
  const size = units.length === 0 ? '' : `, ${units.length} unit${units.length === 1 ? '' : 's'}`
  const version = facts.version === undefined ? '' : ` ${facts.version}`
  return {
    tree: { ok: true, text: `${facts.base}: ${what}${version}${size} (${name})` },
    'tree-livepatch':
      image === 'program'
        ? { ok: undefined, text: 'programs need no configuration' }
        : { ok: true, text: 'CONFIG_LIVEPATCH=y' },
    'tree-compiler': { ok: true, text: `${facts.compiler}, which is here` },
    symbols: symbols === undefined ? ownSymbols(facts.symbols, image) : given(target, symbols),
  }
}

function ownSymbols(file: string | undefined, image: 'hypervisor' | 'program' | 'kernel'): Found {
  if (file !== undefined) return given('xen', file)
  if (image === 'kernel') {
    const text = 'no image was named; a build for Linux needs the one that boots'
    return { ok: false, text, hint: 'hotsplice doctor --tree DIR --symbols /boot/vmlinuz-$(uname -r)' }
  }
  if (image === 'program') {
    return { ok: undefined, text: 'no program was named', hint: 'hotsplice doctor --tree DIR --symbols PROGRAM' }
  }
  const text = 'the tree has no xen-syms'
  return { ok: false, text, hint: 'give the file that boots: --symbols /boot/xen-*.gz' }
}

/** A file that is to be what runs. */
function given(target: BaseOptions['target'], file: string): Found {
  try {
    const id = buildIdOf(target, file)
    const text =
      id === undefined ? `${file}, which has no build-id` : `${file}, build-id ${Buffer.from(id).toString('hex')}`
    return { ok: true, text }
  } catch (error) {
    return fault(error)
  }
}

const BUILD_IDS: Readonly<Record<BaseOptions['target'], (file: string) => Uint8Array | undefined>> = {
  xen: file => readHypervisorSymbols(readImage(file)).buildId,
  process: file => new LinkedProgram(programFile(file)).buildId,
  // Unpacked only: names of a whole kernel take seconds.
  linux: file => {
    readKernel(file)
    return undefined
  },
}

const buildIdOf = (target: BaseOptions['target'], file: string) => BUILD_IDS[target](file)
