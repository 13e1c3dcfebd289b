/**
 * Judges hotpatches of running programs, knowing nothing of how they are made: a drawn program is built, started, asked
 * numbers, patched while it runs, and asked again. Each answer must be the oracle's, which goes on with the same variables
 * under the new text; or the build was refused. The oracle itself is held against the patched text, built and started anew.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../../src/base/errors.ts'
import type { BuildResult } from '../../src/flows/hotpatch/build-one.ts'
import { EBUSY, errnoName } from '../../src/hosts/abi/errno.ts'
import type { Host, Outcome } from '../../src/hosts/host.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { answersOf, BadCase, buildOracle, buildPayload, buildTree, hasAllVariables, patchOf } from './build-case.ts'
import type { Case } from './draw-case.ts'
import { isTaken, type Program, routinesOf, variablesOf } from './model.ts'
import { Died, RunningProgram } from './running.ts'

export type Judgement =
  | 'ok'
  | 'nothing'
  | 'refused'
  | 'refused-at-load'
  /** A thread stayed in what is replaced, or a word of its stack led there for as long as it waited. */
  | 'busy'
  | 'wrong'
  | 'dead'
  | 'false-nothing'
  | 'error'
  | 'bad-case'

export interface Judged {
  readonly judgement: Judgement
  /** Codes of refusals, or what is not as it should be. */
  readonly words: string
}

/**
 * What a test puts in the way, to see that it is noticed: the payload of another patch; one that is loaded and not applied;
 * what the program holds changes behind the oracle's back; the build says that there is nothing to do; the oracle has
 * other texts.
 */
export type Breach = 'other-payload' | 'unapplied' | 'other-state' | 'lost' | 'other-oracle'

export interface JudgeOptions {
  readonly agent: string
  /** For the product's compiles; may serve for many cases. */
  readonly cache: string
  readonly breach?: Breach
  /** Keeps the folder, and says where. */
  readonly keep?: (folder: string) => void
}

/** One thing that is done to the running program, or asked. */
type Step =
  | { readonly do: 'ask'; readonly numbers: readonly string[]; readonly version: number }
  | { readonly do: 'apply' | 'revert' | 'replace'; readonly payload: number }

class Unexpected extends Error {
  readonly judgement: Judgement
  constructor(judgement: Judgement, words: string) {
    super(words)
    this.judgement = judgement
  }
}

export async function judgeCase(drawn: Case, options: JudgeOptions): Promise<Judged> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-judge-'))
  try {
    return await judgeIn(drawn, options, folder)
  } catch (error) {
    if (error instanceof BadCase) return { judgement: 'bad-case', words: error.message }
    if (error instanceof Unexpected) return { judgement: error.judgement, words: error.message }
    if (error instanceof Died) return { judgement: 'dead', words: error.message }
    const code = error instanceof InputError ? `${error.code}: ` : ''
    return { judgement: 'error', words: `${code}${error instanceof Error ? (error.stack ?? error.message) : error}` }
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true })
    else options.keep(folder)
  }
}

async function judgeIn(drawn: Case, { agent, cache, breach }: JudgeOptions, folder: string): Promise<Judged> {
  const [before, after, last] = drawn.texts
  const tree = await buildTree(drawn, before, join(folder, 'before'))
  const { program } = tree
  const texts = [after, ...(drawn.kind === 'one' ? [] : [last])]
  const anew = await Promise.all(texts.map((text, at) => buildTree(drawn, text, join(folder, `after${at + 1}`), tree)))
  const versions = drawn.texts.map((text, at) => ({ program: text, beginsAnew: drawn.kind === 'replace' && at === 2 }))
  const oracle = await buildOracle(breach === 'other-oracle' ? versions.toReversed() : versions, folder)
  checkOracle(
    drawn,
    oracle,
    [tree, ...anew].map(each => each.program),
  )
  const request = { drawn, tree: tree.folder, program, patch: patchOf(before, after), cache }
  const first = await buildPayload(request)
  if (first.report.outcome === 'refused') return refusedAs(first)
  const payloads = [first.payload]
  const told = [first]
  let refused: Judged | undefined
  if (first.payload !== undefined && drawn.kind !== 'one') {
    const file = join(folder, 'first.livepatch')
    writeFileSync(file, first.payload)
    // Both are made from the tree of what runs; on top, or in its place, it is told what is there already.
    const there = drawn.kind === 'stack' ? { on: [file] } : { besides: [file] }
    const second = await buildPayload({ ...request, patch: patchOf(before, last), ...there })
    told.push(second)
    if (second.report.outcome === 'refused') refused = refusedAs(second)
    else payloads.push(second.payload)
  }
  const steps = stepsOf(
    drawn,
    payloads,
    hasAllVariables(
      program,
      variablesOf(before).map(({ name }) => name),
    ),
  )
  const other =
    breach === 'other-payload' ? await buildPayload({ ...request, patch: patchOf(before, last) }) : undefined
  const given = breach === 'lost' ? [] : [other?.payload ?? payloads[0], ...payloads.slice(1)]
  try {
    const ran = await carryOut(steps, { program, agent, oracle, payloads: given, breach })
    return refused ?? ran
  } catch (error) {
    if (!(error instanceof Unexpected) || error.judgement !== 'refused-at-load') throw error
    throw isTold(told)
      ? error
      : new Unexpected('error', `the build did not say what it could not know: ${error.message}`)
  }
}

/** Whether a build has said that only load will know what the program has. */
const isTold = (builds: readonly BuildResult[]): boolean =>
  builds.some(({ report }) => report.notices.some(({ code }) => code === 'program-unknown'))

