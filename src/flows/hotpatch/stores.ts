/**
 * Stores of new members: what the payload says of its own to those that will come upon it, and whether those below are what
 * it takes them for. Part of the pipeline.
 */
import { createHash } from 'node:crypto'
import type { Reason, Refusal } from '../../base/refusal.ts'
import { type Brought, layoutLine } from '../../loaders/brought.ts'
import type { Selection } from '../../select/model.ts'
import { otherLayout, storeNotices, storesOf } from '../../select/shadow-store.ts'
import type { Declarations } from '../../trees/index.ts'
import { layoutWords } from '../../type-layouts/layout-words.ts'
import { UnitTypes } from '../../type-layouts/unit-types.ts'

export interface CheckedStores {
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
  /** Lines for the payload's `.modinfo`. */
  readonly modinfo: readonly string[]
}

export function checkStores(
  selection: Selection,
  declarations: Pick<Declarations, 'compared'>,
  below: Brought | undefined,
): CheckedStores {
  const stores = storesOf(selection, below)
  const tags = [...stores.brought, ...stores.found.map(({ tag }) => tag)]
  const known = tags.length === 0 ? new Map<string, Known>() : layoutsOf(declarations, tags)
  const refusals = stores.found.flatMap(({ tag, by }) => {
    const [own, then] = [known.get(tag), below?.layouts.get(tag)]
    return own === undefined || then === undefined || own.layout === then ? [] : otherLayout(tag, by, own.unit)
  })
  const compared = new Set(tags.filter(tag => known.has(tag) && below?.layouts.has(tag) === true))
  const modinfo = stores.brought.flatMap(tag => {
    const own = known.get(tag)
    return own === undefined ? [] : layoutLine(tag, own.layout)
  })
  return { refusals, notices: storeNotices(stores, compared), modinfo }
}

interface Known {
  readonly layout: string
  readonly unit: string
}

/** By tag, from the first unit that has the structure; sizes stand before a digest of the rest. */
function layoutsOf({ compared }: Pick<Declarations, 'compared'>, tags: readonly string[]): ReadonlyMap<string, Known> {
  const found = new Map<string, Known>()
  for (const { unit, patched } of compared) {
    const types = new UnitTypes(patched)
    for (const tag of tags) {
      const id = types.byKey.get(`struct hotsplice_of_${tag}`)
      const words = id === undefined || found.has(tag) ? undefined : layoutWords(types, id)
      if (id === undefined || words === undefined) continue
      const digest = createHash('sha1').update(words).digest('hex').slice(0, 16)
      found.set(tag, { layout: `${types.sizeOf(id)}:${digest}`, unit: unit.unit })
    }
  }
  return found
}
