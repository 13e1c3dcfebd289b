/**
 * Runs one program to its end. Each runs in a process group of its own, so that stopping it stops what it started:
 * make has grandchildren, and a compiler driver has an assembler.
 */
import { spawn } from 'node:child_process'
import { InputError } from '../base/errors.ts'
import { holdGroup, MARK } from '../system/undertaker.ts'

export interface RunOptions {
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** A descriptor that the program and what it starts have open as long as any of them lives. */
  readonly keeps?: number | undefined
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
  const [program = '', ...rest] = command
  const started = performance.now()
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) return reject(interrupted())
    const child = spawn(program, rest, {
      cwd: options.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(options.keeps === undefined ? [] : [options.keeps])],
      env: { SOURCE_DATE_EPOCH: '0', ...process.env, ...ENVIRONMENT, ...options.environment, ...MARK },
    })
    const letGo = child.pid === undefined ? undefined : holdGroup(child.pid)
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout?.on('data', chunk => output.push(chunk))
    child.stderr?.on('data', chunk => errors.push(chunk))
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
      resolve({
        exit: code ?? 128,
        output: Buffer.concat(output).toString('latin1'),
        errors: Buffer.concat(errors).toString('utf8') + (how === null ? '' : `${program} was stopped by ${how}\n`),
        time: performance.now() - started,
      })
    })
  })
}

/** What every step throws when the user stopped the run; the CLI answers it with exit code 130. */
export function interrupted(): InputError {
  return new InputError('build/interrupted', 'stopped before it was done')
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
  if (code !== 'ENOENT') return new InputError('build/not-started', `${program} could not be started: ${code}`)
  return new InputError('build/no-program', `${program} was not found`, packageHint(program))
}

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
