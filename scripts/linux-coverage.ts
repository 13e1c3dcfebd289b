/**
 * Real fixes of linux-6.1.y, each on the kernel that Debian shipped before it (scripts/linux.sh image); of linux-6.12.y with
 * HOTSPLICE_LINUX=6.12.107:
 *
 *     npx tsx scripts/linux-coverage.ts --later DIR [--state DIR] [--minutes 5] [--only TEXT] [--table FILE]
 *
 * DIR is the unpacked source of a later version of Debian's (linux-source-6.1), which has the fixes of series/linux-fixes.ts: a
 * fix is what differs in its file. Each is built as it is, and where only `no-ftrace-site` was in the way, once more with
 * --promote-callers all; what was built is loaded into that very kernel, with the module that it is about and those that this one
 * needs, disabled and unloaded again. Takes what has no result yet, for N minutes, keeps the results in --state (no patches:
 * payloads and outcomes), and writes the table at the end.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createTwoFilesPatch } from 'diff'
import { InputError } from '../src/base/errors.ts'
import { build } from '../src/flows/build.ts'
import { inspect } from '../src/flows/inspect.ts'
import { rehearse } from '../src/hosts/rehearsal/index.ts'
import { readModinfo } from '../src/loaders/linux/modinfo.ts'
import { quiet } from '../src/trees/index.ts'
import { LINE } from '../tests/linux/kernel.ts'
import { Workshop } from '../tests/linux/made.ts'
import { readIf } from './series/base.ts'
import { LINUX_FIXES, type LinuxFix } from './series/linux-fixes.ts'

const { values } = parseArgs({
  options: {
    later: { type: 'string' },
    state: { type: 'string', default: '.linux-coverage' },
    minutes: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    table: { type: 'string' },
  },
})

interface Result {
  readonly id: string
  readonly file: string
  readonly outcome: 'full cycle' | 'nothing to do' | 'refused' | 'not by itself' | 'not carried out'
  /** Objects that it is about, and how many functions it replaces. */
  readonly objects: readonly string[]
  readonly functions: number
  readonly promoted: boolean
  readonly seconds: number
  /** Codes of refusals, or what went wrong. */
  readonly why: readonly string[]
}

const STABLE = LINE.split('.', 2).join('.')
const FIXES = LINUX_FIXES.get(STABLE) ?? []
const workshop = new Workshop()
const fileOf = (state: string, { file }: LinuxFix) => join(state, `${file.replaceAll('/', '-')}.json`)

/** All that is to be loaded before it, what others need first. */
function neededBy(names: readonly string[], seen = new Set<string>()): readonly string[] {
  return names.flatMap(name => {
    if (seen.has(name)) return []
    seen.add(name)
    const needs = readModinfo(module(name))?.get('depends') ?? ''
    return [...neededBy(needs.split(',').filter(Boolean), seen), name]
  })
}

/** A file's name may have dashes where the module's has underscores. */
function module(name: string): Uint8Array {
  for (const file of [name, name.replaceAll('_', '-')]) {
    try {
      return workshop.module(file)
    } catch {}
  }
  throw new Error(`the package has no module ${name}`)
}

