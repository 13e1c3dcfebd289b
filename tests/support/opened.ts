/** Trees and runs for tests of single steps: everything that a flow would put together, from one set of options. */
import { createHotpatch as create, type HotpatchOptions, type HotpatchRun } from '../../src/flows/hotpatch/hotpatch.ts'
import {
  type Base,
  type BaseOptions,
  createPool,
  openBase,
  type Run,
  type RunOptions,
  type Tree,
} from '../../src/trees/index.ts'

export type OpenOptions = BaseOptions & RunOptions

function runOf({ jobs, progress, signal }: RunOptions): Run {
  return { pool: createPool(jobs), progress, signal }
}

export async function openTree(options: OpenOptions): Promise<Tree> {
  const run = runOf(options)
  return { ...(await openBase(options, run)), run }
}

/** `seen` makes another base of it, as a mistake that is planted would. */
export async function createHotpatch(
  options: OpenOptions & HotpatchOptions,
  seen: (base: Base) => Base = base => base,
): Promise<HotpatchRun> {
  const run = runOf(options)
  return create(seen(await openBase(options, run)), options, run)
}