/** The codes, and the first refusal's own words. */
function refusedAs({ report }: BuildResult): Judged {
  const codes = [...new Set(report.refusals.map(({ code }) => code))].sort()
  return { judgement: 'refused', words: `${codes.join(' ')}\t${report.refusals.map(({ text }) => text).join('; ')}` }
}

/** Each text, built as the case says and started anew, answers as the oracle does that starts with it. */
function checkOracle({ numbers, name }: Case, oracle: string, programs: readonly string[]): void {
  const asked = numbers[0] ?? []
  programs.forEach((program, version) => {
    const wanted = answersOf(oracle, [`z${version}`, ...asked]).slice(1)
    const difference = differenceIn(asked, answersOf(program, asked), wanted)
    if (difference !== undefined) throw new BadCase(`${name}, version ${version} started anew: ${difference}`)
  })
}

/** What is done, as far as there are payloads. What there is nothing to do for needs nothing done. */
function stepsOf(drawn: Case, payloads: readonly (Uint8Array | undefined)[], hasAll: boolean): readonly Step[] {
  const [before, after, last] = drawn.texts
  const [one = [], two = [], three = [], four = [], five = []] = drawn.numbers
  const ask = (numbers: readonly string[], version: number): Step => ({ do: 'ask', numbers, version })
  const [first, second] = payloads
  const steps: Step[] = [ask(one, 0)]
  if (first !== undefined) steps.push({ do: 'apply', payload: 0 })
  steps.push(ask(two, 1))
  const isSound = (old: Program, text: Program) => hasAll && !holdsWhatIsNew(old, text)
  if (payloads.length > 1) {
    const how = drawn.kind === 'stack' ? 'apply' : 'replace'
    const isThere = first !== undefined && second !== undefined && Buffer.compare(first, second) === 0
    // Nothing to do on top of the first is nothing to do; in its place, it is to be taken back, unless it is the same.
    if (second !== undefined && !(how === 'replace' && isThere)) steps.push({ do: how, payload: 1 })
    else if (how === 'replace' && !isThere) return steps
    steps.push(ask(three, 2))
    if (how === 'replace') {
      const applied = isThere ? 0 : 1
      if (isSound(before, last) && isSound(before, after)) steps.push({ do: 'revert', payload: applied }, ask(five, 0))
      return steps
    }
    if (!isSound(after, last)) return steps
    if (second !== undefined) steps.push({ do: 'revert', payload: 1 })
    steps.push(ask(four, 1))
  }
  if (first !== undefined && isSound(before, after) && (payloads.length < 2 || isSound(before, last)))
    steps.push({ do: 'revert', payload: 0 }, ask(five, 0))
  return steps
}

/** Whether a new function's address may be held by a variable, so that no revert is sound. */
function holdsWhatIsNew(before: Program, after: Program): boolean {
  const old = new Set(routinesOf(before).map(({ id }) => id))
  return routinesOf(after).some(({ id }) => !old.has(id) && isTaken(after, id))
}

interface Running {
  readonly program: string
  readonly agent: string
  readonly oracle: string
  readonly payloads: readonly (Uint8Array | undefined)[]
  readonly breach: Breach | undefined
}

async function carryOut(
  steps: readonly Step[],
  { program, agent, oracle, payloads, breach }: Running,
): Promise<Judged> {
  const commands = steps.flatMap(step => (step.do === 'ask' ? [`s${step.version}`, ...step.numbers] : []))
  const wanted = answersOf(oracle, commands).filter((_, at) => !commands[at]?.startsWith('s'))
  const running = new RunningProgram(program, agent)
  let host: Host | undefined
  let at = 0
  let done = 'before any payload'
  try {
    await running.begin()
    for (const step of steps) {
      if (step.do === 'ask') {
        const expected = wanted.slice(at, at + step.numbers.length)
        at += expected.length
        const difference = differenceIn(step.numbers, await running.ask(step.numbers), expected)
        if (difference === undefined) continue
        const isIdle = payloads.every(payload => payload === undefined)
        throw new Unexpected(isIdle && step.version > 0 ? 'false-nothing' : 'wrong', `${done}: ${difference}`)
      }
      host ??= openProcess({ pid: running.pid })
      if (breach !== 'lost') await operate(host, step, payloads[step.payload], breach !== 'unapplied')
      done = `after ${step.do} ${step.payload}`
      if (breach === 'other-state') await running.ask(['m9'])
    }
  } finally {
    await host?.close()
    running.stop()
  }
  return { judgement: payloads.some(payload => payload !== undefined) ? 'ok' : 'nothing', words: '' }
}

async function operate(
  host: Host,
  step: Exclude<Step, { readonly do: 'ask' }>,
  payload: Uint8Array | undefined,
  isApplied: boolean,
): Promise<void> {
  const name = `payload${step.payload}`
  const check = ({ result, words }: Outcome, what: string) => {
    if (result === 0) return
    const judgement = result === EBUSY ? 'busy' : step.do === 'revert' ? 'error' : 'refused-at-load'
    throw new Unexpected(judgement, `${what}: ${errnoName(result)} ${words.join(' ')}`)
  }
  if (step.do !== 'revert') check(await host.upload({ name, payload: payload ?? new Uint8Array() }), 'upload')
  if (isApplied) check(await host.act({ action: step.do, name, timeoutMs: 3000 }), step.do)
}

function differenceIn(
  numbers: readonly string[],
  found: readonly string[],
  wanted: readonly string[],
): string | undefined {
  const at = numbers.findIndex((_, index) => found[index] !== wanted[index])
  if (at === -1) return undefined
  return `asked ${numbers[at]}, it says ${JSON.stringify(found[at])}, not ${JSON.stringify(wanted[at])}`
}
