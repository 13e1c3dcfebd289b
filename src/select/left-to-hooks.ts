/**
 * Initial values that the patch changes, and hooks that set them. What runs has its own value by now, so that the change
 * is refused; but whoever brings a hook that writes the new value may say so (`.livepatch.ignore.data`), and is believed
 * where the hook reaches the variable. What the value ought to be then is between hook and patch; `hotsplice assist` writes
 * such hooks.
 *
 * Only a value may be left so: a variable of another size or a stricter alignment would not fit its place, one that moves
 * between writable and read-only is another thing, and what is freed after boot is gone.
 *
 * In:  verdicts, refusals as they would be without a word of hooks, and what was selected.
 * Out: which refusals a hook takes care of; those that stay, with words for promises that nobody keeps.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Judged } from '../compare/model.ts'
import type { WaysOut } from '../loaders/loader.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { isWritable } from '../pieces/writable.ts'
import { directives } from './directives.ts'
import { reachedByHooks } from './hooks-reach.ts'
import type { ChangedValue, RefusedValue, SelectedPiece, SelectRules, UnitIndex, UnitInput } from './model.ts'
import { countedName } from './origins.ts'

/** Sections of variables that are written while the system boots, and read-only from then on (xen/include/xen/cache.h). */
const READ_ONLY_AFTER_BOOT = '.data.ro_after_init'

/** What differs of a data object, as a value that a hook could set; undefined where it is more than that. */
export function changedValue(
  units: readonly UnitInput[],
  unit: UnitIndex,
  { original, patched }: Judged,
  { target, hooksWriteConstants }: Pick<SelectRules, 'target' | 'hooksWriteConstants'>,
): ChangedValue | undefined {
  const input = units[unit]
  if (input === undefined || original === undefined || patched === undefined) return undefined
  const { original: before, patched: after } = input.verdicts.correlation
  const sectionClass = sectionClassOf(before, original)
  if (sectionClass !== sectionClassOf(after, patched) || original.size !== patched.size) return undefined
  const isWritten = isWritable(before, original)
  if (isWritten !== isWritable(after, patched)) return undefined
  const [from, to] = [before.object.sections[original.section], after.object.sections[patched.section]]
  if (from === undefined || to === undefined || to.alignment > from.alignment) return undefined
  const isLocked = !isWritten || from.name.startsWith(READ_ONLY_AFTER_BOOT)
  const isOrdinary = sectionClass === 'data' || sectionClass === 'read-only'
  if (!isOrdinary || (isLocked && hooksWriteConstants !== true)) return undefined
  const name = countedName({ unit, input, piece: original }, target.loader)
  return name === undefined ? undefined : { unit, original, patched, name }
}

/** The names that hooks of the patch's own are said to take care of. */
export function namesLeft(units: readonly UnitInput[]): ReadonlySet<string> {
  return new Set(units.flatMap(({ verdicts }) => [...directives(verdicts.correlation.patched).data]))
}

export interface Left {
  /** With the refusals as they are told. */
  readonly refused: readonly RefusedValue[]
  readonly notices: readonly Reason[]
}

/** `values` are all of them, `left` the names that somebody promised to set. */
export function leftToHooks(
  values: readonly RefusedValue[],
  left: ReadonlySet<string>,
  { pieces, ways }: { readonly pieces: readonly SelectedPiece[]; readonly ways: WaysOut },
): Left {
  const reached = reachedByHooks(pieces).names
  const isKept = ({ name }: RefusedValue) => left.has(name) && reached.has(name)
  const idle = [...left].filter(name => !values.some(value => value.name === name)).sort()
  return {
    refused: values
      .filter(value => !isKept(value))
      .map(value => ({ ...value, refusal: refusalOf(value, left.has(value.name), ways) })),
    notices: [
      ...values.filter(isKept).map(({ name }) => ({
        code: 'value-set-by-hook',
        text: `the initial value of ${name} changed; a hook of the payload sets it`,
      })),
      ...idle.map(name => ({
        code: 'value-not-changed',
        text: `a hook is said to set the initial value of ${name}, and the patch does not change that`,
      })),
    ],
  }
}

function refusalOf({ refusal, name }: RefusedValue, isPromised: boolean, { hook, assisted }: WaysOut): Refusal {
  if (!isPromised)
    return assisted
      ? { ...refusal, hint: `${refusal.hint}; hotsplice assist writes a hook that sets the new value` }
      : refusal
  return {
    ...refusal,
    text: `${refusal.text}; a hook is said to set it, but none of the payload reaches ${name}`,
    hint: `name the variable as the running system does, in HOTSPLICE_SETS, and write it from ${hook}`,
  }
}
