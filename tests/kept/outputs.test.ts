/** Further outputs of compilers never reach the tree: by known options, by unknown ones, with a namespace and without. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildWith, noNamespaces, type Program, script, withoutNamespaces, writeProgram } from './support.ts'

let program: Program
let restore = () => {}
beforeEach(() => {
  program = writeProgram(mkdtempSync(join(tmpdir(), 'hotsplice-kept-')))
})
afterEach(() => {
  restore()
  restore = () => {}
  rmSync(program.folder, { recursive: true, force: true })
})

/** Compiles, and writes to a file by a way that no table knows. */
const writer = (path: string) =>
  script(
    program.folder,
    'cc',
    `case "$*" in *print-prog-name*|*/dev/null*) exec gcc "$@";; esac\ngcc "$@" && echo broken > ${path}\n`,
  )
const precious = (path: string) => readFileSync(join(program.tree, path), 'utf8')

const WALLS = [
  { wall: 'in a namespace', skip: noNamespaces !== '', refuse: false },
  { wall: 'without one', skip: false, refuse: true },
]

describe.each(WALLS.filter(({ skip }) => !skip))(`$wall (${noNamespaces || 'both ways are tried'})`, ({ refuse }) => {
  beforeEach(() => {
    if (refuse) restore = withoutNamespaces(program.folder)
  })

  test('all kinds of known options, by relative names and absolute ones', async () => {
    const words = ['precious.txt', 'sub/precious.txt', `${program.tree}/precious.txt`].flatMap(name => [
      ...[`-Wa,-adhlns=${name}`, '-Xassembler', `-adhlns=${name}`, '-aux-info', name, `-fopt-info-all=${name}`],
      ...[`-time=${name}`, `-fdump-go-spec=${name}`, `-fprofile-note=${name}`, `-Wp,-DX,-MD,${name}`, '-dumpdir', name],
    ])
    const flags = ['-save-temps', '-fstack-usage', '-gsplit-dwarf', '-g', '-fdump-tree-all', '-da', '-ftest-coverage']
    expect(await buildWith(program, ['gcc', '-O2', ...words, ...flags])).toEqual({ outcome: 'built 1', kept: true })
  })

  test.each(['precious.txt', 'h.h', 'f.lst'])('an unknown way that writes to %s beside the source', async name => {
    expect(await buildWith(program, [writer(name)])).toEqual({ outcome: 'built 1', kept: true })
    expect(precious('f.lst')).toBe('precious\n')
  })

  test('temporary files go to a private folder, whatever TMPDIR says', async () => {
    const own = process.env.TMPDIR
    process.env.TMPDIR = join(program.tree, 'sub')
    try {
      const cc = script(program.folder, 'cc', 'echo x > "$TMPDIR/left"; exec gcc "$@"\n')
      expect(await buildWith(program, [cc])).toEqual({ outcome: 'built 1', kept: true })
      process.env.TMPDIR = '.'
      expect(await buildWith(program, [cc, '-DX'])).toEqual({ outcome: 'built 1', kept: true })
    } finally {
      if (own === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = own
    }
  })
})

describe.skipIf(noNamespaces !== '')(`a namespace (${noNamespaces || 'can be had'})`, () => {
  test.each(['absolute', 'below', 'new'])('keeps the tree from unknown ways: %s', async kind => {
    const names = { absolute: `${program.tree}/precious.txt`, below: 'sub/precious.txt', new: `${program.tree}/new` }
    const cc = writer(names[kind as keyof typeof names])
    expect(await buildWith(program, [cc])).toEqual({ outcome: 'build/tree-written', kept: true })
  })
})

describe('without a namespace', () => {
  beforeEach(() => {
    restore = withoutNamespaces(program.folder)
  })

  test.each(['precious.txt', 'sub/precious.txt', 'new'])('an unknown way that writes to %s is told', async name => {
    const { outcome } = await buildWith(program, [writer(`${program.tree}/${name}`)])
    expect(outcome).toBe('build/tree-written')
  })
})
