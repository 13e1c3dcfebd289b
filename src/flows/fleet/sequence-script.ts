/**
 * How a payload that takes the place of others is rehearsed where no script is given: each stack that a host may have is put
 * there, its topmost is taken back and put there again where that can be done, and then the new one takes its place.
 */
import type { FleetPayload } from './job-of.ts'

type Replaced = Pick<FleetPayload, 'fix' | 'upon'>

/** Undefined where it takes nobody's place: then the usual script serves. */
export function sequenceScript(fix: string, replaced: readonly Replaced[]): string | undefined {
  if (replaced.length === 0) return undefined
  const stacks = replaced.map(each => [...each.upon, each.fix])
  // What is part of a higher stack is there on the way to it.
  const highest = stacks.filter(stack => !stacks.some(other => other.length > stack.length && isBelow(stack, other)))
  return highest.flatMap(stack => [...sequence(fix, stack), '']).join('\n')
}

const isBelow = (stack: readonly string[], other: readonly string[]) => stack.every((name, at) => other[at] === name)

function sequence(fix: string, stack: readonly string[]): readonly string[] {
  const top = stack.at(-1)
  return [
    `# ${stack.join(', ')}; then ${fix} in their place`,
    ...stack.flatMap(name => [`upload ${name}`, `apply ${name}`, `expect-state ${name} applied`]),
    `revert ${top}`,
    `expect-state ${top} checked`,
    // What was applied with data of its own is not taken again before it is uploaded anew.
    `unload ${top}`,
    `upload ${top}`,
    `apply ${top}`,
    `upload ${fix}`,
    `replace ${fix}`,
    `expect-state ${fix} applied`,
    ...stack.map(name => `expect-state ${name} checked`),
    ...[...stack].reverse().map(name => `unload ${name}`),
    `revert ${fix}`,
    `expect-state ${fix} checked`,
    `unload ${fix}`,
  ]
}
