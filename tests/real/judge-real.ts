/**
 * Judges hotpatches of real programs: an edit is drawn, the program is built anew with it, and the running one is patched;
 * then both must answer alike, and after the patch is reverted, as at first.
 */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTwoFilesPatch } from 'diff'
import { build } from '../../src/flows/build.ts'
import { errnoName } from '../../src/hosts/abi/errno.ts'
import type { Host, Outcome } from '../../src/hosts/host.ts'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { quiet } from '../../src/trees/index.ts'
import { Died } from '../judge/running.ts'
import { draws } from '../support/harmless.ts'
import { startAsked } from './asked.ts'
import { drawRealEdit, type RealEdit } from './edits.ts'
import { type RealProgram, type RealTree, rebuiltWith } from './programs.ts'

export type RealJudgement =
  /** Answers as the program that was built anew; `seen` where these are other answers than before. */
  | 'right'
  | 'right, and seen'
  | 'refused'
  | 'nothing'
  | 'refused at load'
  | 'wrong'
  | 'dead'
  | 'false nothing'
  /** It does not compile, or the program that was built anew does not answer, or differs from itself. */
  | 'unusable'

export interface RealResult {
  readonly name: string
  readonly edit: string
  readonly judgement: RealJudgement
  readonly words: string
}

export interface RealRun {
  readonly program: RealProgram
  readonly seed: number
  readonly number: number
  readonly cache: string
  /** Judges anew what is kept. */
  readonly isFresh?: boolean
  /** No where a test wants to see that it is noticed. */
  readonly isApplied?: boolean
}

const ATTEMPTS = 30
const PATIENCE_MS = 15_000

/** Judges one edit; draws until one is usable. */
export async function judgeReal(run: RealRun): Promise<RealResult> {
  const { program, seed, number, cache } = run
  const tree = program.tree(cache)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const name = `${program.name}-${seed}-${number}-${attempt}`
    const draw = draws(createHash('sha256').update(name).digest().readUInt32LE(0))
    const file = program.edited[draw(program.edited.length)] ?? ''
    const text = readFileSync(join(tree.folder, file), 'latin1')
    const edit = drawRealEdit(draw, file, text)
    if (edit === undefined) continue
    const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, text, edit.text, '', '')
    const kept = keptResult({ cache, patch, program })
    const known = run.isFresh === true ? undefined : kept.read()
    const result = known ?? (await judgeEdit({ ...run, tree, edit, patch }))
    if (run.isApplied !== false) kept.write(result)
    if (result.judgement === 'unusable') continue
    return { name, edit: `${edit.kind} ${edit.file}:${edit.line}`, ...result }
  }
  return { name: `${program.name}-${seed}-${number}`, edit: '', judgement: 'unusable', words: 'no edit was usable' }
}

type Found = Pick<RealResult, 'judgement' | 'words'>

/** By what it came of: the patch, the program, and the product's own text. */
function keptResult({
  cache,
  patch,
  program,
}: {
  readonly cache: string
  readonly patch: string
  readonly program: RealProgram
}) {
  const hash = createHash('sha256').update(JSON.stringify([program, patch, ownText()]))
  const folder = join(cache, 'real', 'results')
  const path = join(folder, `${hash.digest('hex').slice(0, 32)}.json`)
  return {
    read: (): Found | undefined => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined),
    write: (result: Found) => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(`${path}.${process.pid}`, JSON.stringify(result))
      renameSync(`${path}.${process.pid}`, path)
    },
  }
}

let own: string | undefined
function ownText(): string {
  if (own !== undefined) return own
  const hash = createHash('sha256')
  for (const folder of ['../../src/', '../../agent/', './']) {
    const path = fileURLToPath(new URL(folder, import.meta.url))
    for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()) {
      if (/\.(ts|c|cc|h)$/.test(name) && !name.endsWith('.test.ts'))
        hash.update(name).update(readFileSync(join(path, name)))
    }
  }
  own = hash.digest('hex')
  return own
}

interface Judging extends RealRun {
  readonly tree: RealTree
  readonly edit: RealEdit
  readonly patch: string
}

