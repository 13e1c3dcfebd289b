/**
 * What is asked of a Linux kernel's image, beside what any image is asked: whether the live patching core can take each
 * function over, and whether each name means what it means in the unit. Part of the pipeline.
 *
 * Which mistake is worse: the kernel's table of names has no files, so a name that is alone in it may still be another
 * unit's. A reference that leads there is carried out without a word. So what is local to a unit counts only where code of
 * that unit, found in the image byte for byte, leads to the very place.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import type { Piece } from '../../pieces/model.ts'
import { partOf } from '../../pieces/names.ts'
import { originOf } from '../../select/origins.ts'
import type { Selection, UnitInput } from '../../select/select.ts'
import { RunningImage, UnitCode } from '../../verify/index.ts'
import type { CheckedCode } from './running-code.ts'

interface Known {
  readonly kernel: KernelImage
  /** What was found out so far. */
  readonly checked: CheckedCode
}

export function checkKernel(
  units: readonly UnitInput[],
  selection: Selection,
  { kernel, checked }: Known,
): CheckedCode {
  if (selection.pieces.length === 0) return checked
  const image = new RunningImage(kernel)
  const proofs = units.map(unit => new Proof(unit, kernel, image))
  const refusals = [
    ...checked.refusals,
    ...siteRefusals(selection, kernel),
    ...nameRefusals(selection, kernel, proofs),
    ...definitionRefusals(selection, kernel),
  ]
  return { ...checked, refusals, notices: [...checked.notices, ...coldNotices(units, selection)] }
}

function siteRefusals({ replacements }: Selection, kernel: KernelImage): readonly Refusal[] {
  return replacements.flatMap(({ runningName, unit }): readonly Refusal[] => {
    const address = kernel.lookup(runningName)
    // A name that the kernel has not is refused by the selection.
    if (address === undefined || kernel.hasFtraceSite(address)) return []
    return [
      {
        code: 'no-ftrace-site',
        unit,
        symbol: runningName,
        text: `${runningName} does not begin with a call of ftrace’s (notrace, or inlined where it is used), so the live patching core cannot take it over`,
        hint: 'change the functions that call it instead',
      },
    ]
  })
}

function nameRefusals(selection: Selection, kernel: KernelImage, proofs: readonly Proof[]): readonly Refusal[] {
  const told = new Set<string>()
  return selection.pieces.flatMap(({ address, piece, references }) =>
    references.flatMap(({ link }): readonly Refusal[] => {
      if (link.to !== 'running' || told.has(`${address.unit} ${link.name}`)) return []
      told.add(`${address.unit} ${link.name}`)
      const why = doubtOf(link.name, kernel, proofs[address.unit])
      if (why === undefined) return []
      const unit = selection.units[address.unit]?.unit ?? ''
      const text = `${piece.name} refers to ${link.name}, and ${why}`
      return [{ code: 'name-uncertain', unit, symbol: piece.name, text, hint: HINT }]
    }),
  )
}

const HINT = 'reach it through a function of the unit that the kernel has under a name of its own'

/** Why the kernel may have something else by that name; undefined where it has not. */
function doubtOf(name: string, kernel: KernelImage, proof: Proof | undefined): string | undefined {
  const found = kernel.symbols.filter(symbol => symbol.name === name)
  const [only, another] = found
  if (only === undefined) return 'the kernel has nothing by that name'
  if (another !== undefined)
    return `the kernel has ${found.length} things by that name; which one is meant cannot be told yet`
  if (proof?.isLocal(name) === true)
    return proof.leadsTo(name) ? undefined : 'no code of its unit in the kernel shows that it is this one'
  return only.local ? 'the kernel has only what is local to some other unit by that name' : undefined
}

/** A new definition beside one that the kernel has by that name: who uses which, only a link of all could tell. */
function definitionRefusals(selection: Selection, kernel: KernelImage): readonly Refusal[] {
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

/** kernel/livepatch/transition.c, klp_check_stack_func: stacks are searched for the function's own range only. */
function coldNotices(units: readonly UnitInput[], { replacements }: Selection): readonly Reason[] {
  return replacements.flatMap(({ address, runningName, unit }): readonly Reason[] => {
    const { input, piece } = originOf(units, address) ?? {}
    const parts = input?.verdicts.correlation.original.pieces.filter(
      ({ kind, name }) => kind === 'function' && partOf(name) === piece?.name,
    )
    if (parts === undefined || parts.length === 0) return []
    const text = `${runningName} (${unit}) has an out-of-line part (${parts[0]?.name}), where the kernel does not look for tasks that sleep: one that does there goes on in the old code`
    return [{ code: 'cold-unchecked', text }]
  })
}

/** What a unit's own code in the image says of the unit's names. */
class Proof {
  readonly #input: UnitInput
  readonly #kernel: KernelImage
  readonly #code: UnitCode
  #proven: ReadonlySet<string> | undefined

  constructor(input: UnitInput, kernel: KernelImage, image: RunningImage) {
    this.#input = input
    this.#kernel = kernel
    this.#code = new UnitCode(input.verdicts.correlation.original, input.fileSymbol, image)
  }

  /** Whether the unit has something of its own by that name, that others do not see. */
  isLocal(name: string): boolean {
    const { original, patched } = this.#input.verdicts.correlation
    return [...original.object.symbols, ...patched.object.symbols].some(
      symbol => symbol.name === name && symbol.binding === 'local' && symbol.place.in !== 'nowhere',
    )
  }

  leadsTo(name: string): boolean {
    this.#proven ??= this.#find()
    return this.#proven.has(name)
  }

  /** Functions that are in the image, and what they lead to: a field that leads elsewhere would be a difference. */
  #find(): ReadonlySet<string> {
    const { original } = this.#input.verdicts.correlation
    const proven = new Set<string>()
    const add = (piece: Piece<'original'> | undefined) => {
      for (const id of piece?.symbols ?? []) proven.add(original.object.symbols[id]?.name ?? '')
    }
    for (const piece of original.pieces) {
      if (piece.kind !== 'function') continue
      const address = this.#kernel.lookup(piece.name)
      if (address === undefined || this.#code.check(piece, address).difference !== undefined) continue
      add(piece)
      for (const { target } of piece.references) if (target.to === 'piece') add(original.pieces[target.piece])
    }
    return proven
  }
}
