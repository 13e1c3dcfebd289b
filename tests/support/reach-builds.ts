/** Drawn edits of headers, built with the units that cannot see them and without: what comes out has to be the same. */
import { createTwoFilesPatch } from 'diff'
import type { HotpatchRun } from '../../src/flows/hotpatch/hotpatch.ts'
import type { Base, Tree } from '../../src/trees/index.ts'
import { createHotpatch, type OpenOptions } from './opened.ts'
import { drawnEdit } from './reach-edits.ts'

export interface BuiltTwice {
  readonly name: string
  readonly readers: number
  readonly leftOut: number
  readonly ended: 'built' | 'refused' | 'nothing'
  /** What must not be: where the two differ. */
  readonly wrong: readonly string[]
}

export interface BuildQuestion {
  readonly seed: number
  readonly number: number
  /** Headers that more units read are not drawn. */
  readonly mostReaders: number
  /** Plants a mistake: the first of the readers is left out, whatever it sees. */
  readonly control?: boolean
}

/** Every second edit moves lines, and is built under `auto`. Undefined where the draw gives no edit that compiles. */
export async function builtBothWays(
  tree: Tree,
  options: OpenOptions,
  { seed, number, mostReaders, control = false }: BuildQuestion,
): Promise<BuiltTwice | undefined> {
  const edit = drawnEdit(tree, seed, number, mostReaders)
  if (edit === undefined) return undefined
  const { path } = edit
  const moves = number % 2 === 1
  const text = createTwoFilesPatch(`a/${path}`, `b/${path}`, edit.before, `${moves ? '\n' : ''}${edit.after}`, '', '')
  const build = (compileAll: boolean) =>
    createHotpatch(
      { ...options, compileAll, lines: moves ? 'auto' : 'ignore', patches: [{ name: 'edit', text }] },
      control && !compileAll ? withoutFirst : undefined,
    )
  const all = await build(true).catch(error => String(error))
  const few = await build(false).catch(error => String(error))
  // A text that does not compile: who reads it first may be another one.
  if (typeof all === 'string') return undefined
  const readers = all.affected.affected.length
  const name = `${seed}-${number} ${path}: ${edit.what}`
  const ended = all.refusals.length > 0 ? 'refused' : all.payload === undefined ? 'nothing' : 'built'
  if (typeof few === 'string') return { name, readers, leftOut: 0, ended, wrong: [few] }
  return { name, readers, leftOut: few.leftOut.length, ended, wrong: differences(all, few) }
}

function withoutFirst(base: Base): Base {
  return { ...base, dependents: async (...asked) => (await base.dependents(...asked)).slice(1) }
}

function differences(all: HotpatchRun, few: HotpatchRun): readonly string[] {
  const [one, other] = [all, few].map(factsOf)
  const lost = one?.filter(fact => !other?.includes(fact)) ?? []
  const more = other?.filter(fact => !one?.includes(fact)) ?? []
  return [...lost.map(fact => `not ${fact}`), ...more.map(fact => `also ${fact}`)]
}

/** What a build found and made, but for units of which only lines move. */
function factsOf({ payload, refusals, units }: HotpatchRun): readonly string[] {
  const found = units.flatMap(({ unit, verdicts }) =>
    [...verdicts.functions, ...verdicts.data].flatMap(({ name, verdict: { kind } }) =>
      kind === 'same' || kind === 'line-only' ? [] : [`${kind} ${unit} ${name}`],
    ),
  )
  return [
    `payload ${payload === undefined ? 'none' : Buffer.from(payload.bytes).toString('base64')}`,
    ...refusals.map(({ code, unit, symbol }) => `refusal ${code} ${unit} ${symbol}`),
    ...found,
  ]
}
