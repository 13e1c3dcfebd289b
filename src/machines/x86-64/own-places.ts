/**
 * Where x86-64 code goes by indirect jumps: to places that it finds in tables at fixed addresses, or that it computes
 * itself; or to whatever somebody keeps in memory. A function that stores addresses of its own labels and goes on there
 * later (direct threading, coroutines) is compiled like a call of another function at the end; only what it takes tells.
 *
 * It is tempting to trust any load with an index: `goto *ops[*p++]` and `goto *program[i]` differ by where the table is. So
 * each jump's target is followed back, on every way that leads to it, to what it was made of.
 */
import type * as iced from 'iced-x86'
import type { IndirectJumps, Surroundings } from '../machine.ts'
import { someBetween } from './flow.ts'
import { Frame, type FrameStep } from './frame.ts'
import { ADDRESS, type Source, type Step, stepsOf } from './own-steps.ts'

/** See `CodeKnowledge.takesPlaces`. */
export function takesPlaces(code: Uint8Array, relocated: ReadonlySet<number>): boolean {
  return mayTakePlace(code, relocated) && stepsOf(code, relocated).some(({ taken }) => taken !== undefined)
}

/** LEA of an address counted from the next instruction, and no field of a relocation: the decoder takes long to load. */
const mayTakePlace = (code: Uint8Array, relocated: ReadonlySet<number>): boolean =>
  code.some((byte, at) => byte === 0x8d && ((code[at + 1] ?? 0) & 0xc7) === 0x05 && !relocated.has(at + 2))

/** See `CodeKnowledge.indirectJumps`. */
export function indirectJumps(code: Uint8Array, around: Surroundings): IndirectJumps {
  const steps = stepsOf(code, around.relocated)
  const labels = new Set([...around.labels, ...steps.flatMap(({ taken }) => taken ?? [])])
  const first = new Search(steps, { ...around, labels })
  const found = followed(first)
  // A distance tells no place, and nothing else does that is reached by it.
  return first.goesByDistance ? followed(new Search(steps, { ...around, labels: first.alike() })) : found
}

function followed(search: Search): IndirectJumps {
  const isElsewhere = [...search.jumps.values()].filter(({ at, to }) => !search.isKnown(at, to)).length > 0
  return { isElsewhere, tables: search.tables }
}

/** Where an indirect jump goes, as a step sees it: itself, or the one that puts the address onto the stack. */
interface Jump {
  readonly at: number
  readonly to: Source
}

/** What indirect jumps make of the ways through the code. */
interface Ways {
  /** By step. */
  readonly jumps: ReadonlyMap<number, Jump>
  /** For each step, those that may run right before it. */
  readonly before: readonly (readonly number[])[]
  readonly frame: Frame
}

const STACK_TOP: Source = { from: 'frame', place: { base: 'stack', distance: 0, size: 8 } }

/**
 * A return is one to the caller where the stack is as it was at the start. At another depth, or right behind a push, it
 * jumps to what was put there (retpolines, a reload of CS); whether it does is known when the jumps before it are. Where the
 * depth is not known (behind a call that does not return), only code that calls into itself is in doubt.
 */
function waysThrough(steps: readonly Step[], { labels, entered }: Surroundings): Ways {
  const jumps = new Map(steps.flatMap(({ jump }, at) => (jump === undefined ? [] : [[at, { at, to: jump }] as const])))
  const returns = steps.flatMap((step, at) => (step.returns ? [at] : []))
  for (const at of returns) {
    const pusher = steps[at - 1]
    if (isPushed(pusher)) jumps.set(at, { at: at - 1, to: pusher?.stored ?? STACK_TOP })
  }
  const isPart = entered.has(0)
  const callsInward = steps.some(({ target, stores }) => target !== undefined && stores.length > 0)
  for (;;) {
    const before = waysTo(steps, labels, [...jumps.keys()])
    const frame = new Frame(withReloads(steps, before, entered), before, entered.size === 0)
    const left = isPart ? [] : returns.filter(at => !jumps.has(at))
    const inward = left.filter(at => ![undefined, 0].includes(frame.depthAt(at)))
    for (const at of inward) jumps.set(at, { at, to: STACK_TOP })
    if (inward.length > 0) continue
    const isInDoubt = (at: number) => callsInward && (isPart || frame.depthAt(at) === undefined)
    for (const at of isPart ? returns : left) if (isInDoubt(at) && !jumps.has(at)) jumps.set(at, { at, to: STACK_TOP })
    return { jumps, before, frame }
  }
}

