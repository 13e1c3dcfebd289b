/** Live patches for the shipped kernel, each made from one edit of its prepared source. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { build } from '../../src/flows/build.ts'
import type { BuildOptions, BuildResult } from '../../src/flows/hotpatch/build-one.ts'
import { quiet } from '../../src/trees/index.ts'
import { readModule } from '../../src/trees/linux/unpack.ts'
import { kernelPart } from './kernel.ts'

export interface Edit {
  readonly file: string
  /** Stands there once; empty for a file that is new. */
  readonly replace: string
  readonly by: string
}

type More = Partial<Pick<BuildOptions, 'promoteCallers' | 'replace' | 'output' | 'sources'>>

export class Workshop {
  readonly image: string
  readonly tree: string
  readonly #cache = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))

  /** For Debian's kernel, unless another one and its tree are given. */
  constructor(other?: Pick<Workshop, 'image' | 'tree'>) {
    this.image = other?.image ?? kernelPart('image')
    this.tree = other?.tree ?? kernelPart('tree')
  }

  /** What comes of edits of one patch; `known: false` leaves out which kernel runs. */
  build(edit: Edit | readonly Edit[], known = true, more: More = {}): Promise<BuildResult> {
    const text = [edit]
      .flat()
      .map(each => this.#patchOf(each))
      .join('')
    return build({
      tree: this.tree,
      target: 'linux',
      ...(known ? { symbols: this.image } : {}),
      patches: [{ name: 'case.patch', text }],
      output: 'live-case.ko',
      ...more,
      version: 'test',
      cacheFolder: this.#cache,
      jobs: 2,
      progress: quiet,
    })
  }

  /** A module of the kernel's package, unpacked. */
  module(name: string): Uint8Array {
    const top = join(dirname(dirname(this.image)), 'lib/modules')
    const files = readdirSync(top, { recursive: true, encoding: 'utf8' })
    const [file] = files.filter(each => each.replace(/\.xz$/, '').endsWith(`/${name}.ko`))
    if (file === undefined) throw new Error(`the package has no ${name}.ko`)
    return readModule(join(top, file))
  }

  #patchOf({ file, replace, by }: Edit): string {
    if (replace === '') return createTwoFilesPatch('/dev/null', `b/${file}`, '', by, '', '')
    const before = readFileSync(join(this.tree, file), 'latin1')
    if (before.split(replace).length !== 2) throw new Error(`${file} does not have once what is to be replaced`)
    return createTwoFilesPatch(
      `a/${file}`,
      `b/${file}`,
      before,
      before.replace(replace, () => by),
      '',
      '',
    )
  }

  close(): void {
    rmSync(this.#cache, { recursive: true, force: true })
  }
}
