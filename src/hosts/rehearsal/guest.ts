/**
 * Our own guest: compiled from rehearsal/ with a gcc for the machine when it is first needed, then kept in a
 * cache folder under the hash of its sources and flags.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { readElf } from '../../elf/index.ts'
import { SHF_ALLOC, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { keptFile } from '../../system/kept-file.ts'
import { packagePath } from '../../system/package-folder.ts'
import type { Board } from './board.ts'

/** The path of the compiled guest. */
export function provideGuest(board: Board, cacheFolder: string, compiler = compilerFor(board)): string {
  const { sources, flags } = board.guest
  const folders = sources.map(packagePath)
  const files = folders.flatMap(folder =>
    readdirSync(folder)
      .sort()
      .map(name => join(folder, name)),
  )
  const hash = createHash('sha256').update(flags.join('\0'))
  for (const file of files) hash.update(`\0${file.slice(file.lastIndexOf('/') + 1)}\0`).update(readFileSync(file))
  const key = hash.digest('hex').slice(0, 32)
  const make = (path: string) => compile(board, compiler, { folders, files, output: path })
  return keptFile(cacheFolder, { kind: 'guest', key, suffix: '.elf', make })
}

interface Task {
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly output: string
}

function compile({ name, guest, words }: Board, compiler: string, { folders, files, output }: Task): void {
  const units = files.filter(file => /\.[cS]$/.test(file))
  const scripts = files.filter(file => file.endsWith('.lds')).flatMap(file => ['-T', file])
  const places = folders.map(folder => `-I${folder}`)
  const run = spawnSync(compiler, [...guest.flags, ...places, ...scripts, '-o', output, ...units], { encoding: 'utf8' })
  if (run.error !== undefined) {
    throw new InputError(
      'rehearse/no-compiler',
      `the rehearsal's ${words.guest} must be compiled once, but ${compiler} cannot be run: ${run.error.message}`,
      `install gcc and binutils for ${name} (Debian: apt-get install ${guest.packages[compiler === guest.compilers.cross ? 'cross' : 'native']})`,
    )
  }
  if (run.status !== 0) {
    throw new InputError(
      'rehearse/compiler-failed',
      `${compiler} could not compile the rehearsal's ${words.guest}:\n${run.stderr.slice(0, 4000)}`,
      `a gcc for ${name} with GNU ld is needed (Debian: ${guest.packages.native}, or ${guest.packages.cross} on other machines)`,
    )
  }
}

/** What a linker for some machines does not write itself: the sections at their addresses, and nothing else. */
export function flattened(program: Uint8Array): Uint8Array {
  const { sections } = readElf<'original'>(program)
  const loaded = sections.filter(({ flags, type }) => (flags & SHF_ALLOC) !== 0 && type !== SHT_NOBITS)
  const size = Math.max(0, ...loaded.map(({ address, bytes }) => Number(address) + bytes.length))
  const image = new Uint8Array(size)
  for (const { address, bytes } of loaded) image.set(bytes, Number(address))
  return image
}

function compilerFor({ guest: { compilers } }: Board): string {
  return process.arch === compilers.arch ? compilers.native : compilers.cross
}