/** IRETQ pops where to go on, the code's segment and the flags; then the stack's pointer, which is pushed so much earlier. */
const POINTER = 4

/**
 * An IRETQ takes the stack's pointer from what was pushed for it, whatever else lies there by then: addresses of calls that
 * only fill the shadow stack, say. Where that is a register which kept the pointer, and no other way leads in between, the
 * stack is then as it was before the step that put it there. Else it stays unknown.
 */
function withReloads(
  steps: readonly Step[],
  before: Ways['before'],
  entered: ReadonlySet<number>,
): readonly FrameStep[] {
  return steps.map((step, at): FrameStep => {
    const keeper = step.reloads ? keeperOf(steps, at) : undefined
    if (keeper === undefined) return step
    const isPushedFor = [at - 3, at - 2, at - 1, at].every(
      to =>
        isPushed(steps[to - 1]) &&
        steps[to - 1]?.moves === -ADDRESS &&
        before[to]?.length === 1 &&
        before[to]?.[0] === to - 1,
    )
    // From the IRETQ itself as well, which leaves the register as it is.
    const isReached = steps.every(({ start }, to) => {
      if (to <= keeper || to > at) return true
      return !entered.has(start) && before[to]?.every(from => from >= keeper && from <= at) === true
    })
    return isPushedFor && isReached ? { ...step, moves: { asBefore: keeper } } : step
  })
}

/** The step that last gave the pushed register anything, as the code stands, if that was the stack's pointer. */
function keeperOf(steps: readonly Step[], at: number): number | undefined {
  const pushed = steps[at - POINTER]?.stored
  const [register, ...others] = pushed?.from === 'registers' ? pushed.registers : []
  if (register === undefined || others.length > 0) return undefined
  const found = steps.findLastIndex(({ written }, index) => index < at - POINTER && written.has(register))
  return found !== -1 && steps[found]?.keeps === register ? found : undefined
}

/** Whether what it writes is on top of the stack then, and the next step is run behind nothing else. */
function isPushed(step: Step | undefined): boolean {
  const moved = typeof step?.moves === 'number' ? step.moves : 0
  const isTop = step?.stores.some(({ base, distance }) => base === 'stack' && distance === moved) === true
  return isTop && step?.goesOn === true
}

/** Follows a value back; whatever cannot be followed is not known. */
class Search {
  readonly tables: { readonly start: number; readonly end: number }[] = []
  /** Whether a jump goes to where something was added to a place of the function. */
  goesByDistance = false
  readonly jumps: Ways['jumps']
  readonly #steps: readonly Step[]
  readonly #before: Ways['before']
  readonly #frame: Frame
  readonly #around: Surroundings
  /** Steps that other code goes to, with whatever it has in registers. */
  readonly #entered: ReadonlySet<number>
  /** What was asked, and what came of it; what is being asked does not speak against itself. */
  readonly #known = new Map<string, boolean>()

  constructor(steps: readonly Step[], around: Surroundings) {
    const { jumps, before, frame } = waysThrough(steps, around)
    this.#steps = steps
    this.jumps = jumps
    this.#before = before
    this.#frame = frame
    this.#around = around
    this.#entered = new Set(steps.flatMap(({ start }, at) => (at === 0 || around.entered.has(start) ? [at] : [])))
  }

