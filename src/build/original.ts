/** The original side: the tree's own objects, and the proof that this machine's compiler made them. */
import { readFileSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import { type ElfObject, readElf } from '../elf/index.ts'
import { takeApart } from './command.ts'
import { commentOf, identify } from './compiler.ts'
import type { Tree, Unit } from './model.ts'

/** The object that the running system was linked from. */
export async function originalObject(_tree: Tree, unit: Unit): Promise<Uint8Array> {
  if (unit.object === undefined) throw new InputError('build/not-yet', 'not yet')
  try {
    return new Uint8Array(readFileSync(unit.object))
  } catch {
    throw new InputError(
      'build/no-object',
      `${unit.object} is missing: the tree's build left its command, but not the object`,
      'build the tree again, exactly as it was built',
    )
  }
}

/** The FILE symbol of an object: the name by which the running system scopes its local symbols. */
export function fileSymbolOf(object: ElfObject<'original'>): string | undefined {
  return object.symbols.find(({ kind }) => kind === 'file')?.name
}

/** Finds out, before anything is compared, whether the tree's compiler is the one that its commands mean here. */
export async function checkCompiler(tree: Tree): Promise<void> {
  const sample = tree.units.find(unit => unit.language === 'c' && unit.role === 'linked' && unit.object !== undefined)
  if (sample === undefined) return
  const { compiler } = takeApart(sample.command)
  const { cacheFolder, signal } = tree.run
  const identity = await identify(compiler, { folder: sample.folder, cacheFolder, signal })
  checkObject(sample, await originalObject(tree, sample), { compiler, comment: identity.comment })
}

function checkObject(
  unit: Unit,
  object: Uint8Array,
  { compiler, comment }: { compiler: string; comment: string },
): void {
  const made = commentOf(object) ?? ''
  if (made === comment) return
  throw new InputError(
    'build/other-compiler',
    `${unit.unit} was compiled by “${made}”, but ${compiler} on this machine is “${comment}”`,
    `install the compiler that built the tree; with another one, objects differ everywhere`,
  )
}

/** Likewise from bytes. */
export function fileSymbolOfBytes(object: Uint8Array): string | undefined {
  return fileSymbolOf(readElf<'original'>(object))
}
