/**
 * Places of a function's stack frame, for `own-places.ts`: which of its instructions mean the same one, and which of them
 * somebody else may write. A place is counted from where the stack's pointer is when the function begins.
 *
 * It is tempting to know a place by how instructions spell it. 8(%rsp) is another one after a push, the same may be
 * -24(%rbp), and a structure whose address a callee gets has more places than the one that is named. So the pointer is
 * followed along every way, and what lies at or above an address that was taken is anybody's.
 */

/** As an instruction spells it: a distance from the stack's pointer or from the frame's (RBP). */
export interface Spelled {
  readonly base: 'stack' | 'frame'
  readonly distance: number
  /** Bytes; 0 where that is not known. */
  readonly size: number
}

/** What an instruction does with the frame. */
export interface FrameStep {
  /** By how much it moves the stack's pointer; or how far from RBP it puts it; or the step before which it was there. */
  readonly moves: number | 'unknown' | { readonly fromBase: number } | { readonly asBefore: number }
  /** RBP gets the stack's pointer; or anything else but what it had for the caller. */
  readonly base: 'set' | 'lost' | 'kept'
  readonly stores: readonly Spelled[]
  /** Whose address it takes; a place that is found by an index may be any. */
  readonly takes: readonly (Spelled | 'any')[]
}

interface Place {
  readonly from: number
  readonly to: number
}

interface Store extends Place {
  readonly step: number
}

export class Frame {
  readonly #depths: readonly (number | undefined)[]
  readonly #base: number | undefined
  readonly #stores: readonly Store[]
  /** From here on upwards, anybody may write. */
  readonly #exposed: number

  /** `before` has for each step those that may run right before it. Unless `isWhole`, others come from and go elsewhere. */
  constructor(steps: readonly FrameStep[], before: readonly (readonly number[])[], isWhole: boolean) {
    const own = depthsOf(steps, before, undefined)
    this.#base = baseOf(steps, own)
    this.#depths = this.#base === undefined ? own : depthsOf(steps, before, this.#base)
    // Before it is set, RBP is the caller's.
    const first = steps.findIndex(({ base }) => base === 'set')
    const isFrame = (at: number) => first !== -1 && at > first
    const stores: Store[] = []
    let exposed = isWhole ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    const expose = (place: Place | undefined) => {
      exposed = Math.min(exposed, place?.from ?? Number.NEGATIVE_INFINITY)
    }
    steps.forEach((step, at) => {
      for (const spelled of step.stores) {
        // Through RBP, where that is any pointer: to what is exposed, at most.
        if (spelled.base === 'frame' && first === -1) continue
        const place = this.#resolved(at, spelled)
        if (place === undefined || spelled.size === 0) expose(undefined)
        else stores.push({ ...place, step: at })
      }
      for (const taken of step.takes) {
        if (taken !== 'any' && taken.base === 'frame' && !isFrame(at)) continue
        expose(taken === 'any' ? undefined : this.#resolved(at, taken))
      }
    })
    this.#stores = stores
    this.#exposed = exposed
  }

  /**
   * The steps that write what is read there, each of them the whole of it; undefined where others may write there, or
   * where that is not known.
   */
  writersOf(at: number, spelled: Spelled): readonly number[] | undefined {
    const place = this.#resolved(at, spelled)
    if (place === undefined || place.to > this.#exposed || spelled.size === 0) return undefined
    const over = this.#stores.filter(({ from, to }) => from < place.to && to > place.from)
    const isWhole = over.every(({ from, to }) => from === place.from && to === place.to)
    return isWhole ? over.map(({ step }) => step) : undefined
  }

  #resolved(at: number, { base, distance, size }: Spelled): Place | undefined {
    const start = base === 'frame' ? this.#base : this.#depths[at]
    return start === undefined ? undefined : { from: start + distance, to: start + distance + size }
  }

  /** Whether the address of any place was taken. */
  get isExposed(): boolean {
    return this.#exposed !== Number.POSITIVE_INFINITY
  }

  /** Where the stack's pointer is before a step; undefined where that is not known. */
  depthAt(at: number): number | undefined {
    return this.#depths[at]
  }
}

/** Undefined where RBP is not one and the same place of the frame throughout. */
function baseOf(steps: readonly FrameStep[], depths: readonly (number | undefined)[]): number | undefined {
  const set = steps.flatMap(({ base }, at) => (base === 'set' ? [depths[at]] : []))
  const isOne = set.every(depth => depth !== undefined && depth === set[0])
  return isOne && !steps.some(({ base }) => base === 'lost') ? set[0] : undefined
}

/** Where the stack's pointer is before each step; undefined where ways that lead there differ. */
function depthsOf(
  steps: readonly FrameStep[],
  before: readonly (readonly number[])[],
  base: number | undefined,
): readonly (number | undefined)[] {
  const after: number[][] = steps.map(() => [])
  before.forEach((sources, at) => {
    for (const source of sources) after[source]?.push(at)
  })
  const reloads = reloadsOf(steps)
  const depths = new Map<number, number | undefined>([[0, 0]])
  const open = [0]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const next = movedTo(steps[at]?.moves, at, { depths, base })
    for (const to of after[at] ?? []) {
      const isKnown = depths.has(to)
      if (isKnown && (depths.get(to) === next || depths.get(to) === undefined)) continue
      depths.set(to, isKnown ? undefined : next)
      open.push(to, ...(reloads.get(to) ?? []).filter(each => depths.has(each)))
    }
  }
  return steps.map((_, at) => depths.get(at))
}

/** For a step, those that put the stack's pointer where it was before it. */
function reloadsOf(steps: readonly FrameStep[]): ReadonlyMap<number, readonly number[]> {
  const reloads = new Map<number, number[]>()
  steps.forEach(({ moves }, at) => {
    if (typeof moves !== 'object' || !('asBefore' in moves)) return
    reloads.set(moves.asBefore, [...(reloads.get(moves.asBefore) ?? []), at])
  })
  return reloads
}

interface Depths {
  /** Before each step, as far as it was reached. */
  readonly depths: ReadonlyMap<number, number | undefined>
  readonly base: number | undefined
}

function movedTo(moves: FrameStep['moves'] | undefined, at: number, { depths, base }: Depths): number | undefined {
  if (typeof moves === 'object') {
    if ('asBefore' in moves) return depths.get(moves.asBefore)
    return base === undefined ? undefined : base + moves.fromBase
  }
  const depth = depths.get(at)
  return depth === undefined || typeof moves !== 'number' ? undefined : depth + moves
}
