/** The original side: the tree's own objects, and the proof that this machine's compiler made them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError, InternalError } from '../base/errors.ts'
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/index.ts'
import { inPrivatePlace } from '../system/private-place.ts'
import { takeApart } from './command.ts'
import { compileUnits } from './compile.ts'
import { type CompilerIdentity, commentOf, identify } from './compiler.ts'
import type { Tree, Unit } from './model.ts'
import { guardOf } from './read-only.ts'
import { run } from './run.ts'
import { calledIn } from './toolchain.ts'
import { shellText } from './words.ts'

/** The objects that the running system was linked from, by unit; those that must be compiled are, in parallel. */
export async function originalObjects(tree: Tree, units: readonly Unit[]): Promise<Map<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>()
  const missing = units.filter(({ original }) => original === 'compiled')
  const requests = missing.map(unit => ({ unit, overlay: new Map(), label: 'original' }))
  for (const { unit, object } of await compileUnits(tree, requests)) objects.set(unit.unit, object)
  for (const unit of units) if (!objects.has(unit.unit)) objects.set(unit.unit, await ownObject(tree, unit))
  return objects
}

/**
 * The object that the running system was linked from: the tree's own. Where the tree renames sections on the way to the
 * image, so does this; where a tree's objects have no split sections, the tree's texts are compiled anew.
 */
export async function originalObject(tree: Tree, unit: Unit): Promise<Uint8Array> {
  const object = (await originalObjects(tree, [unit])).get(unit.unit)
  if (object === undefined) throw new InternalError(`${unit.unit} has no original`)
  return object
}

/**
 * The tree's own objects of units whose originals are compiled anew, with sections of their own for each function: they are
 * what the program was linked from. By unit; those that the tree's build did not leave are not there.
 */
export async function ownObjects(tree: Tree, units: readonly Unit[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const left = units.filter(({ original, object }) => original === 'compiled' && object !== undefined)
  return new Map(await Promise.all(left.map(async unit => [unit.unit, await ownObject(tree, unit)] as const)))
}

async function ownObject(tree: Tree, unit: Unit): Promise<Uint8Array> {
  const path = unit.object ?? unit.unit
  let object: Uint8Array
  try {
    object = new Uint8Array(readFileSync(path))
  } catch {
    throw new InputError(
      'build/no-object',
      `${path} is missing: the tree's build left its command, but not the object`,
      'build the tree again, exactly as it was built',
    )
  }
  await checkObject(tree, unit, object)
  return unit.objcopy.length === 0 ? object : copied(tree, unit, object)
}

/** The object after the copies that the tree's build makes of it. */
async function copied(tree: Tree, unit: Unit, object: Uint8Array): Promise<Uint8Array> {
  return inPrivatePlace(tree.cacheFolder, async folder => {
    const path = join(folder, 'object.o')
    writeFileSync(path, object)
    const { toolchain } = tree
    const settings = {
      folder: unit.folder,
      scratch: folder,
      signal: tree.run.signal,
      guard: await guardOf(tree),
      toolchain,
    }
    for (const step of unit.objcopy) {
      const result = await tree.run.pool.use(tree.run, () => run([...step, calledIn(toolchain, path)], settings))
      if (result.exit !== 0) throw new InputError('build/objcopy-failed', `${shellText(step)}: ${result.errors.trim()}`)
    }
    return new Uint8Array(readFileSync(path))
  })
}

/** The FILE symbol of an object: the name by which the running system scopes its local symbols. */
export function fileSymbolOf<S extends Side>(object: ElfObject<S>): string | undefined {
  return object.symbols.find(({ kind }) => kind === 'file')?.name
}

/** Finds out, before anything is compared, whether the tree's compiler is the one that its commands mean here. */
export async function checkCompiler(tree: Tree): Promise<void> {
  const ordinary = tree.units.filter(unit => unit.language === 'c' && unit.role === 'linked')
  const sample = ordinary.find(({ object }) => object !== undefined) ?? ordinary[0]
  if (sample === undefined) return
  const identity = await identityFor(tree, sample)
  const object = sample.object === undefined ? undefined : readFileOrNothing(sample.object)
  if (object !== undefined) compareCompilers(sample, object, identity)
}

function identityFor(tree: Tree, unit: Unit): Promise<CompilerIdentity> {
  const { pool, signal } = tree.run
  const { cacheFolder, toolchain } = tree
  return pool.use({ signal }, () =>
    identify(takeApart(unit.command).compiler, { folder: unit.folder, cacheFolder, signal, toolchain }),
  )
}

/** The same for one object: a tree may have been built in two goes. */
async function checkObject(tree: Tree, unit: Unit, object: Uint8Array): Promise<void> {
  if (unit.language !== 'c' || unit.role === 'embedded') return
  compareCompilers(unit, object, await identityFor(tree, unit))
}

function compareCompilers(unit: Unit, object: Uint8Array, { comment, path }: CompilerIdentity): void {
  // Nearly always the words are simply there; only otherwise is the object taken apart.
  const bytes = Buffer.from(object.buffer, object.byteOffset, object.length)
  if (comment !== '' && bytes.includes(`\0${comment}\0`, 0, 'latin1')) return
  const made = commentOf(object)
  // One that does not say (-fno-ident, a stripped one) says nothing against it either; what another compiler makes differs anyhow.
  if (made === undefined || made === comment) return
  throw new InputError(
    'build/other-compiler',
    `${unit.unit} was compiled by “${made}”, but ${path} is “${comment || 'a compiler that leaves no name'}”`,
    'install the compiler that built the tree and put it first on the PATH; with another one, objects differ everywhere',
  )
}

function readFileOrNothing(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
