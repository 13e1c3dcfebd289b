/**
 * The hypervisor that was running before a fix: one tree for each branch, moved from base to base, so that only what
 * differs is compiled again. A file that is the same in both keeps its time.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { git } from './history.ts'
import { type SeriesMachine, USUAL } from './machines.ts'

/** The configuration of scripts/xen.sh; the rest is as the tree has it. */
const CONFIG = 'CONFIG_DEBUG=n\nCONFIG_LIVEPATCH=y\n'
/** The build-id must not hang on the clock, the host or the user. */
const BUILD = {
  XEN_BUILD_DATE: '2024-01-01',
  XEN_BUILD_TIME: '00:00:00',
  XEN_BUILD_HOST: 'host',
  XEN_DOMAIN: 'domain',
  XEN_WHOAMI: 'builder',
}
const KCONFIG = ['*Kconfig*', 'xen/tools/kconfig']

export interface Where {
  readonly history: string
  readonly state: string
  readonly machine: SeriesMachine
  /** When the run has to be over, as Date.now() has it. */
  readonly until: number
}

export type Base = { readonly is: 'built'; readonly tree: string } | { readonly is: 'not-built' | 'not-yet' }

type Place = Pick<Where, 'state' | 'machine'>

/** Of a branch; it goes from base to base. */
export const treeOf = ({ state, machine }: Place, branch: string) =>
  join(state, 'trees', `${branch}${suffixOf(machine)}`)

/** The commit whose hypervisor is there, whole. */
export const builtIn = (where: Place, branch: string): string | undefined => readIf(`${treeOf(where, branch)}.built`)

/** `not-yet` where time ran out: the next run goes on with what is compiled by then. */
export async function baseAt(where: Where, branch: string, commit: string): Promise<Base> {
  const { machine } = where
  const tree = treeOf(where, branch)
  const built = `${tree}.built`
  if (readIf(built) === commit) return { is: 'built', tree }
  rmSync(built, { force: true })
  checkOut(where.history, tree, commit)
  const make = (...goals: readonly string[]) =>
    runUntil(['make', '-C', join(tree, 'xen'), '-j2', PYTHON, ...machine.make, ...goals], `${tree}.log`, where.until)
  const configured = `${tree}.configured`
  let code: number | undefined = 0
  if (mayBeConfiguredOtherwise(tree, readIf(configured), commit)) {
    const config = join(tree, 'xen/.config')
    const before = readIf(config)
    writeFileSync(config, CONFIG)
    code = await make('olddefconfig')
    // What the other configuration compiled would pass for a part of this one.
    if (code === 0 && before !== undefined && valuesOf(readIf(config)) !== valuesOf(before)) code = await make('clean')
    if (code === 0) writeFileSync(configured, commit)
  }
  if (code === 0) code = await make()
  if (code !== 0) return { is: code === undefined ? 'not-yet' : 'not-built' }
  writeFileSync(built, commit)
  return { is: 'built', tree }
}

/** Of folders that hold what is of that machine. */
export const suffixOf = (machine: SeriesMachine) => (machine === USUAL ? '' : `-${machine.name}`)

const PYTHON = 'PYTHON=/usr/bin/python3'

/**
 * A hard link to a file (series/judge.ts makes them) or another place of the tree is no change of it: else git would write
 * every file again, and make compile them.
 */
const BY_CONTENT = ['-c', 'core.trustctime=false', '-c', 'core.checkStat=minimal']

function checkOut(history: string, tree: string, commit: string): void {
  if (!existsSync(tree)) {
    mkdirSync(join(tree, '..'), { recursive: true })
    git(history, 'clone', '--quiet', '--shared', '--no-checkout', '.', tree)
  }
  git(tree, ...BY_CONTENT, 'checkout', '--quiet', '--force', '--detach', commit)
}

/** Where a rule of the configuration may be another. One that is written again makes everything compile again. */
function mayBeConfiguredOtherwise(tree: string, before: string | undefined, commit: string): boolean {
  return before === undefined || git(tree, 'diff', '--name-only', before, commit, '--', ...KCONFIG) !== ''
}

/** Of a configuration, without what it says of the version. */
function valuesOf(config = ''): string {
  return config
    .split('\n')
    .filter(line => line.includes('CONFIG_'))
    .join('\n')
}

/** Its exit code, 1 where a signal ended it; undefined when it had to be stopped. */
export function runUntil(command: readonly string[], log: string, until: number): Promise<number | undefined> {
  const [program = '', ...args] = command
  const output = openSync(log, 'w')
  const child = spawn(program, args, {
    detached: true,
    env: { ...process.env, ...BUILD },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  return new Promise((resolve, reject) => {
    let stopped = false
    const timer = setTimeout(() => {
      stopped = true
      stop(child)
    }, until - Date.now())
    child.once('error', reject)
    child.once('exit', code => {
      clearTimeout(timer)
      resolve(stopped ? undefined : (code ?? 1))
    })
  })
}

/** With all that it started; make takes back what it was making. */
function stop({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGTERM')
}

export function readIf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
