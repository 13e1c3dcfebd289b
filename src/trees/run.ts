/**
 * Runs one program to its end. Each runs in a process group of its own, so that stopping it stops what it started:
 * make has grandchildren, and a compiler driver has an assembler.
 */
import { spawn } from 'node:child_process'
import { InputError } from '../base/errors.ts'
import { holdGroup, MARK } from '../system/undertaker.ts'
import { findProgram } from './find-program.ts'
import { interrupted } from './interrupted.ts'
import { OUTPUT_VARIABLES } from './outputs/take-out.ts'
import type { Guard } from './read-only.ts'
import { behind, insideOf, type Toolchain } from './toolchain.ts'

export interface RunOptions {
  readonly folder: string
  /** A private folder for temporary files. */
  readonly scratch: string
  /** Keeps the user's tree from what the program writes. */
  readonly guard?: Pick<Guard, 'enter'> | undefined
  readonly signal?: AbortSignal | undefined
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** A descriptor that the program and what it starts have open as long as any of them lives. */
  readonly keeps?: number | undefined
  /** Where the program is, unless it is here; its words are spelled as there. */
  readonly toolchain?: Toolchain | undefined
}

export interface RunResult {
  readonly exit: number
  readonly output: string
  readonly errors: string
  /** Milliseconds. */
  readonly time: number
}

/** Programs say the same on every machine; what the clock would put into an object is pinned. */
const ENVIRONMENT = { LC_ALL: 'C', LANGUAGE: '' }

/** Runs `command`; a program that is not there is an InputError, one that fails is a result. */
export function run(command: readonly string[], options: RunOptions): Promise<RunResult> {
  const [program = ''] = command
  const started = performance.now()
  if (options.toolchain !== undefined) return runInside(command, options, options.toolchain)
  const entry = options.guard?.enter(options.folder) ?? []
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) return reject(interrupted())
    // Behind another program, one that is missing would only be that one's failure.
    if (entry.length > 0 && findProgram(program, options.folder) === undefined) return reject(notFound(program))
    const child = start([...entry, ...command], options, entry.length > 0)
    if (child instanceof Error) return reject(notStarted(program, child))
    const letGo = child.pid === undefined ? undefined : holdGroup(child.pid)
    const output: Buffer[] = []
    const errors: Buffer[] = []
    const stop = () => killGroup(child.pid)
    options.signal?.addEventListener('abort', stop, { once: true })
    child.on('error', error => {
      options.signal?.removeEventListener('abort', stop)
      reject(notStarted(program, error))
    })
    child.on('close', (code, how) => {
      letGo?.()
      options.signal?.removeEventListener('abort', stop)
      if (options.signal?.aborted === true) return reject(interrupted())
      const words = Buffer.concat(errors).toString('utf8')
      if (entry.length > 0 && code !== 0 && words.startsWith(`${entry[0]}: `))
        return reject(notStarted(program, new Error(words.trim())))
      resolve({
        exit: code ?? 128,
        output: Buffer.concat(output).toString('latin1'),
        errors: words + (how === null ? '' : `${program} was stopped by ${how}\n`),
        time: performance.now() - started,
      })
    })
    // Where no descriptor was left, there are no streams, and the error comes later.
    child.stdout?.on('data', chunk => output.push(chunk))
    child.stderr?.on('data', chunk => errors.push(chunk))
  })
}

/** What pins its words and the clock is told to the program itself: what it is behind may pass on no environment. */
function runInside(command: readonly string[], options: RunOptions, toolchain: Toolchain): Promise<RunResult> {
  const { folder, scratch, environment = {}, signal, keeps } = options
  const [entrance = ''] = toolchain.prefix
  if (findProgram(entrance, '/') === undefined) {
    const hint = 'is it spelled right, and on the PATH? its arguments follow it: --toolchain "chroot /srv/debian13"'
    return Promise.reject(
      new InputError('toolchain/no-prefix', `--toolchain begins with ${entrance}, which was not found`, hint),
    )
  }
  const { SOURCE_DATE_EPOCH = '0' } = process.env
  const at = insideOf(toolchain, scratch)
  const pinned = { ...ENVIRONMENT, SOURCE_DATE_EPOCH, TMPDIR: at, TMP: at, TEMP: at, ...environment, ...MARK }
  return run(behind(toolchain, command, { folder, environment: pinned }), { folder: '/', scratch, signal, keeps })
}

function start(words: readonly string[], options: RunOptions, elsewhere: boolean) {
  const { folder, scratch, environment, keeps } = options
  const [program = '', ...rest] = words
  const own = Object.entries(process.env).filter(([name]) => !OUTPUT_VARIABLES.includes(name))
  const temporary = { TMPDIR: scratch, TMP: scratch, TEMP: scratch }
  try {
    return spawn(program, rest, {
      cwd: elsewhere ? '/' : folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(keeps === undefined ? [] : [keeps])],
      env: {
        SOURCE_DATE_EPOCH: '0',
        ...Object.fromEntries(own),
        ...ENVIRONMENT,
        ...temporary,
        ...environment,
        ...MARK,
      },
    })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // already gone
  }
}

function notStarted(program: string, error: Error): InputError {
  const code = 'code' in error ? String(error.code) : error.message
  if (code === 'ENOENT') return notFound(program)
  return new InputError('build/not-started', `${program} could not be started: ${code}`, HINTS.get(code))
}

function notFound(program: string): InputError {
  return new InputError('build/no-program', `${program} was not found`, packageHint(program))
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'this process may not open more files: raise the limit (ulimit -n), or use fewer jobs (-j)'],
  ['ENFILE', 'the system has no more open files to give: end some programs, or raise fs.file-max'],
  ['EAGAIN', 'no more processes may be started: raise the limit (ulimit -u), or use fewer jobs (-j)'],
  ['ENOMEM', 'the system has no memory left: end some programs, or use fewer jobs (-j)'],
  ['E2BIG', 'the command and the environment are too long for the system: shorten them'],
])

const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['gcc', 'gcc'],
  ['cc', 'gcc'],
  ['g++', 'g++'],
  ['c++', 'g++'],
  ['clang', 'clang'],
  ['clang++', 'clang'],
  ['make', 'make'],
  ['objcopy', 'binutils'],
  ['as', 'binutils'],
  ['ld', 'binutils'],
  ['ccache', 'ccache'],
  ['distcc', 'distcc'],
  ['icecc', 'icecc'],
  ['sccache', 'sccache'],
  ['flex', 'flex'],
  ['bison', 'bison'],
  ['python3', 'python3'],
])

/** How to get a program on Debian. */
export function packageHint(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1)
  const version = /^(gcc|g\+\+|clang|clang\+\+)-(\d+)$/.exec(name)
  const cross = /^(\w+-linux-gnu\w*)-(gcc|objcopy|as|ld)(?:-(\d+))?$/.exec(name)
  let wanted = PACKAGES.get(name) ?? (version === null ? undefined : name.replace('clang++', 'clang'))
  if (cross?.[1] !== undefined) {
    const triplet = cross[1].replaceAll('_', '-')
    wanted =
      cross[2] === 'gcc' ? `gcc-${cross[3] === undefined ? '' : `${cross[3]}-`}${triplet}` : `binutils-${triplet}`
  }
  if (wanted === undefined) return `install ${name}, or put it on the PATH`
  return `install Debian's package ${wanted} (apt-get install ${wanted}), or put ${name} on the PATH`
}
