/**
 * Addresses of names that a payload needs. Evidence first: the program's own symbols, then payloads below, and last the
 * process's own dynamic linker, which the agent asks; so versions, interposed functions and functions that are chosen at
 * start (IFUNC) come out as they do for the program.
 */

import { boundedSection } from '../../program/program-names.ts'
import { severalFault } from '../../program/replaced-code.ts'
import type { About } from './about.ts'
import type { Agent } from './agent.ts'
import { STEP_SIZE, type Step, WORK } from './layout.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'

export interface ResolveContext {
  readonly agent: Agent
  readonly program: Program
  readonly loaded: readonly About[]
}

export interface Asked {
  readonly needed: readonly string[]
  /**
   * Names of weak symbols, which may be absent; their address is 0 then. Not so the bounds of a section that the program has: it
   * has entries there, and 0 would say that it has none.
   */
  readonly optional: ReadonlySet<string>
}

/** Every name's address; refused when one cannot be found, with all that cannot. */
export async function resolveNames(
  { needed: names, optional }: Asked,
  context: ResolveContext,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const chosen: { readonly name: string; readonly resolver: number }[] = []
  const asked: string[] = []
  for (const name of new Set(names)) {
    const symbol = onlySymbol(name, context.program)
    const below = symbol === undefined ? onlyBelow(name, context.loaded) : undefined
    if (symbol?.kind === 'indirect-function') chosen.push({ name, resolver: symbol.address })
    else if (symbol !== undefined) found.set(name, symbol.address)
    else if (below !== undefined) found.set(name, below)
    else if (!name.includes('#')) asked.push(name)
  }
  for (const name of optional) found.set(name, found.get(name) ?? 0)
  for (const [name, address] of await askLinker(context.agent, asked)) found.set(name, address)
  const answers = await context.agent.ask(chosen.map(({ resolver }) => ({ kind: 'call', address: resolver })))
  for (const [index, { name }] of chosen.entries()) found.set(name, answers[index] ?? 0)
  const mayBeAbsent = (name: string) => {
    const bounded = boundedSection(name)
    return optional.has(name) && (bounded === undefined || !context.program.hasSection(bounded))
  }
  const missing = [...new Set(names)].filter(name => (found.get(name) ?? 0) === 0 && !mayBeAbsent(name))
  if (missing.length > 0) {
    const hint = context.program.hasSymbols ? '' : '; the program has no symbol table, give its unstripped file'
    throw new Refused('ENOENT', `the process has no ${missing.join(', ')}${hint}`)
  }
  return found
}

/** What a loaded payload brought under that name; refused where several did, as each may be another version of it. */
export function onlyBelow(name: string, loaded: readonly Pick<About, 'symbols'>[]): number | undefined {
  const found = loaded.flatMap(({ symbols }) => symbols[name] ?? [])
  if (found.length > 1) {
    throw new Refused(
      'EINVAL',
      `${found.length} loaded payloads have brought a ${name}: which is meant is not known; unload those that are not applied`,
    )
  }
  return found[0]
}

/** The program's symbol of that name; refused when there are several. */
function onlySymbol(name: string, program: Program) {
  const symbols = program.find(name)
  if (symbols.length > 1) throw new Refused('EINVAL', severalFault(name, symbols.length))
  return symbols[0]
}

/**
 * What the process's dynamic linker has under these names; 0 for what it has not. Names go into the work area behind the
 * steps, so that the process can read them.
 */
export async function askLinker(
  agent: ResolveContext['agent'],
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { base, workAt, workSize } = agent.header
  const texts = names.map(name => Buffer.from(`${name}\0`, 'latin1'))
  const size = texts.reduce((total, text) => total + text.length, 0)
  if (WORK.steps + names.length * STEP_SIZE + size > workSize)
    throw new Refused('E2BIG', `${names.length} names to find`)
  if (names.length === 0) return new Map()
  if (agent.isBusy()) throw new Refused('EBUSY', 'another action is under way')
  let at = base + workAt + workSize - size
  const steps: Step[] = []
  agent.memory.write(at, Buffer.concat(texts))
  for (const text of texts) {
    steps.push({ kind: 'find', address: at })
    at += text.length
  }
  const answers = await agent.ask(steps)
  return new Map(names.map((name, index) => [name, answers[index] ?? 0]))
}
