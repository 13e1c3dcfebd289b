/** One fix on its own base: built, verified, and rehearsed on that very hypervisor. */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunReport } from '../../src/report/model.ts'
import { runUntil, suffixOf, type Where } from './base.ts'
import { git, type Series } from './history.ts'

/** What came of it; a base that does not compile is no fault of the fix. */
export type Came = 'full cycle' | 'nothing to do' | 'refused' | 'not taken' | 'crashed' | 'error' | 'no base'

export interface Result {
  readonly came: Came
  /** The commit that the fix stands on. */
  readonly base: string
  readonly functions: readonly string[]
  /** Of the build. */
  readonly seconds: number
  /** Codes of refusals, or of what ended the run. */
  readonly refusals: readonly string[]
  /** The commit of hotsplice. */
  readonly by: string
}

/** A machine that others use, too, boots slowly: it does not hang for that. */
export const PATIENCE_MS = 600_000
const HOTSPLICE = join(import.meta.dirname, '../../bin/hotsplice')
/** Exit codes of the command. */
const DONE = 0
const ENDINGS: ReadonlyMap<number, Came> = new Map([
  [2, 'refused'],
  [3, 'nothing to do'],
])

/** Where what came of a fix is kept: by its base and its text. */
export function folderOf({ history, state, machine }: Omit<Where, 'until'>, series: Series): string {
  const content = [series.commits[0]?.parent ?? '', ...patchesOf(history, series)].join('\0')
  const key = createHash('sha256').update(content).digest('hex').slice(0, 12)
  return join(state, 'results', `${series.branch}-${series.id}-${key}${suffixOf(machine)}`)
}

export function keptResult(folder: string): Result | undefined {
  const file = join(folder, 'result.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

export function keep(folder: string, result: Result): Result {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 1)}\n`)
  return result
}

/** As they stand in the history, with what they change beside the hypervisor. */
function patchesOf(history: string, { commits, patch }: Series): readonly string[] {
  if (patch !== undefined) return [patch]
  return commits.map(({ id }) => git(history, 'diff-tree', '-p', '--no-color', '--full-index', `${id}^`, id))
}

export interface Step {
  readonly args: readonly string[]
  readonly log: string
}

/** A fix that is being taken: whose files are where, and what runs the command there; undefined when time ran out. */
export interface Taking {
  readonly where: Where
  readonly series: Series
  readonly tree: string
  readonly folder: string
  readonly run: (step: Step) => Promise<number | undefined>
}

export function takingIn(folder: string, where: Where, series: Series, tree: string): Taking {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const run = ({ args, log }: Step) => runUntil([HOTSPLICE, ...args], join(folder, log), where.until)
  return { where, series, tree, folder, run }
}

/** As they are, or as somebody changed them; one of which nothing is left is none. */
export function writePatches(
  { where, series, folder }: Taking,
  changed: (text: string) => string = text => text,
): readonly string[] {
  const texts = patchesOf(where.history, series).map(changed)
  return texts
    .filter(text => text !== '')
    .map((text, at) => {
      const file = join(folder, `${at + 1}.patch`)
      writeFileSync(file, text)
      return file
    })
}

type Facts = Omit<Result, 'came'>

/** Undefined when time ran out. */
export async function take(where: Where, series: Series, tree: string): Promise<Result | undefined> {
  const taking = takingIn(folderOf(where, series), where, series, tree)
  return carry(taking, ['--patch', ...writePatches(taking)])
}

/** Built, verified and rehearsed; `what` is what the build takes. Undefined when time ran out. */
export async function carry({ where, series, tree, folder, run }: Taking, what: readonly string[]) {
  const at = (name: string) => join(folder, name)
  const [payload, report, told] = [at('fix.livepatch'), at('report.json'), at('rehearsal.json')]
  const started = performance.now()
  const options = ['--tree', tree, '--lines', 'auto', ...where.machine.options, '-o', payload, '--json', report]
  const built = await run({ args: ['build', ...options, ...what], log: 'build.txt' })
  if (built === undefined) return undefined
  const facts: Facts = {
    ...factsOf(report),
    base: series.commits[0]?.parent ?? '',
    seconds: Math.round((performance.now() - started) / 1000),
    by: hotspliceCommit(),
  }
  if (built !== DONE) return { ...facts, came: ENDINGS.get(built) ?? ('error' as const) }

  const symbols = join(tree, 'xen/xen-syms')
  const verified = await run({
    args: ['verify', payload, '--symbols', symbols, '--tree', tree, ...where.machine.options],
    log: 'verify.txt',
  })
  if (verified === undefined) return undefined
  if (verified !== DONE) return { ...facts, came: 'error' as const, refusals: ['verify'] }

  const hypervisor = join(tree, 'xen/xen')
  const patience = ['--timeout', String(PATIENCE_MS)]
  const args = ['rehearse', payload, '--hypervisor', hypervisor, '--json', told, ...patience]
  if ((await run({ args, log: 'rehearsal.txt' })) === undefined) return undefined
  const came = rehearsalOf(told)
  // The tree goes on to other bases; what is to be looked at later runs here.
  if (came === 'full cycle') copyFileSync(hypervisor, keptHypervisorOf(folder))
  return { ...facts, came }
}

/** The hypervisor that a fix went through the full cycle on, beside its payload. */
export const keptHypervisorOf = (folder: string) => join(folder, 'xen')

export const hotspliceCommit = () => git(import.meta.dirname, 'rev-parse', '--short=10', 'HEAD').trim()

/** What the report of a build says; a run that was ended by an error may have left none. */
function factsOf(file: string): Pick<Result, 'functions' | 'refusals'> {
  if (!existsSync(file)) return { functions: [], refusals: [] }
  const report: RunReport = JSON.parse(readFileSync(file, 'utf8'))
  const functions = report.functions.filter(({ included }) => included).map(({ unit, name }) => `${unit} ${name}`)
  const codes = report.error === null ? report.refusals.map(({ code }) => code) : [report.error.code]
  return { functions, refusals: [...new Set(codes)].sort() }
}

function rehearsalOf(file: string): Came {
  if (!existsSync(file)) return 'error'
  const { outcome }: { readonly outcome?: string } = JSON.parse(readFileSync(file, 'utf8'))
  if (outcome === 'passed') return 'full cycle'
  return outcome === 'crashed' ? 'crashed' : outcome === 'failed' ? 'not taken' : 'error'
}
