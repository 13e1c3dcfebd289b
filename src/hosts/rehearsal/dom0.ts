/**
 * Our own dom0: compiled from rehearsal/x86 with the host's gcc when it is first needed, then kept in a
 * cache folder under the hash of its sources and flags.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { keptFile } from '../../system/kept-file.ts'
import { packagePath } from '../../system/package-folder.ts'

const SOURCES = packagePath('rehearsal/x86/')

const FLAGS: readonly string[] = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-m64',
  '-ffreestanding',
  '-fno-builtin',
  '-fno-tree-loop-distribute-patterns', // or our memcpy would be compiled into a call of itself
  '-fno-pie',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fcf-protection=none',
  '-mcmodel=kernel',
  '-mno-red-zone',
  '-mgeneral-regs-only',
  '-nostdlib',
  '-static',
  '-no-pie',
  '-Wl,-z,max-page-size=4096',
  '-Wl,--build-id=none',
]

/** The path of the compiled dom0. */
export function provideDom0(cacheFolder: string, compiler = hostCompiler()): string {
  const names = readdirSync(SOURCES).sort()
  const hash = createHash('sha256').update(FLAGS.join('\0'))
  for (const name of names) hash.update(`\0${name}\0`).update(readFileSync(join(SOURCES, name)))
  const key = hash.digest('hex').slice(0, 32)
  const make = (path: string) => compile(compiler, names, path)
  return keptFile(cacheFolder, { kind: 'dom0', key, suffix: '.elf', make })
}

function compile(compiler: string, names: readonly string[], output: string): void {
  const units = names.filter(name => name.endsWith('.c') || name.endsWith('.S'))
  const command = [...FLAGS, '-T', join(SOURCES, 'dom0.lds'), '-o', output, ...units.map(name => join(SOURCES, name))]
  const run = spawnSync(compiler, command, { encoding: 'utf8' })
  if (run.error !== undefined) {
    throw new InputError(
      'rehearse/no-compiler',
      `the rehearsal's dom0 must be compiled once, but ${compiler} cannot be run: ${run.error.message}`,
      'install gcc and binutils (Debian: apt-get install gcc binutils)',
    )
  }
  if (run.status !== 0) {
    throw new InputError(
      'rehearse/compiler-failed',
      `${compiler} could not compile the rehearsal's dom0:\n${run.stderr.slice(0, 4000)}`,
      'a gcc for x86-64 with GNU ld is needed (Debian: gcc, or gcc-x86-64-linux-gnu on other machines)',
    )
  }
}

function hostCompiler(): string {
  return process.arch === 'x64' ? 'gcc' : 'x86_64-linux-gnu-gcc'
}
