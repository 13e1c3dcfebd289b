/**
 * What a fix stands on and has in it, on one base. A payload upon others is built from one text that has the patches of all of
 * them, as `hotsplice build --on` takes it; a cumulative one has the patches of its fixes, and stands on what runs alone.
 *
 * Worse mistake: a text without the patch of something that lies below, whose change the new code would take back. So what is left
 * out is only what the file says of that base before anything is built: it is not affected there, or its refusal is expected.
 */
import type { Fix, FleetBase } from './model.ts'

export interface Series {
  /** Fixes whose patches the text has, in their order. */
  readonly fixes: readonly Fix[]
  /** Fixes that it is built upon, the lowest first; those that change no code there have no payload. */
  readonly below: readonly Fix[]
  /** Fixes whose payloads it may take the place of: all whose changes it has. */
  readonly replaced: readonly Fix[]
}

/** `fixes` is all of the file, in its order; what a fix names stands before it. */
export function seriesOf(fix: Fix, base: FleetBase, fixes: readonly Fix[]): Series {
  const of = (name: string): Fix | undefined => fixes.find(each => each.name === name)
  const series = (each: Fix): Series => seriesOf(each, base, fixes)
  const lower = fix.on === undefined ? undefined : of(fix.on)
  if (fix.cumulative === undefined) {
    if (lower === undefined) return { fixes: [fix], below: [], replaced: [] }
    const under = series(lower)
    if (isLeftOut(lower, base))
      return { fixes: [...under.fixes.filter(each => each !== lower), fix], below: under.below, replaced: [] }
    return { fixes: [...under.fixes, fix], below: [...under.below, lower], replaced: [] }
  }
  const named = fix.cumulative.flatMap(name => of(name) ?? []).filter(part => !isLeftOut(part, base))
  const parts = new Set(named.flatMap(part => series(part).fixes))
  const before = fixes.slice(0, fixes.indexOf(fix))
  const replaced = before.filter(each => !isLeftOut(each, base) && series(each).fixes.every(part => parts.has(part)))
  // In the order of the file, which is the one in which patches were made, whatever order they are named in.
  return { fixes: fixes.filter(each => parts.has(each)), below: [], replaced }
}

/** What the file says of that base is that it goes without. */
const isLeftOut = ({ notAffected, expected }: Fix, { name }: FleetBase): boolean =>
  notAffected.has(name) || expected.some(({ base }) => base === name)
