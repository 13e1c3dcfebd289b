/**
 * Alternatives that put a call or jump in place. Source: arch/x86/alternative.c "_apply_alternatives".
 *
 * A replacement that begins with a call or jump keeps its destination when it is put in place. Where calls have no table of
 * their own, one that leads to itself means more, if what it replaces is an indirect call or jump: Xen reads the pointer
 * and makes the call direct.
 */

import { type Finding, finding, hex, NotReached } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import type { LoadContext } from '../load-context.ts'
import { alternatives } from './special.ts'

const PLACE = '.altinstructions'
const SOURCE = 'arch/x86/alternative.c _apply_alternatives'

/** X86_FEATURE_ALWAYS is the number of long mode. */
const ALWAYS = 93
/** ALT_FLAG_NOT: for processors without it, which there are none of. */
const NEVER = 0x8000 | ALWAYS

interface Branch {
  readonly index: number
  readonly original: bigint
  /** Where it ends once it is put in place. */
  readonly end: bigint
  /** Where it leads, when it is not made from a pointer. */
  readonly target: bigint
  readonly toItself: boolean
  /** Where the pointer lies that Xen makes a direct branch of. */
  readonly pointer: bigint | undefined
}

export const ALTERNATIVE_BRANCH_RULES: readonly Rule[] = [
  {
    code: 'alternatives-inward',
    step: 'alternatives-applied',
    source: 'arch/arm/alternative.c branch_insn_requires_update',
    title: "branches of replacements stay in them, or lead to Xen's own code",
    check: inwardBranches,
  },
  {
    code: 'alternatives-pointers',
    step: 'alternatives-applied',
    source: SOURCE,
    of: kind => !kind.takesCallSites,
    title: 'pointers that calls are made of can be read',
    check: loading =>
      branches(loading).flatMap(({ index, pointer }) => {
        if (pointer === undefined || loading.memory.read(pointer, 8) !== undefined) return []
        const text = `entry ${index} calls through ${hex(pointer)}, where nothing is mapped; Xen reads it`
        return [finding('crash', text, PLACE, index)]
      }),
  },
  {
    code: 'alternatives-branches',
    step: 'run',
    source: SOURCE,
    title: 'calls and jumps that are put in place lead to code',
    check: loading => branches(loading).flatMap(branch => branchProblem(loading, branch)),
  },
]

/** The payload's own code is not known to Xen while it is loaded: a branch there is a BUG. That of payloads below is. */
function inwardBranches(loading: LoadContext): readonly Finding[] {
  const { branchesOut } = loading.machine.alternatives
  // Elsewhere Xen does not follow branches beyond the first.
  if (branchesOut === undefined) return []
  const { start, bytes } = loading.loaded.copied.image
  return alternatives(loading).flatMap(({ index, entry, replacement }) => {
    const { replacementLength: length, originalLength } = entry
    const code = length === originalLength ? loading.memory.read(replacement, length) : undefined
    const isWrong = (distance: number) => {
      const target = replacement + BigInt(distance)
      const isOwn = target >= start && target < start + BigInt(bytes.length)
      // Its end counts as within.
      return distance !== length && (isOwn || loading.memory.kindAt(target) !== 'code')
    }
    const wrong = branchesOut(code ?? new Uint8Array()).find(isWrong)
    if (wrong === undefined) return []
    const text = `entry ${index} has a branch to ${hex(replacement + BigInt(wrong))}, which is neither in the replacement nor in Xen’s own code; it stops Xen on a processor that has feature ${entry.feature}`
    return [finding('crash', text, PLACE, index)]
  })
}

/** Entries whose replacement begins with a relative call or jump. */
function branches(loading: LoadContext): readonly Branch[] {
  const { calls } = loading.machine
  if (calls === undefined) throw new NotReached('told on x86 only', 'absent')
  const { directSize, indirectSize } = calls
  return alternatives(loading).flatMap(({ index, entry, original, replacement }) => {
    const code = loading.memory.read(replacement, directSize)
    const branch = code && calls.direct(code)
    if (branch === undefined || entry.replacementLength < directSize || entry.feature === NEVER) return []
    const { isCall, distance } = branch
    const toItself = distance === -directSize
    const special =
      !loading.kind.takesCallSites && toItself && entry.feature === ALWAYS && entry.originalLength >= indirectSize
    return {
      index,
      original,
      end: original + BigInt(directSize),
      target: replacement + BigInt(directSize + distance),
      toItself,
      pointer: special ? pointerOf(loading, original, isCall) : undefined,
    }
  })
}

function pointerOf({ machine: { calls }, memory }: LoadContext, original: bigint, isCall: boolean): bigint | undefined {
  if (calls === undefined) return undefined
  const code = memory.read(original, calls.indirectSize)
  const distance = code && calls.indirect(code, isCall)
  return distance === undefined ? undefined : original + BigInt(calls.indirectSize + distance)
}

function branchProblem(loading: LoadContext, branch: Branch): readonly Finding[] {
  const { index, original, end, pointer, target, toItself } = branch
  const wrong = (errno: Finding['errno'], text: string) => [finding(errno, `entry ${index} ${text}`, PLACE, index)]
  if (pointer === undefined) {
    if (toItself) return wrong('crash', `puts a branch to itself at ${hex(original)}, where no indirect one is`)
    if (loading.memory.kindAt(target) === 'code') return []
    return wrong('crash', `puts a call or jump to ${hex(target)} in place, which is not code`)
  }
  const destination = knownPointer(loading, pointer)
  if (destination === undefined) return []
  if (destination === 0n) {
    const text = `calls through ${hex(pointer)}, which is null when the payload is uploaded: Xen puts UD2 there for good`
    // Code that asks first never comes to a call through a null constant; a variable is there to be set.
    return wrong(loading.memory.kindAt(pointer) === 'writable' ? 'crash' : 'warning', text)
  }
  const distance = destination - end
  const reached = distance === BigInt.asIntN(32, distance)
  if (reached && loading.memory.kindAt(destination) === 'code') return []
  const what = reached ? 'not code' : 'too far for a direct call'
  return wrong('crash', `calls through ${hex(pointer)}, which points to ${hex(destination)}: ${what}`)
}

/** What a pointer of the payload holds once it is loaded. What the hypervisor's hold by now is not known; code is. */
function knownPointer(loading: LoadContext, pointer: bigint): bigint | undefined {
  const { start, bytes } = loading.loaded.copied.image
  const own = pointer >= start && pointer + 8n <= start + BigInt(bytes.length)
  return own || loading.memory.kindAt(pointer) === 'code' ? loading.memory.readU64(pointer) : undefined
}
