/**
 * What is asked of a Linux kernel's image, beside what any image is asked: whether the live patching core can take each
 * function over, and whether each name means what it means in the unit. Part of the pipeline.
 *
 * Which mistake is worse: the kernel's table of names has no files, so a name that is alone in it may still be another
 * unit's. A reference that leads there is carried out without a word. So what is local to a unit counts only where code or
 * data of that unit, found in the image byte for byte, leads to the very place (`kernel-names.ts`).
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { NamedKernel } from '../../loaders/linux/named-kernel.ts'
import type { Denial } from '../../loaders/loader.ts'
import { partOf } from '../../pieces/names.ts'
import { originOf } from '../../select/origins.ts'
import type { Selection, UnitInput } from '../../select/select.ts'
import { exportNotices } from './kernel-exports.ts'
import { moduleEntryRefusals } from './kernel-modules.ts'
import { probeNotices, takeoverRefusals } from './kernel-takeover.ts'
import type { CheckedCode } from './running-code.ts'

interface Known {
  readonly kernel: NamedKernel
  /** What was found out so far. */
  readonly checked: CheckedCode
  /** The text of a unit's source, as the tree has it. */
  readonly textOf: (unit: string) => string
}

export function checkKernel(
  units: readonly UnitInput[],
  selection: Selection,
  { kernel, checked, textOf }: Known,
): CheckedCode {
  const exports = exportNotices(units)
  if (selection.pieces.length === 0) return { ...checked, notices: [...checked.notices, ...exports] }
  const refusals = [
    ...checked.refusals,
    ...nameRefusals(selection, kernel),
    ...definitionRefusals(selection, kernel),
    ...moduleEntryRefusals(selection, kernel),
    ...takeoverRefusals(units, selection, kernel),
  ]
  const warnings = [...checked.warnings, ...threadWarnings(selection, kernel, textOf)]
  const said = [...exports, ...coldNotices(units, selection), ...probeNotices(units, selection)]
  return { ...checked, refusals, warnings, notices: [...checked.notices, ...said] }
}

/** Why ftrace, and so the live patching core, cannot take over a function; a name that the kernel has not is refused elsewhere. */
export function withoutSite(kernel: NamedKernel, runningName: string): Denial | undefined {
  const address = kernel.lookup(runningName)
  return address === undefined || kernel.hasFtraceSite(address) ? undefined : NO_SITE
}

const NO_SITE: Denial = {
  code: 'no-ftrace-site',
  why: 'it does not begin with a call of ftrace’s (notrace, an inline function that the compiler left out of line, or a unit that is compiled without such calls, as all of lib/ and kernel/trace/), so the live patching core cannot take it over',
  hint: 'change the functions that call it instead',
}

function nameRefusals(selection: Selection, kernel: NamedKernel): readonly Refusal[] {
  const told = new Set<string>()
  return selection.pieces.flatMap(({ address, piece, references }) =>
    references.flatMap(({ link }): readonly Refusal[] => {
      if (link.to !== 'running' || told.has(`${address.unit} ${link.name}`)) return []
      told.add(`${address.unit} ${link.name}`)
      if (kernel.isProven(link.name)) return []
      const { name } = kernel.spell(link.name)
      const unit = selection.units[address.unit]?.unit ?? ''
      const text = `${piece.name} refers to ${name}, and no code of its unit in the kernel shows that what the kernel has by that name is this one`
      return [{ code: 'name-uncertain', unit, symbol: piece.name, text, hint: HINT }]
    }),
  )
}

const HINT = 'reach it through a function of the unit that the kernel has under a name of its own'

/** A new definition beside one that the kernel has by that name: who uses which, only a link of all could tell. */
function definitionRefusals(selection: Selection, kernel: NamedKernel): readonly Refusal[] {
  return selection.pieces.flatMap(({ address, piece, role }): readonly Refusal[] => {
    if ((role !== 'new-function' && role !== 'new-data') || piece.local) return []
    if (kernel.lookup(piece.name) === undefined) return []
    return [
      {
        code: 'other-definition',
        unit: selection.units[address.unit]?.unit ?? '',
        symbol: piece.name,
        text: `${piece.name} is new, and the kernel has something by that name already, which others would go on using`,
        hint: 'give the new definition another name, or make it static',
      },
    ]
  })
}

/**
 * A kernel thread is in the function that it was started with for as long as it lives, and no signal reaches it: while it
 * does, the transition does not end, and no other one can begin. Who starts one is asked of the unit's text.
 */
function threadWarnings(
  { replacements }: Selection,
  kernel: NamedKernel,
  textOf: (unit: string) => string,
): readonly Reason[] {
  return replacements.flatMap(({ runningName, unit }): readonly Reason[] => {
    const { name } = kernel.spell(runningName)
    const starts = new RegExp(`\\b(?:${STARTING})\\s*\\(\\s*&?${name}\\b`)
    if (!starts.test(textOf(unit))) return []
    const text = `${name} (${unit}) is what a kernel thread runs: as long as that lives it is in the old code, so that the transition to the live patch does not end; change what the function calls instead`
    return [{ code: 'thread-function', text }]
  })
}

/** include/linux/kthread.h. */
const STARTING = 'kthread_run(?:_on_cpu)?|kthread_create(?:_on_node|_on_cpu)?|kernel_thread|user_mode_thread'

/** kernel/livepatch/transition.c, klp_check_stack_func: stacks are searched for the function's own range only. */
function coldNotices(units: readonly UnitInput[], { replacements }: Selection): readonly Reason[] {
  return replacements.flatMap(({ address, unit }): readonly Reason[] => {
    const { input, piece } = originOf(units, address) ?? {}
    const parts = input?.verdicts.correlation.original.pieces.filter(
      ({ kind, name }) => kind === 'function' && partOf(name) === piece?.name,
    )
    if (parts === undefined || parts.length === 0) return []
    const text = `${piece?.name} (${unit}) has an out-of-line part (${parts[0]?.name}), where the kernel does not look for tasks that sleep: one that does there goes on in the old code`
    return [{ code: 'cold-unchecked', text }]
  })
}
