/** One payload for each C unit, built and judged by the real Xen. */
import { createTwoFilesPatch } from 'diff'
import { judgePayloads, type RehearsalPayload } from '../../src/hosts/rehearsal/index.ts'
import { quiet, type Tree, type Unit } from '../../src/trees/index.ts'
import { draws } from './harmless.ts'
import { createHotpatch, type OpenOptions, openTree } from './opened.ts'
import { exchanged, MILD } from './real-edits.ts'

export interface MassAnswer {
  readonly unit: string
  /** `unchanged`: no edit that was drawn changed its code, or none could be drawn. */
  readonly ended: 'taken' | 'not taken' | 'refused' | 'unchanged'
  /** Which line, or why not. */
  readonly told: string
}

export interface MassOptions {
  readonly tree: string
  readonly hypervisor: string
  readonly seed: number
  readonly seconds: number
  readonly cacheFolder: string
  readonly isWanted: (unit: string) => boolean
}

/** Edits that do not compile, or change nothing, are drawn anew so often. */
const TRIES = 8

export async function* massRun(options: MassOptions): AsyncGenerator<MassAnswer> {
  const { tree: folder, hypervisor, seed, seconds, cacheFolder, isWanted } = options
  const common: OpenOptions = { tree: folder, target: 'xen', jobs: 2, progress: quiet, cacheFolder }
  const tree = await openTree(common)
  const begun = performance.now()
  const told = new Map<string, string>()
  const others: MassAnswer[] = []
  async function* payloads(): AsyncGenerator<RehearsalPayload> {
    for (const unit of tree.units) {
      if (unit.language !== 'c' || unit.role !== 'linked' || !unit.source.endsWith('.c') || !isWanted(unit.unit))
        continue
      if (performance.now() - begun > seconds * 1000) return
      const built = await payloadFor({ tree, unit, common, draw: draws(seed + hashOf(unit.unit)) })
      told.set(unit.unit, built.told)
      if (built.bytes === undefined) others.push({ unit: unit.unit, ended: built.ended, told: built.told })
      else yield { name: unit.unit, bytes: built.bytes }
    }
  }
  for await (const { name, verdict, failedAt, errno } of judgePayloads({
    hypervisor,
    payloads: payloads(),
    through: 'cycle',
  })) {
    yield* others.splice(0)
    const why = verdict === 'accepted' ? '' : `: ${verdict} at ${failedAt} (${errno})`
    yield { unit: name, ended: verdict === 'accepted' ? 'taken' : 'not taken', told: `${told.get(name)}${why}` }
  }
  yield* others.splice(0)
}

const hashOf = (text: string) => [...text].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 0)

interface Task {
  readonly tree: Tree
  readonly unit: Unit
  readonly common: OpenOptions
  readonly draw: (below: number) => number
}

interface Built {
  readonly bytes: Uint8Array | undefined
  readonly ended: 'refused' | 'unchanged'
  readonly told: string
}

/** The first edit that gives a payload; where all are refused, why the last one was. */
async function payloadFor({ tree, unit, common, draw }: Task): Promise<Built> {
  const path = unit.dependencies[0]
  const original = path === undefined ? undefined : tree.reader.read(path)
  let last: Built = { bytes: undefined, ended: 'unchanged', told: 'nothing could be exchanged' }
  for (let attempt = 0; attempt < TRIES && path !== undefined && original !== undefined; attempt++) {
    const edit = exchanged(original.split('\n'), draw, MILD, 20_000)
    if (edit === undefined) break
    const text = createTwoFilesPatch(`a/${path}`, `b/${path}`, original, edit.lines.join('\n'), '', '')
    const where = `${path}:${edit.at + 1}`
    try {
      const run = await createHotpatch({ ...common, lines: 'auto', patches: [{ name: 'edit', text }] })
      if (run.payload !== undefined) return { bytes: run.payload.bytes, ended: 'unchanged', told: where }
      const [refusal] = run.refusals
      if (refusal !== undefined)
        last = { ...last, ended: 'refused', told: `${where}: ${refusal.code} ${refusal.symbol}` }
      else if (last.ended === 'unchanged') last = { ...last, told: `${where}: no code changes` }
    } catch (error) {
      if (!(error instanceof Error) || !/does not compile|compil/.test(error.message)) throw error
    }
  }
  return last
}
