/** Every function of a tree that a payload could replace, held against an image; for tests and scripts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readElf } from '../../src/elf/index.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import type { Piece, PieceMap } from '../../src/pieces/model.ts'
import { partOf } from '../../src/pieces/names.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { fileSymbolOf, originalObject, quiet } from '../../src/trees/index.ts'
import { UnitCode } from '../../src/verify/code/code.ts'
import type { RunningImage } from '../../src/verify/code/image.ts'
import type { CodeFinding } from '../../src/verify/code/model.ts'
import { openTree } from '../support/opened.ts'

export interface LinkedObject {
  readonly unit: string
  readonly bytes: Uint8Array
}

/** The objects that `tree` was linked from, those of archives included. */
export async function linkedObjects(tree: string): Promise<readonly LinkedObject[]> {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    const opened = await openTree({ tree, target: 'xen', jobs: 1, progress: quiet, cacheFolder })
    const objects: LinkedObject[] = []
    for (const unit of opened.units) {
      if (unit.role === 'embedded' || unit.object === undefined) continue
      const copied = unit.objcopy.length > 0
      objects.push({
        unit: unit.unit,
        bytes: copied ? await originalObject(opened, unit) : new Uint8Array(readFileSync(unit.object)),
      })
    }
    return objects
  } finally {
    rmSync(cacheFolder, { recursive: true })
  }
}

export interface UnitFinding extends CodeFinding {
  readonly unit: string
}

export interface ReadUnit {
  readonly unit: string
  readonly map: PieceMap<'original'>
  readonly fileSymbol: string
}

export function readUnits(objects: readonly LinkedObject[]): readonly ReadUnit[] {
  return objects.map(({ unit, bytes }) => {
    const map = pieceMap(readElf<'original'>(bytes), { loader: XEN })
    return { unit, map, fileSymbol: fileSymbolOf(map.object) ?? '' }
  })
}

/** Findings for all functions in ordinary code that the image has; `absent` counts those that it has not. */
export function checkUnits(units: readonly ReadUnit[], image: RunningImage) {
  const findings: UnitFinding[] = []
  let absent = 0
  for (const { unit, map, fileSymbol } of units) {
    const code = new UnitCode(map, fileSymbol, image)
    for (const piece of replaceable(map)) {
      const address = image.symbols.lookup(piece.local ? `${fileSymbol}#${piece.name}` : piece.name)
      if (address === undefined) absent += 1
      else findings.push({ unit, ...code.check(piece, address) })
    }
  }
  return { findings, absent }
}

/**
 * Members of lib/lib.a that the linker left out, because the architecture has functions of these names. They are not the
 * code that runs, and must not be taken for it.
 */
export const NOT_LINKED: readonly string[] = ['lib/memcpy.o memcpy', 'lib/memmove.o memmove', 'lib/memset.o memset']

export const labelOf = ({ unit, name }: UnitFinding): string => `${unit} ${name}`

export function replaceable(map: PieceMap<'original'>): readonly Piece<'original'>[] {
  return map.pieces.filter(
    ({ kind, name, section }) =>
      kind === 'function' &&
      partOf(name) === undefined &&
      XEN.sectionClass(map.object.sections[section]?.name ?? '') === 'code',
  )
}
