/** Draws a case of two objects, and holds what is said of them against what the texts were made to differ in. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diffObjects } from '../../src/flows/diff.ts'
import { verdictReason } from '../../src/select/words.ts'
import { draws } from '../support/harmless.ts'
import { isThere, seedOf } from './kind.ts'
import type { ObjectKind } from './object-kinds.ts'

export interface ObjectJudgement {
  readonly ended: 'right' | 'skipped' | 'wrong'
  readonly words: string
  readonly options: string
}

export function judgeObject(kind: ObjectKind, seed: number): ObjectJudgement {
  const draw = draws(seedOf(kind.name, seed))
  const compilers = kind.compilers.filter(isThere)
  const compiler = compilers[draw(compilers.length)]
  if (compiler === undefined)
    return { ended: 'skipped', words: `there is no ${kind.compilers.join(' or ')}`, options: '' }
  const { flags, before, after, changed } = kind.draw(draw)
  const options = [compiler, ...flags].join(' ')
  const [original, patched] = [before, after].map(text => compiledBy(compiler, flags, { text, kind }))
  if (original === undefined || patched === undefined) return { ended: 'wrong', words: 'no object', options }
  const { functions, data, unnamed } = diffObjects({ original, patched, target: 'process' })
  const differing = [...functions, ...data, ...unnamed].filter(({ verdict }) => verdict.kind !== 'same')
  const names = [...new Set(differing.map(({ name }) => name))].sort()
  if (names.join() !== [...changed].sort().join())
    return { ended: 'wrong', words: `${names.join(', ')} and not ${changed.join(', ')}`, options }
  const reasons = differing.map(({ verdict }) => verdictReason(verdict).text)
  const twice = reasons.find(text => /it reaches (.*) where it reached \1$/.test(text))
  return twice === undefined
    ? { ended: 'right', words: names.join(', '), options }
    : { ended: 'wrong', words: twice, options }
}

interface Source {
  readonly text: string
  readonly kind: ObjectKind
}

function compiledBy(compiler: string, flags: readonly string[], { text, kind }: Source): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-object-'))
  try {
    const file = `unit.${kind.isAssembly ? 's' : 'c'}`
    writeFileSync(join(folder, file), text)
    execFileSync(compiler, [...flags, '-c', file, '-o', 'unit.o'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    for (const words of kind.afterwards ?? []) execFileSync('objcopy', [...words, 'unit.o'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'unit.o')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
