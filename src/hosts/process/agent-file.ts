/** The agent as a shared object: compiled by the host's gcc on first use, and kept by the content of its sources. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { keptFile } from '../../system/kept-file.ts'
import { packagePath } from '../../system/package-folder.ts'

const FOLDER = packagePath('agent/')
const SOURCES = ['hotsplice-agent.c', 'hotsplice-agent.h']
const FLAGS = [
  '-std=gnu11',
  '-O2',
  '-g0',
  '-Wall',
  '-Wextra',
  '-fPIC',
  '-shared',
  '-Wl,-z,now',
  '-Wl,-soname,hotsplice-agent.so',
]

/** Where agent/hotsplice-agent.c is, for who links it into a program. */
export const agentSource = (): string => join(FOLDER, 'hotsplice-agent.c')

/** The path to put into LD_PRELOAD: a file that is what was compiled, byte for byte. */
export function agentFile(cacheFolder: string, compiler = 'gcc'): string {
  const hash = createHash('sha256').update(FLAGS.join(' '))
  for (const source of SOURCES) hash.update(readFileSync(join(FOLDER, source)))
  const key = hash.digest('hex').slice(0, 16)
  return keptFile(cacheFolder, { kind: 'agent', key, suffix: '.so', make: path => compile(compiler, path) })
}

function compile(compiler: string, output: string): void {
  try {
    execFileSync(compiler, [...FLAGS, '-o', output, agentSource(), '-lpthread', '-ldl'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'process/no-agent-built',
      `the agent could not be compiled: ${words}`,
      'install gcc and libc6-dev',
    )
  }
}
