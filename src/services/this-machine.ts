/** The machine that this runs on, for whoever asks what is there: programs, files, the cache. Changes nothing but the cache's folder. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import { cacheFolder, checkCache } from '../system/cache.ts'

/** A program that does not answer a question about itself within this is broken. */
const PATIENCE_MS = 20_000

export function thisMachine(signal: AbortSignal) {
  return {
    platform: process.platform,
    arch: process.arch,
    node: process.versions.node,
    run: (words: readonly string[]) => run(words, signal),
    readText,
    isThere: existsSync,
    cacheFolder: cacheFolder(),
    cacheFault,
  }
}

function run(words: readonly string[], signal: AbortSignal) {
  const [program = '', ...rest] = words
  return new Promise<{ readonly status: number; readonly output: string } | undefined>((resolve, reject) => {
    const child = spawn(program, rest, {
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
      signal,
    })
    const texts = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (texts[0] += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (texts[1] += chunk.toString('utf8')))
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason)
      else if (error.code === 'ENOENT') resolve(undefined)
      else resolve({ status: -1, output: error.message })
    })
    child.on('close', status => resolve({ status: status ?? -1, output: texts.join('') }))
  })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function cacheFault(): InputError | undefined {
  try {
    checkCache(cacheFolder())
    return undefined
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
}
