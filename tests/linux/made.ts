/** Live patches for the shipped kernel, each made from one edit of its prepared source. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { expect } from 'vitest'
import { build } from '../../src/flows/build.ts'
import type { BuildOptions, BuildResult } from '../../src/flows/hotpatch/build-one.ts'
import { quiet } from '../../src/trees/index.ts'
import { kernelPart } from './kernel.ts'

export interface Edit {
  readonly file: string
  readonly replace: string
  readonly by: string
}

type More = Pick<BuildOptions, 'promoteCallers' | 'replace'>

export class Workshop {
  readonly image = kernelPart('image')
  readonly tree = kernelPart('tree')
  readonly #cache = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))

  /** What comes of the edit; `known: false` leaves out which kernel runs. */
  build({ file, replace, by }: Edit, known = true, more: More = {}): Promise<BuildResult> {
    const before = readFileSync(join(this.tree, file), 'latin1')
    expect(before.split(replace)).toHaveLength(2)
    const after = before.replace(replace, () => by)
    return build({
      tree: this.tree,
      target: 'linux',
      ...(known ? { symbols: this.image } : {}),
      patches: [{ name: 'case.patch', text: createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, '', '') }],
      ...more,
      output: 'live-case.ko',
      version: 'test',
      cacheFolder: this.#cache,
      jobs: 2,
      progress: quiet,
    })
  }

  close(): void {
    rmSync(this.#cache, { recursive: true, force: true })
  }
}
