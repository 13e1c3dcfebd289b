/**
 * Our own dom0: compiled from rehearsal/ with a gcc for the machine when it is first needed, then kept in a
 * cache folder under the hash of its sources and flags.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { readElf } from '../../elf/index.ts'
import { SHF_ALLOC, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { keptFile } from '../../system/kept-file.ts'
import { packagePath } from '../../system/package-folder.ts'
import type { Board } from './board.ts'

/** What the machines have in common. */
const SHARED = packagePath('rehearsal/shared/')

/** The path of the compiled dom0. */
export function provideDom0(board: Board, cacheFolder: string, compiler = compilerFor(board)): string {
  const { sources, flags, isFlat } = board.dom0
  const files = [SHARED, packagePath(sources)].flatMap(folder =>
    readdirSync(folder)
      .sort()
      .map(name => join(folder, name)),
  )
  const hash = createHash('sha256').update(flags.join('\0'))
  for (const file of files) hash.update(`\0${file.slice(file.lastIndexOf('/') + 1)}\0`).update(readFileSync(file))
  const key = hash.digest('hex').slice(0, 32)
  const make = (path: string) => {
    compile(board, compiler, { files, output: path })
    if (isFlat) flatten(path)
  }
  return keptFile(cacheFolder, { kind: 'dom0', key, suffix: isFlat ? '.img' : '.elf', make })
}

interface Task {
  readonly files: readonly string[]
  readonly output: string
}

function compile({ name, dom0 }: Board, compiler: string, { files, output }: Task): void {
  const folder = packagePath(dom0.sources)
  const units = files.filter(file => /\.[cS]$/.test(file))
  const folders = [`-I${folder}`, `-I${SHARED}`]
  const run = spawnSync(compiler, [...dom0.flags, ...folders, '-T', join(folder, 'dom0.lds'), '-o', output, ...units], {
    encoding: 'utf8',
  })
  if (run.error !== undefined) {
    throw new InputError(
      'rehearse/no-compiler',
      `the rehearsal's dom0 must be compiled once, but ${compiler} cannot be run: ${run.error.message}`,
      `install gcc and binutils for ${name} (Debian: apt-get install ${dom0.packages[compiler === dom0.compilers.cross ? 'cross' : 'native']})`,
    )
  }
  if (run.status !== 0) {
    throw new InputError(
      'rehearse/compiler-failed',
      `${compiler} could not compile the rehearsal's dom0:\n${run.stderr.slice(0, 4000)}`,
      `a gcc for ${name} with GNU ld is needed (Debian: ${dom0.packages.native}, or ${dom0.packages.cross} on other machines)`,
    )
  }
}

/** What a linker for this machine does not write itself: the sections at their addresses, and nothing else. */
function flatten(path: string): void {
  const { sections } = readElf<'original'>(readFileSync(path))
  const loaded = sections.filter(({ flags, type }) => (flags & SHF_ALLOC) !== 0 && type !== SHT_NOBITS)
  const size = Math.max(0, ...loaded.map(({ address, bytes }) => Number(address) + bytes.length))
  const image = new Uint8Array(size)
  for (const { address, bytes } of loaded) image.set(bytes, Number(address))
  rmSync(path)
  writeFileSync(path, image)
}

function compilerFor({ dom0: { compilers } }: Board): string {
  return process.arch === compilers.arch ? compilers.native : compilers.cross
}
