/**
 * Units that the running Linux kernel is not built from: make says how any source would be compiled, also one that the
 * configuration leaves out. What a patch changes there concerns nobody who runs this kernel. Part of the pipeline.
 *
 * Which mistake is worse: a unit is left out that the kernel has, because the tree is configured as another kernel is. So the
 * configuration is not enough: neither the kernel nor a module of its package may have anything that the unit defines.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { ElfObject } from '../../elf/model.ts'
import type { ProbedSizes } from '../../loaders/entry-size.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { type Affected, isConfigured, modulesAround, type Tree } from '../../trees/index.ts'
import type { JudgedUnit } from './judge.ts'
import type { ToldUnits } from './judge-told.ts'
import { withOwnNames } from './kernel-names.ts'
import { imageAsked } from './kernel-running.ts'
import { definedIn, vanishedRefusals } from './kernel-vanished.ts'
import { type Running, type RunningOptions, runningOf } from './running.ts'

type Finding = Partial<Record<'refusals', readonly Refusal[]> & Record<'notices', readonly Reason[]>>

interface Asked {
  readonly affected: Affected
  readonly entrySizes: ProbedSizes | undefined
  readonly options: RunningOptions
}

/** What is known of the running system, and the units that it has. */
export async function withRunning(
  tree: Tree,
  told: ToldUnits,
  { affected, entrySizes, options }: Asked,
): Promise<{ readonly running: Running; readonly judged: ToldUnits }> {
  const running = withOwnNames(runningOf(tree, affected, entrySizes, options), told.units)
  const judged = await withoutUnbuilt(tree, told, running, options)
  if (running.kernel === undefined) return { running, judged }
  const vanished = await vanishedRefusals(tree, judged.units, running.kernel.plain)
  return { running, judged: { ...judged, refusals: [...judged.refusals, ...vanished] } }
}

async function withoutUnbuilt(
  tree: Tree,
  judged: ToldUnits,
  { kernel }: Pick<Running, 'kernel'>,
  options: RunningOptions,
): Promise<ToldUnits> {
  if (kernel === undefined) return judged
  const findings = new Map<JudgedUnit, Finding>()
  for (const unit of judged.units.filter(isChanged)) {
    const names = definedIn(unit.verdicts.correlation.original.object)
    if (names.length === 0 || names.some(name => kernel.plain.lookup(name) !== undefined)) continue
    const finding = await whyAbsent(tree, unit, names, { kernel: kernel.plain, image: imageAsked(options) })
    if (finding !== undefined) findings.set(unit, finding)
  }
  const found = [...findings.values()]
  return {
    units: judged.units.filter(unit => !findings.has(unit)),
    refusals: [...judged.refusals, ...found.flatMap(({ refusals = [] }) => refusals)],
    notices: [...judged.notices, ...found.flatMap(({ notices = [] }) => notices)],
  }
}

/** Whether anything of it could be in a payload. */
function isChanged({ verdicts: { functions, data } }: JudgedUnit): boolean {
  return [...functions, ...data].some(({ verdict: { kind } }) => kind !== 'same' && kind !== 'line-only')
}

interface Where {
  readonly kernel: KernelImage
  readonly image: string
}

/** Undefined where it cannot be told: then each reference to what the kernel has not is refused by itself. */
async function whyAbsent(
  tree: Tree,
  { unit, fileSymbol }: JudgedUnit,
  names: readonly string[],
  { kernel, image }: Where,
): Promise<Finding | undefined> {
  const what = names.slice(0, 3).join(', ')
  const refused = (text: string, hint: string): Finding => ({
    refusals: [{ code: 'not-linked', unit, symbol: '', text, hint }],
  })
  if (await isConfigured(tree, unit)) {
    return refused(
      `${unit} is part of the tree’s configuration, and the kernel has nothing of what it defines (${what})`,
      'is --symbols the kernel that the tree was prepared for?',
    )
  }
  const modules = modulesAround({ image, release: kernel.facts.release }, unit)
  if (modules === undefined) return undefined
  const owner = modules.find(({ object }) => names.some(name => defines(object, name)))
  if (owner !== undefined) {
    return refused(
      `${unit} is not part of the tree’s configuration, and the kernel’s module ${owner.name} has what it defines (${what})`,
      'prepare the tree with the configuration of the kernel that runs (/boot/config-…)',
    )
  }
  const text = `${fileSymbol} is not compiled by the kernel’s configuration, and neither the kernel nor a module of its package has what it defines (${what}): nothing of it runs, and the change is left out`
  return { notices: [{ code: 'not-compiled', text }] }
}

const defines = ({ symbols }: ElfObject<'original'>, wanted: string): boolean =>
  symbols.some(({ name, place }) => name === wanted && place.in === 'section')
