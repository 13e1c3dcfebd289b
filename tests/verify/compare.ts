/** What verify says beside what the real Xen says, for payloads made wrong on purpose. */
import { readFileSync } from 'node:fs'
import { readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { xenVersionOf } from '../../src/loaders/xen/version.ts'
import { AARCH64 } from '../../src/machines/aarch64/aarch64.ts'
import { type VerifyReport, verifyPayload, XEN_VERSIONS } from '../../src/verify/index.ts'
import { ARM64_RECIPES, type BaseName, basePayload, RECIPES } from './base-payloads.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { type Asked, askXen, type XenVerdict } from './judge.ts'
import { allArm64Mutations, allMutations, type Mutation, mutate } from './mutations.ts'
import { Random } from './random.ts'
import { type Touched, touchedIn } from './touched.ts'

export interface Compared {
  readonly name: string
  readonly verify: { readonly errno: string | null; readonly stage: string | null; readonly code: string | null }
  readonly xen: { readonly errno: string | null; readonly step: string | null }
  readonly agree: boolean
  /** Why they may differ here; undefined where no exception is known. */
  readonly exception: string | undefined
  readonly console: readonly string[]
}

export interface CompareOptions {
  readonly xenSyms: string
  readonly hypervisor: string
  readonly seed: number
  readonly mutations: readonly Mutation[]
}

/** Yields one comparison for each mutation, in order. */
export async function* compareWithXen(options: CompareOptions): AsyncGenerator<Compared> {
  const symbols = readHypervisorSymbols(readFileSync(options.xenSyms))
  const version = XEN_VERSIONS.find(each => each === xenVersionOf(symbols))
  if (version === undefined) throw new Error(`${options.xenSyms} is of no version that verify knows`)
  const recipes = symbols.machine === AARCH64.number ? ARM64_RECIPES : RECIPES
  const bases = new Map<BaseName, Uint8Array>()
  const cases = options.mutations.map(mutation => {
    const base = bases.get(mutation.base) ?? basePayload(recipes[mutation.base], { symbols })
    bases.set(mutation.base, base)
    const bytes = mutate(mutation, base, options.seed)
    return {
      mutation,
      base,
      bytes,
      report: verifyPayload({ payload: bytes, symbols, version, withoutIbt: true, on: [] }),
    }
  })
  const asked = cases.map(({ mutation, bytes, report }): Asked => {
    return { name: mutation.name, bytes, suspicious: report.errno === 'crash' }
  })
  let index = 0
  for await (const verdict of askXen({ hypervisor: options.hypervisor }, asked)) {
    const found = cases[index++]
    if (found !== undefined) yield compare(found.report, verdict, touchedIn(found.base, found.bytes))
  }
}

function compare(report: VerifyReport, xen: XenVerdict, touched: readonly Touched[]): Compared {
  const sameErrno = report.errno === xen.errno
  const sameStep = xen.errno === 'crash' || xen.errno === null || xen.step === report.stage
  // What is taken and wrong shows when it runs, if it does.
  const isTaken = xen.errno === null || (xen.errno === 'crash' && xen.step !== 'upload')
  const agree = report.errno === 'wrong' ? isTaken : sameErrno && sameStep
  return {
    name: xen.name,
    verify: { errno: report.errno, stage: report.stage, code: report.decidedBy },
    xen: { errno: xen.errno, step: xen.step },
    agree,
    exception: agree ? undefined : EXCEPTIONS.find(row => row.applies(report, xen, touched))?.reason,
    console: xen.console.slice(-6),
  }
}

/** All mutations of what payloads for that hypervisor are. */
export function mutationsFor(xenSyms: string): readonly Mutation[] {
  const { machine } = readHypervisorSymbols(readFileSync(xenSyms))
  return machine === AARCH64.number ? allArm64Mutations() : allMutations()
}

/** `count` mutations spread evenly over their categories, the same for the same seed; all of them for Infinity. */
export function sampleMutations(count: number, seed: number, all = allMutations()): readonly Mutation[] {
  if (count >= all.length) return all
  const random = new Random(seed)
  const queues = [...byCategory(all).values()].map(group => shuffled(group, random))
  const chosen: Mutation[] = []
  for (let round = 0; chosen.length < count; round++) {
    for (const queue of queues) {
      const next = queue[round]
      if (next !== undefined && chosen.length < count) chosen.push(next)
    }
  }
  return chosen
}

/** Groups by what stands before the first slash of a name. */
export function byCategory<T extends { readonly name: string }>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const category = item.name.split('/')[0] ?? ''
    groups.set(category, [...(groups.get(category) ?? []), item])
  }
  return groups
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map(item => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

export function describeComparison({ name, verify, xen, agree, exception }: Compared): string {
  const say = (errno: string | null) => errno ?? 'accepted'
  const ours = `verify ${say(verify.errno)}${verify.code === null ? '' : ` (${verify.code}, ${verify.stage})`}`
  const theirs = `Xen ${say(xen.errno)}${xen.step === null ? '' : ` at ${xen.step}`}`
  const mark = agree ? 'agree ' : exception === undefined ? 'DIFFER' : 'excuse'
  return `${mark} ${name}: ${ours}; ${theirs}${exception === undefined ? '' : `: ${exception}`}`
}