  /** `isSum` where something is added to the value on its way. */
  isKnown(at: number, source: Source, isSum = false): boolean {
    const isAdded = isSum || this.#steps[at]?.adds === true
    if (isAdded && this.#takesOwn(at)) this.goesByDistance = true
    switch (source.from) {
      case 'address':
        return this.#noteAddress(at)
      case 'table':
        // What the displacement names, if anything, is read too.
        if (source.bases.length === 0 || this.#isRelocated(at)) this.#noteAddress(at)
        if (source.bases.length === 0) return true
        // One of them is the table, the other an index.
        return source.bases.some(register => this.#isAddress(at, register))
      case 'registers':
        return source.registers.every(register => {
          const found = this.#definitions(at, register)
          return (
            found?.every(each => {
              const ask = () => this.isKnown(each, this.#sourceOf(each), isAdded)
              return this.#once(`value ${each} ${isAdded}`, ask)
            }) ?? false
          )
        })
      case 'frame':
        // The address that was taken may be an array's end, and lie above the place where somebody goes on.
        if (source !== STACK_TOP && this.#frame.isExposed) return false
        return this.#writers(at, source, each =>
          this.#once(`stored ${each} ${isAdded}`, () => this.isKnown(each, this.#storedBy(each), isAdded)),
        )
      default:
        return false
    }
  }

  /** Whether on every way to this step the register gets an address that stands in an instruction. */
  #isAddress(at: number, register: iced.Register): boolean {
    const found = this.#definitions(at, register) ?? []
    return (
      found.length > 0 &&
      found.every(each => this.#once(`address ${each}`, () => this.#givesAddress(each, this.#sourceOf(each))))
    )
  }

  #givesAddress(at: number, source: Source): boolean {
    if (source.from === 'address') return this.#noteAddress(at)
    if (source.from === 'registers') return source.registers.every(register => this.#isAddress(at, register))
    if (source.from !== 'frame') return false
    return this.#writers(at, source, each =>
      this.#once(`stored address ${each}`, () => this.#givesAddress(each, this.#storedBy(each))),
    )
  }

  #writers(at: number, { place }: Source & { from: 'frame' }, isGood: (at: number) => boolean): boolean {
    const writers = this.#frame.writersOf(at, place) ?? []
    return writers.length > 0 && writers.every(isGood)
  }

  #storedBy(at: number): Source {
    return this.#steps[at]?.stored ?? { from: 'elsewhere' }
  }

  #noteAddress(at: number): boolean {
    const step = this.#steps[at]
    if (step !== undefined) this.tables.push({ start: step.start, end: step.end })
    return true
  }

  #isRelocated(at: number): boolean {
    const step = this.#steps[at]
    return step !== undefined && someBetween(this.#around.relocated, step.start, step.end)
  }

  /** Whether a place of the function stands in the instruction. */
  #takesOwn(at: number): boolean {
    const step = this.#steps[at]
    return step !== undefined && (step.taken !== undefined || someBetween(this.#around.own, step.start, step.end))
  }

  /** Where each step begins that has the stack as a jump has it: nowhere else can code go on that is right. */
  alike(): ReadonlySet<number> {
    const depths = new Set([...this.jumps.values()].map(({ at }) => this.#frame.depthAt(at)))
    const isAlike = (depth: number | undefined) => depth === undefined || depths.has(undefined) || depths.has(depth)
    return new Set(this.#steps.flatMap(({ start }, at) => (isAlike(this.#frame.depthAt(at)) ? [start] : [])))
  }

  #once(key: string, ask: () => boolean): boolean {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, true)
    const answer = ask()
    this.#known.set(key, answer)
    return answer
  }

  #sourceOf(at: number): Source {
    return this.#steps[at]?.source ?? { from: 'elsewhere' }
  }

  /** The steps that gave the register what it has at this one; undefined where it may come from the caller. */
  #definitions(at: number, register: iced.Register): readonly number[] | undefined {
    const found = new Set<number>()
    const seen = new Set<number>()
    const open = [...(this.#before[at] ?? [])]
    if (this.#entered.has(at)) return undefined
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      if (this.#steps[next]?.written.has(register)) found.add(next)
      else if (this.#entered.has(next)) return undefined
      else open.push(...(this.#before[next] ?? []))
    }
    return [...found]
  }
}

/**
 * For each step, those that may run right before it: one that falls into it, jumps there, or jumps indirectly where its
 * address is known to somebody. What nothing is seen to lead to is an indirect jump's as well.
 */
function waysTo(steps: readonly Step[], labels: ReadonlySet<number>, indirect: readonly number[]): Ways['before'] {
  const byStart = new Map(steps.map(({ start }, at) => [start, at]))
  const ways: number[][] = steps.map((_, at) => (at > 0 && steps[at - 1]?.goesOn === true ? [at - 1] : []))
  steps.forEach(({ target }, at) => {
    const to = target === undefined ? undefined : byStart.get(target)
    if (to !== undefined) ways[to]?.push(at)
  })
  const isLabel = (at: number) => labels.has(steps[at]?.start ?? -1)
  return ways.map((known, at) => {
    if (isLabel(at)) return [...known, ...indirect]
    return known.length === 0 && at > 0 ? indirect : known
  })
}
