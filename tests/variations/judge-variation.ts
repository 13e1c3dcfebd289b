/** Draws a kind's case: compiler, options, units. Builds it, patches the program while it runs, and says what came of it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { InputError } from '../../src/base/errors.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { quiet } from '../../src/trees/index.ts'
import { compilersHere } from '../judge/build-case.ts'
import { RunningProgram } from '../judge/running.ts'
import { draws } from '../support/harmless.ts'
import { MAIN } from '../support/number-program.ts'
import { createHotpatch } from '../support/opened.ts'
import { ASKED, type Draw, type Drawn, HEAD, isThere, type Kind, OF_ANY, seedOf } from './kind.ts'

export interface Judgement {
  readonly ended: 'right' | 'refused' | 'nothing' | 'busy' | 'skipped' | 'wrong'
  /** The codes of refusals, or what is wrong. */
  readonly words: string
  readonly options: string
}

interface Variation {
  readonly compiler: string
  readonly extension: string
  readonly flags: readonly string[]
  readonly link: readonly string[]
  readonly isGiven: boolean
  readonly drawn: Drawn
}

function variationOf(kind: Kind, draw: Draw): Variation {
  const compilers = compilersHere().flatMap(({ c, cxx }) => [
    ...(kind.onlyCxx ? [] : [{ name: c, extension: 'c' }]),
    ...(kind.onlyC || cxx === undefined ? [] : [{ name: cxx, extension: 'cc' }]),
  ])
  const one = <T>(values: readonly T[]): T => values[draw(values.length)] as T
  const { name: compiler, extension } = one(compilers.filter(({ name }) => kind.compilers?.test(name) !== false))
  const [place, link] = one([
    [[], []],
    [['-fPIC'], []],
    [['-fno-pie'], ['-no-pie']],
  ] as const)
  const sections = one([[], ['-ffunction-sections'], ['-ffunction-sections', '-fdata-sections']])
  const flags = [
    one(['-O0', '-O1', '-O2', '-O3']),
    ...place,
    ...sections,
    ...one([[], ['-g']]),
    ...(extension === 'cc' ? one([['-fno-exceptions'], ['-fno-exceptions'], []]) : []),
    ...(kind.flags ?? []),
  ]
  const drawn = kind.draw(draw)
  const others = Object.fromEntries(
    [...Array(one([0, 2])).keys()].map(at => [`other${at}`, `int other${at}(int i) { return i + ${at}; }\n`]),
  )
  return {
    compiler,
    extension,
    flags,
    link: [...link, ...(kind.link ?? [])],
    isGiven: one([true, false]),
    drawn: { ...drawn, before: { ...others, ...drawn.before } },
  }
}