async function tryOn(fix: LinuxFix, later: string, state: string): Promise<Result> {
  const began = performance.now()
  const [before, after] = [workshop.tree, later].map(tree => readFileSync(join(tree, fix.file), 'latin1'))
  const text = createTwoFilesPatch(`a/${fix.file}`, `b/${fix.file}`, before ?? '', after ?? '', '', '')
  const name = `fix_${fix.file.replace(/\W/g, '_')}`
  const of = (promote: boolean) =>
    build({
      tree: workshop.tree,
      target: 'linux',
      symbols: workshop.image,
      patches: [{ name: 'fix.patch', text }],
      output: `${name}.ko`,
      ...(promote ? { promoteCallers: ['all'] } : {}),
      version: 'coverage',
      cacheFolder: state,
      jobs: 1,
      progress: quiet,
    })
  const none = { ...fix, objects: [], functions: 0, promoted: false }
  const seconds = () => Math.round((performance.now() - began) / 1000)
  try {
    let made = await of(false)
    const refused = () => [...new Set(made.report.refusals.map(({ code }) => code))].sort()
    const promoted = refused().length === 1 && refused()[0] === 'no-ftrace-site'
    if (promoted) made = await of(true)
    if (made.report.outcome === 'refused')
      return { ...none, promoted, outcome: 'refused', seconds: seconds(), why: refused() }
    if (made.payload === undefined) return { ...none, outcome: 'nothing to do', seconds: seconds(), why: [] }
    const shown = inspect(made.payload, name)
    const functions = 'lookedUp' in shown ? (shown.functions ?? []) : []
    const objects = [...new Set(functions.map(({ object }) => object))]
    const built = { ...fix, objects, functions: functions.length, promoted, seconds: seconds() }
    writeFileSync(join(state, `${name}.ko`), made.payload)
    const why = await live(name, made.payload, objects)
    return {
      ...built,
      outcome: why === undefined ? 'full cycle' : 'not carried out',
      why: why === undefined ? [] : [why],
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return {
      ...none,
      outcome: 'not by itself',
      seconds: seconds(),
      why: [`${error.code}: ${error.message.split('\n')[0]}`],
    }
  }
}

/** Why its life did not come to its end; undefined where it did. */
async function live(name: string, bytes: Uint8Array, objects: readonly string[]): Promise<string | undefined> {
  const needed = neededBy(objects.filter(object => object !== 'vmlinux'))
  const payloads = [...needed.map(each => ({ name: `${each}.ko`, bytes: module(each) })), { name: `${name}.ko`, bytes }]
  const patched = objects.flatMap(object => [`read /sys/kernel/livepatch/${name}/${object}/patched`, 'expect-output 1'])
  const script = [
    ...needed.map(each => `load ${each}.ko`),
    ...[`load ${name}.ko`, `wait ${name} timeout=60000`, `expect-state ${name} enabled`, ...patched],
    ...[`disable ${name}`, `wait ${name} timeout=60000`, `unload ${name}`, 'expect-taints OEK'],
  ]
  const asked = { hypervisor: workshop.image, payloads, script: `${script.join('\n')}\n`, cpus: 2, timeoutMs: 240_000 }
  const { outcome, operations, downfall } = await rehearse({ system: 'Linux', ...asked })
  if (outcome === 'passed') return undefined
  const wrong = operations.find(({ expected }) => !expected)
  return `${outcome}: ${downfall?.sign ?? `${wrong?.text} ${wrong?.errno ?? ''} ${wrong?.output.at(-1) ?? ''}`}`
}

function table(results: readonly Result[]): string {
  const count = (outcome: Result['outcome']) => results.filter(each => each.outcome === outcome).length
  const outcomes = ['full cycle', 'nothing to do', 'refused', 'not by itself', 'not carried out'] as const
  const said = outcomes.flatMap(each => (count(each) > 0 ? [`${count(each)} ${each}`] : []))
  const rows = results.map(({ id, file, outcome, objects, functions, promoted, seconds, why }) => {
    const how = promoted ? `${outcome}, with \`--promote-callers all\`` : outcome
    return `| ${id} | ${file} | ${how} | ${objects.join(' ')} | ${functions || ''} | ${seconds} | ${why.join(' ')} |`
  })
  const head = [
    '| id | file | outcome | objects | functions | seconds | why |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ]
  return `${results.length} fixes: ${said.join(', ')}.\n\n${[...head, ...rows].join('\n')}\n`
}

async function run(): Promise<void> {
  const { later, state, minutes, only } = values
  mkdirSync(state, { recursive: true })
  const end = performance.now() + Number(minutes) * 60_000
  for (const fix of FIXES.filter(({ id, file }) => `${id} ${file}`.includes(only))) {
    if (later === undefined || readIf(fileOf(state, fix)) !== undefined || performance.now() > end) continue
    const result = await tryOn(fix, later, state)
    writeFileSync(fileOf(state, fix), JSON.stringify(result))
    console.log(`${result.file}: ${result.outcome} ${result.why.join(' ')} (${result.seconds} s)`)
  }
  const kept = FIXES.flatMap((fix): Result[] => JSON.parse(`[${readIf(fileOf(state, fix)) ?? ''}]`))
  if (values.table !== undefined) {
    writeFileSync(values.table, replaced(readFileSync(values.table, 'utf8'), table(kept)))
  }
  console.log(table(kept).split('\n')[0])
}

/** The page with this table below the line's own mark, up to the next heading. */
function replaced(page: string, text: string): string {
  const mark = `<!-- ${STABLE}: made by scripts/linux-coverage.ts from here on. -->`
  const [before, ...after] = page.split(mark)
  if (after.length !== 1) throw new Error(`${values.table} does not have once: ${mark}`)
  const next = after[0]?.indexOf('\n## ') ?? -1
  return `${before}${mark}\n\n${text}${next < 0 ? '' : after[0]?.slice(next)}`
}

run().finally(() => workshop.close())