async function judgeEdit({ program, tree, edit, patch, cache, isApplied = true }: Judging): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-real-'))
  try {
    const rebuilt = rebuiltWith(tree, edit, join(folder, 'after'))
    if (rebuilt === undefined) return { judgement: 'unusable', words: 'does not compile' }
    const agent = agentFile(cache)
    const answers = async (path: string) => {
      const running = await startAsked(program, { program: path, agent, folder, patienceMs: PATIENCE_MS })
      try {
        return [await running.ask(program.requests), await running.ask(program.requests)]
      } finally {
        running.stop()
      }
    }
    const wanted = await answers(rebuilt).catch((error: unknown) => {
      if (error instanceof Died) return undefined
      throw error
    })
    if (wanted === undefined) return { judgement: 'unusable', words: 'built anew, it dies' }
    const [first = [], second = []] = wanted
    if (differenceIn(program.requests, first, second) !== undefined) {
      return { judgement: 'unusable', words: 'built anew, it says other things each time' }
    }
    const { report, payload } = await build({
      tree: tree.folder,
      target: 'process',
      patches: [{ name: 'edit.patch', text: patch }],
      lines: 'auto',
      symbols: join(tree.folder, tree.program),
      cacheFolder: cache,
      jobs: 2,
      progress: quiet,
      signal: new AbortController().signal,
      version: '0',
      output: 'edit.livepatch',
    })
    if (report.outcome === 'refused') {
      const codes = [...new Set(report.refusals.map(({ code }) => code))].sort().join(' ')
      return { judgement: 'refused', words: `${codes}: ${report.refusals[0]?.text}` }
    }
    return await live({
      program,
      tree,
      agent,
      folder,
      isApplied,
      payload,
      wanted: first,
    })
  } catch (error) {
    if (error instanceof Died) return { judgement: 'dead', words: error.message }
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Live {
  readonly program: RealProgram
  readonly tree: RealTree
  readonly agent: string
  readonly folder: string
  readonly payload: Uint8Array | undefined
  readonly wanted: readonly string[]
  readonly isApplied: boolean
}

async function live({ program, tree, agent, folder, payload, wanted, isApplied }: Live): Promise<Found> {
  const path = join(tree.folder, tree.program)
  const running = await startAsked(program, { program: path, agent, folder, patienceMs: PATIENCE_MS })
  let host: Host | undefined
  try {
    const { requests } = program
    const before = await running.ask(requests)
    if (payload !== undefined) {
      host = openProcess({ pid: running.pid })
      const loaded = await host.upload({ name: 'edit', payload })
      const applied = loaded.result === 0 && isApplied ? await applyTo(host, () => running.ask(requests)) : loaded
      if (applied.result !== 0) {
        return { judgement: 'refused at load', words: `${errnoName(applied.result)} ${applied.words.join(' ')}` }
      }
    }
    const difference = differenceIn(requests, await running.ask(requests), wanted)
    if (difference !== undefined)
      return { judgement: payload === undefined ? 'false nothing' : 'wrong', words: difference }
    if (host === undefined) return { judgement: 'nothing', words: '' }
    const reverted = await host.act({ action: 'revert', name: 'edit', timeoutMs: 5000 })
    if (reverted.result !== 0) return { judgement: 'wrong', words: `revert: ${errnoName(reverted.result)}` }
    const back = differenceIn(requests, await running.ask(requests), before)
    if (back !== undefined) return { judgement: 'wrong', words: `after the revert: ${back}` }
    const isSeen = differenceIn(requests, before, wanted) !== undefined
    return { judgement: isSeen ? 'right, and seen' : 'right', words: '' }
  } finally {
    await host?.close()
    running.stop()
  }
}

/** Where a thread seems to be inside, it is given other work, as the words of such an outcome ask for. */
async function applyTo(host: Host, work: () => Promise<unknown>): Promise<Outcome> {
  for (let attempt = 0; ; attempt++) {
    const outcome = await host.act({ action: 'apply', name: 'edit', timeoutMs: 2000 })
    if (errnoName(outcome.result) !== 'EBUSY' || attempt === 3) return outcome
    await work()
  }
}

function differenceIn(
  requests: readonly string[],
  found: readonly string[],
  wanted: readonly string[],
): string | undefined {
  const at = requests.findIndex((_, index) => found[index] !== wanted[index])
  if (at === -1) return undefined
  return `asked ${requests[at]}, it says ${JSON.stringify(found[at]).slice(0, 200)}, not ${JSON.stringify(wanted[at]).slice(0, 200)}`
}