/** A case is named by its kind and seed. */
export async function judgeVariation(kind: Kind, seed: number, agent: string, cacheFolder: string): Promise<Judgement> {
  const variation = variationOf(kind, draws(seedOf(kind.name, seed)))
  if (kind.needs !== undefined && !isThere(kind.needs))
    return { ended: 'skipped', words: `there is no ${kind.needs}`, options: '' }
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-variation-'))
  const { compiler, flags, link, isGiven } = variation
  const options = [compiler, ...flags, ...link, ...(isGiven ? ['--symbols'] : [])].join(' ')
  try {
    return { options, ...(await judged(kind, variation, { folder, agent, cacheFolder })) }
  } catch (error) {
    if (kind.error !== undefined && error instanceof InputError && error.code === kind.error)
      return { options, ended: 'refused', words: `error ${error.code}` }
    return { options, ended: 'wrong', words: error instanceof Error ? error.message : String(error) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Places {
  readonly folder: string
  readonly agent: string
  readonly cacheFolder: string
}

async function judged(kind: Kind, variation: Variation, places: Places): Promise<Omit<Judgement, 'options'>> {
  const { drawn, isGiven } = variation
  const { folder, agent, cacheFolder } = places
  const program = builtTree(folder, variation)
  const anew = builtIn(join(folder, 'b'), variation, textsAfter(drawn))
  const [old, fresh] = [answersOf(program), answersOf(anew)]
  const { refusals, payload, notices } = await createHotpatch({
    ...(drawn.lines === undefined ? {} : { lines: drawn.lines }),
    tree: join(folder, 'a'),
    target: 'process',
    ...(isGiven ? { symbols: program } : {}),
    patches: [{ name: 'change.patch', text: patchOf(variation) }],
    jobs: 2,
    progress: quiet,
    cacheFolder,
  })
  if (kind.error !== undefined) return { ended: 'wrong', words: `no error ${kind.error}` }
  if (refusals.length > 0) {
    const words = refusals.map(({ code, symbol }) => `${code} ${symbol}`).join(', ')
    const isKnown = refusals.every(({ code }) => OF_ANY.includes(code) || kind.codes?.includes(code) === true)
    return isKnown ? { ended: 'refused', words } : { ended: 'wrong', words: `refused by another code: ${words}` }
  }
  const wanted = drawn.says?.map(String) ?? fresh
  if (payload === undefined) {
    const isSame = old.join() === fresh.join() && drawn.says === undefined
    return isSame ? { ended: 'nothing', words: '' } : { ended: 'wrong', words: `nothing to do: ${old} and ${fresh}` }
  }
  if (drawn.told !== undefined && !notices.some(({ code }) => code === drawn.told))
    return { ended: 'wrong', words: `nothing is said of ${drawn.told}` }
  if (kind.isRefusedAtLoad === true && !isGiven) {
    const [said = ''] = await patched(program, agent, payload.bytes)
    return { ended: said.startsWith('upload: ') ? 'refused' : 'wrong', words: said }
  }
  if (kind.isRefused) return { ended: 'wrong', words: 'built, what cannot be' }
  const said = await patched(program, agent, payload.bytes)
  if (said[0] === 'busy') return { ended: 'busy', words: '' }
  // What the linker dropped only a build knows that is given the program.
  if (!isGiven && said[0]?.startsWith('upload: ')) return { ended: 'refused', words: said.join() }
  if (said.join() === wanted.join()) return { ended: 'right', words: '' }
  return { ended: 'wrong', words: `says ${said}, not ${wanted}; before: ${old}` }
}

const textIn = (text: string) => HEAD + text

function textsAfter({ before, after, gone = [], renamed = {} }: Drawn): Readonly<Record<string, string>> {
  const left = new Set([...gone, ...Object.keys(renamed)])
  return { ...Object.fromEntries(Object.entries(before).filter(([name]) => !left.has(name))), ...after }
}

function patchOf({ drawn, extension }: Variation): string {
  const { before, after, gone = [], renamed = {} } = drawn
  const oldNames = new Map(Object.entries(renamed).map(([old, name]) => [name, old]))
  const written = Object.entries(after).map(([name, text]) => {
    const old = oldNames.get(name) ?? name
    const [from, to] = [`${old}.${extension}`, `${name}.${extension}`]
    const isNew = before[old] === undefined
    const part = createTwoFilesPatch(
      isNew ? '/dev/null' : `a/${from}`,
      `b/${to}`,
      isNew ? '' : textIn(before[old] ?? ''),
      textIn(text),
      '',
      '',
    )
    const head = `diff --git a/${from} b/${to}\nsimilarity index 80%\nrename from ${from}\nrename to ${to}\n`
    return from === to ? part : head + part.slice(part.indexOf('--- '))
  })
  const removed = gone.map(name =>
    createTwoFilesPatch(`a/${name}.${extension}`, '/dev/null', textIn(before[name] ?? ''), '', '', ''),
  )
  return [...written, ...removed].join('')
}

/** Of the tree's text; or of another, and then it lies elsewhere, or the tree was edited since. */
function builtTree(folder: string, variation: Variation): string {
  const { before, ran } = variation.drawn
  const tree = join(folder, 'a')
  if (ran === undefined) return builtIn(tree, variation, before)
  const program = builtIn(ran.isTree ? tree : join(folder, 'c'), variation, { ...before, ...ran.texts })
  if (!ran.isTree) rmSync(builtIn(tree, variation, before))
  const old = new Date(Date.now() - 3_600_000)
  for (const name of ran.isTree ? Object.keys(ran.texts) : []) {
    const file = join(tree, `${name}.${variation.extension}`)
    writeFileSync(file, textIn(before[name] ?? ''))
    utimesSync(file, old, old)
  }
  return program
}

function builtIn(folder: string, variation: Variation, texts: Readonly<Record<string, string>>): string {
  const { compiler, extension, flags, link } = variation
  mkdirSync(folder, { recursive: true })
  const command = (with_: string, options: readonly string[], file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
    const args = [with_, ...options, '-c', file, '-o', file.replace(/\.cc?$/, '.o')]
    execFileSync(with_, args.slice(1), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    return { directory: folder, file, arguments: args }
  }
  const entries = [
    command('gcc', ['-O1', '-fPIE'], 'main.c', MAIN),
    ...Object.entries(texts).map(([name, text]) => command(compiler, flags, `${name}.${extension}`, textIn(text))),
  ]
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
  const objects = entries.map(({ file }) => file.replace(/\.cc?$/, '.o'))
  execFileSync(compiler, [...link, '-Wl,--build-id', ...objects, '-o', 'program'], { cwd: folder })
  return join(folder, 'program')
}

const answersOf = (program: string): readonly string[] =>
  execFileSync(program, { input: `${ASKED.join('\n')}\n`, encoding: 'latin1' })
    .split('=\n')
    .slice(1, -1)
    .map(text => text.trim())

/** What it says after the patch, when it was asked before too. */
async function patched(program: string, agent: string, payload: Uint8Array): Promise<readonly string[]> {
  const running = new RunningProgram(program, agent, 20_000)
  try {
    await running.begin()
    await running.ask(ASKED.map(String))
    const host = openProcess({ pid: running.pid })
    try {
      const uploaded = await host.upload({ name: 'fix', payload })
      if (uploaded.result !== 0) return [`upload: ${JSON.stringify(uploaded)}`]
      const applied = await host.act({ action: 'apply', name: 'fix', timeoutMs: 5000 })
      // A word that code without optimisation left on the stack may hold for as long as the program waits.
      if (applied.result === -16) return ['busy']
      if (applied.result !== 0) return [`apply: ${JSON.stringify(applied)}`]
      return (await running.ask(ASKED.map(String))).map(text => text.trim())
    } finally {
      await host.close()
    }
  } finally {
    running.stop()
  }
}
