/**
 * What each cell's payload is made from, read once and named by digests: by them a run knows what it has done already.
 *
 * Worse mistake: a payload of yesterday's patch. So a digest is of bytes, never of names or times, and all that a build reads
 * has a part here, or is held against what the build itself noted (`surroundings`).
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inspectPayload } from '../../loaders/inspect.ts'
import type { PayloadBelow } from '../../report/fleet-index.ts'
import type { PatchText } from '../../source/model.ts'
import { treeDigest } from '../../trees/index.ts'
import type { OwnSource } from '../hotpatch/own-sources.ts'
import type { FleetJob, JobBase } from './job.ts'
import type { Fix, FleetBase, NamedFile } from './model.ts'
import type { FleetWorld } from './world.ts'

/** A base with everything that is read of it. */
export interface ReadBase {
  readonly base: FleetBase
  readonly job: JobBase
  readonly tree: string
  readonly on: readonly PayloadBelow[]
  /** What payloads that are applied there were made from, as far as that is said. */
  readonly patches: readonly PatchText[]
  /** Of what the file says of it, and of the files that it names. */
  readonly told: string
  /** The files that it names, and their digests. */
  readonly given: FleetJob['given']
  /** Of all that a rehearsal takes besides the payload; undefined where there is none. */
  readonly rehearsal: string | undefined
}

/** A fix with its texts. */
export interface ReadFix {
  readonly fix: Fix
  readonly patches: readonly PatchText[]
  readonly patchesFor: ReadonlyMap<string, readonly PatchText[]>
  readonly sources: readonly OwnSource[]
}

type Reading = Pick<FleetWorld, 'readFile' | 'run'>

/** Throws `InputError` where a file or the tree is not there. */
export async function readBase(base: FleetBase, world: Reading): Promise<ReadBase> {
  const { tree, target, config, makeArgs, buildDir, toolchain, toolchainPath, rehearsal } = base
  const given: [path: string, digest: string][] = []
  const digest = (file: NamedFile | undefined, what: string) => {
    if (file === undefined) return null
    const found = digestOf(readNamed(file, what, world))
    given.push([file.path, found])
    return found
  }
  const on = base.on.map(({ payload }) => digest(payload, 'the payload'))
  const below = base.on.map(({ payload }) => ({
    name: nameOf(payload),
    buildId: idOf(readNamed(payload, 'the payload', world)),
  }))
  const symbols = digest(symbolsOf(base), 'the file with symbols')
  const { depends, xenDepends, withoutIbt } = base
  const known = base.on.map(({ patches }) => patches !== undefined)
  const told = { target, makeArgs, toolchain, toolchainPath, depends, xenDepends, withoutIbt, on, known, symbols }
  const job: JobBase = {
    tree: tree.path,
    target,
    makeArgs,
    ...(config === undefined ? {} : { config: config.path }),
    ...(buildDir === undefined ? {} : { buildDir: buildDir.path }),
    ...(toolchain === undefined ? {} : { toolchain, toolchainPath }),
  }
  return {
    base,
    job,
    tree: await treeDigest(job, world.run.signal),
    on: below,
    patches: base.on.flatMap(({ patches = [] }) => patchTexts(patches, 1, world)),
    told: digestOf(toText({ ...told, config: digest(config, 'the configuration') })),
    given,
    rehearsal:
      rehearsal === undefined
        ? undefined
        : digestOf(
            toText({
              on,
              hypervisor: digest(rehearsal.hypervisor, 'the hypervisor'),
              script: digest(rehearsal.script, 'the script'),
              cpus: rehearsal.cpus,
              timeoutMs: rehearsal.timeoutMs,
            }),
          ),
  }
}

/** As `hotsplice load` and `xen-livepatch load` call it. */
export const nameOf = ({ name }: NamedFile): string => basename(name).replace(/\.[^.]*$/, '')

/** Null where it is no payload, which the build tells. */
function idOf(payload: Uint8Array): string | null {
  try {
    return inspectPayload(payload).buildId
  } catch {
    return null
  }
}

/** What boots has its symbols too, as far as it has any. */
export const symbolsOf = ({ symbols, image }: FleetBase): NamedFile | undefined => symbols ?? image

export function readFix(fix: Fix, world: Pick<Reading, 'readFile'>): ReadFix {
  const patches = (files: readonly NamedFile[]) => patchTexts(files, fix.strip, world)
  return {
    fix,
    patches: patches(fix.patches),
    patchesFor: new Map([...fix.patchesFor].map(([base, files]) => [base, patches(files)])),
    sources: fix.options.with.map(({ file, beside }) => ({
      name: file.name,
      text: textOf(readNamed(file, 'the source', world)),
      beside,
    })),
  }
}

const patchTexts = (
  files: readonly NamedFile[],
  strip: number,
  world: Pick<Reading, 'readFile'>,
): readonly PatchText[] =>
  files.map(file => ({ name: file.name, text: textOf(readNamed(file, 'the patch', world)), strip }))

/** What the file names, or an error that says where it does so. */
export function readNamed(
  { name, path, at }: NamedFile,
  what: string,
  { readFile }: Pick<Reading, 'readFile'>,
): Uint8Array {
  try {
    return readFile(path)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'fleet/cannot-read',
      `${at}: ${what} ${name} cannot be read: ${why}`,
      'names are relative to the folder of the fleet’s file',
    )
  }
}

/** Throws where a file is no longer what a job's key was made of. */
export function checkGiven(given: FleetJob['given'], { readFile }: Pick<Reading, 'readFile'>): void {
  const changed = given.find(([path, digest]) => digestOf(readFile(path)) !== digest)
  if (changed !== undefined) throw changedMeanwhile(changed[0])
}

export function changedMeanwhile(what: string): InputError {
  return new InputError(
    'fleet/tree-changed',
    `${what} changed after this run had begun`,
    'run it again, once all is as it is to stay',
  )
}

export function digestOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}

export const toText = (value: unknown): string => JSON.stringify(value)

/** One character a byte. */
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
