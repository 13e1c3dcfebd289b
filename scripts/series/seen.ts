/** Fixes whose behaviour was looked at from dom0: before, with, and after; kept beside what was built. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RehearsalResult, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { builtIn, type Where } from './base.ts'
import { BEHAVIOURS, type Behaviour, looksAt } from './behaviours.ts'
import { git, type Series } from './history.ts'
import { RELEASE_BEHAVIOUR } from './releases.ts'
import { folderOf, hotspliceCommit, keptHypervisorOf, PATIENCE_MS, type Result } from './take.ts'

export interface Seen extends Pick<Behaviour, 'what' | 'before' | 'fixed'> {
  /** Whether each look was as it must be. */
  readonly isSeen: boolean
  readonly base: string
  /** The commit of hotsplice. */
  readonly by: string
}

const fileFor = (where: Where, series: Series) => join(folderOf(where, series), 'seen.json')

/** By its advisory, or by the title of its commit. */
export function behaviourOf({ id, commits, patch }: Series): Behaviour | undefined {
  if (patch !== undefined) return RELEASE_BEHAVIOUR
  const [title = ''] = commits[0]?.message.split('\n') ?? []
  return BEHAVIOURS.get(id) ?? BEHAVIOURS.get(title)
}

export function keptSeen(where: Where, series: Series): Seen | undefined {
  const file = fileFor(where, series)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

export function isToLook(where: Where, series: Series, { came }: Result): boolean {
  return came === 'full cycle' && behaviourOf(series) !== undefined && keptSeen(where, series) === undefined
}

/** Whether it can be looked at without its tree. */
export function hasHypervisor(where: Where, series: Series): boolean {
  return existsSync(keptHypervisorOf(folderOf(where, series)))
}

/** On the base that its branch's tree is built of; undefined where that is none, or has it already. */
export function onBuilt(where: Where, series: Series): Series | undefined {
  const built = builtIn(where, series.branch)
  const [first, ...more] = series.commits
  if (built === undefined || first === undefined) return undefined
  const isOlder = git(where.history, 'rev-list', '-1', `${first.parent}..${built}`) === ''
  return isOlder ? { ...series, commits: [{ ...first, parent: built }, ...more] } : undefined
}

/** On the hypervisor that was kept, else on its tree's, which is built. */
export async function look(where: Where, series: Series, tree = ''): Promise<Seen> {
  const behaviour = behaviourOf(series)
  if (behaviour === undefined) throw new Error(`nothing is known of ${series.id}`)
  const { what, before, fixed, cpuModel } = behaviour
  const folder = folderOf(where, series)
  const base = series.commits[0]?.parent ?? ''
  const payloads = [{ name: 'fix.livepatch', bytes: readFileSync(join(folder, 'fix.livepatch')) }]
  const hypervisor = hasHypervisor(where, series) ? keptHypervisorOf(folder) : join(tree, 'xen/xen')
  const asked = { hypervisor, payloads, timeoutMs: PATIENCE_MS, cpuModel }
  const shown: RehearsalResult[] = []
  const held: boolean[] = []
  for (const { script, goesDown } of looksAt(behaviour, domctlOf(where.history, base))) {
    const result = await rehearse({ ...asked, script })
    shown.push(result)
    held.push(isAsExpected(result, goesDown))
  }
  writeFileSync(join(folder, 'seen-rehearsals.json'), `${JSON.stringify(shown, null, 1)}\n`)
  const seen = { what, before, fixed, isSeen: held.every(Boolean), base, by: hotspliceCommit() }
  writeFileSync(fileFor(where, series), `${JSON.stringify(seen, null, 1)}\n`)
  return seen
}

/** Each operation came out as the script says; where the hypervisor goes down, in the last one. */
export function isAsExpected(
  { outcome, notRun, operations }: Pick<RehearsalResult, 'outcome' | 'notRun' | 'operations'>,
  goesDown: boolean,
): boolean {
  if (!goesDown) return outcome === 'passed'
  return outcome === 'crashed' && notRun === 0 && operations.slice(0, -1).every(({ expected }) => expected)
}

function domctlOf(history: string, base: string): string {
  const text = git(history, 'show', `${base}:xen/include/public/domctl.h`)
  const version = /^#define XEN_DOMCTL_INTERFACE_VERSION (0x[0-9a-f]+)$/m.exec(text)?.[1]
  if (version === undefined) throw new Error(`${base} says no version of its domctl`)
  return version
}
