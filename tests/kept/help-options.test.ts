/**
 * Every option of the compilers and the assembler of this machine that may name a file, by their own help, given the names
 * of files in the tree: the tree stays. Without a namespace, so that the table of outputs and the private folder are on
 * trial, and not the last wall. Several are given at once: what compiles shows that all of them were followed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { originalObject } from '../../src/trees/index.ts'
import { checksums } from '../build/support.ts'
import { missingFor } from '../support/missing.ts'
import { helpOf, optionsIn } from './help-options.ts'
import { openProgram, withoutNamespaces, writeProgram } from './support.ts'

const clang = ['clang', 'clang-19', 'clang-16', 'clang-14'].find(name => spawnSync(name, ['--version']).status === 0)

interface Row {
  readonly program: string
  readonly help: string
  readonly pass: (words: readonly string[]) => readonly string[]
  /** Options that must be among those that were found, so that a help of another form is not an empty test. */
  readonly among: readonly string[]
  readonly least: number
}

type Commands = readonly (readonly string[])[]

/** Every second of the batches that the commands make. */
function batchesOf(commands: Commands, half: number): readonly Commands[] {
  const batches = Array.from({ length: Math.ceil(commands.length / 8) }, (_, at) => commands.slice(at * 8, at * 8 + 8))
  return batches.filter((_, at) => at % 2 === half)
}

/** What does not compile together is tried in halves, down to one option, where it is no matter. */
async function tryAll(
  batches: readonly Commands[],
  compiles: (batch: Commands) => Promise<unknown>,
  written: string[],
): Promise<void> {
  for (const batch of batches) {
    const error: unknown = await compiles(batch).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error === undefined) continue
    const code = error instanceof Error && 'code' in error ? error.code : String(error)
    const middle = Math.ceil(batch.length / 2)
    if (code === 'build/tree-written') written.push(batch.flat().join(' '))
    else if (batch.length > 1) await tryAll([batch.slice(0, middle), batch.slice(middle)], compiles, written)
  }
}

const toAssembler = (words: readonly string[]) => words.flatMap(word => ['-Xassembler', word])
const ROWS: readonly Row[] = [
  {
    program: 'gcc',
    help: helpOf('gcc', '-v', '--help'),
    pass: words => words,
    among: ['-aux-info', '-fdump-go-spec=', '-fprofile-note=', '-MF', '-save-temps=', '-fstack-usage'],
    least: 50,
  },
  { program: 'gcc', help: helpOf('as', '--help'), pass: toAssembler, among: ['--MD'], least: 1 },
  {
    program: clang ?? 'clang',
    help: helpOf(clang ?? 'clang', '--help-hidden'),
    pass: words => words,
    among: ['-MJ', '-serialize-diagnostics', '-foptimization-record-file=', '-ftime-trace'],
    least: 50,
  },
]

describe.each(ROWS)('$program, options of its own help or of what it runs', ({ program, help, pass, among, least }) => {
  const missing = missingFor(program)
  const title = `leave the tree as it was (${missing === '' ? 'tried' : `NOT tried, ${missing}`})`
  test.skipIf(missing !== '')(title, { timeout: 600_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-kept-'))
    const restore = withoutNamespaces(folder)
    try {
      const target = writeProgram(folder)
      const names = ['sub/precious.txt', join(target.tree, 'precious.txt')]
      const commands = optionsIn(help, names).map(pass)
      const found = commands.flat().map(word => word.replace(/=.*/s, '='))
      expect(found).toEqual(expect.arrayContaining([...among]))
      expect(commands.length).toBeGreaterThan(least)
      const tree = await openProgram(target, [program])
      const before = checksums(target.tree)
      const [unit] = tree.units
      if (unit === undefined) throw new Error('no unit')
      const compiles = (batch: Commands) =>
        originalObject(tree, { ...unit, command: [program, ...batch.flat(), ...unit.command.slice(1)] })
      const written: string[] = []
      await Promise.all([0, 1].map(half => tryAll(batchesOf(commands, half), compiles, written)))
      expect(written).toEqual([])
      expect(checksums(target.tree)).toBe(before)
    } finally {
      restore()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
