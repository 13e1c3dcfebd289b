/** Members of lib/lib.a are part of the image only where the linker wanted them: `memcpy` of arch/x86 comes first. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readElf } from '../../elf/index.ts'
import type { AffectedUnit, Tree } from '../model.ts'
import type { Used } from '../tree-kind.ts'

/** Takes the members off the list that the image does not hold. Where that cannot be told, they stay. */
export function withoutUnused(tree: Tree, affected: readonly AffectedUnit[]): Used {
  const doubtful = affected.filter(
    ({ unit, kind }) => unit.role === 'archived' && kind === 'changed' && unit.language === 'c',
  )
  // Only with unique names does a FILE symbol name one source.
  if (doubtful.length === 0 || tree.facts.config.get('ENFORCE_UNIQUE_SYMBOLS') !== 'y') return { affected, notices: [] }
  const files = filesOfImage(join(tree.layout.buildFolder, 'prelink.o'))
  const unused = doubtful.filter(({ unit }) => files !== undefined && !files.has(unit.source))
  const names = unused.map(({ unit }) => unit.unit)
  return {
    affected: affected.filter(each => !unused.includes(each)),
    notices:
      unused.length === 0
        ? []
        : [{ code: 'not-linked', text: `the image does not hold ${names.join(', ')}: nothing calls what is in there` }],
  }
}

function filesOfImage(path: string): ReadonlySet<string> | undefined {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch {
    return undefined
  }
  return new Set(
    readElf<'original'>(bytes)
      .symbols.filter(({ kind }) => kind === 'file')
      .map(({ name }) => name),
  )
}
