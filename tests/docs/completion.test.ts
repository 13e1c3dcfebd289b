/** What the shells themselves offer, given the scripts. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { completionScript, type Shell } from '../../src/cli/completion.ts'
import { describedProgram } from './help.ts'

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-shell-'))
  const program = await describedProgram()
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    writeFileSync(join(folder, shell), completionScript(shell, program))
}, 120_000)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

interface Asked {
  /** Before the cursor; the last one is being typed. */
  readonly words: readonly string[]
  readonly offered: readonly string[]
  readonly not: readonly string[]
}

const CASES: readonly Asked[] = [
  { words: ['re'], offered: ['replace', 'report', 'revert', 'rehearse'], not: ['build', '--help'] },
  { words: ['build', '--l'], offered: ['--lines', '--leave-init'], not: ['--hypervisor'] },
  { words: ['build', '--lines', ''], offered: ['auto', 'neutral', 'mask', 'table', 'ignore'], not: ['--lines'] },
  { words: ['build', '--tree', 'x', '--target', 'l'], offered: ['linux'], not: ['process'] },
  { words: ['fleet', ''], offered: ['build', 'plan'], not: ['advise'] },
  { words: ['fleet', 'plan', '--l'], offered: ['--listing'], not: ['--lines'] },
  { words: ['completion', ''], offered: ['bash', 'zsh', 'fish'], not: [] },
  { words: ['doctor', '--for', 'rehearse-'], offered: ['rehearse-arm64'], not: ['process'] },
]

const run = (program: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').filter(line => line !== '')
}
const quoted = (word: string) => `'${word}'`

/** What each shell offers: bash's function sets COMPREPLY, fish is asked, zsh's builtins are replaced by ones that print. */
const OFFERS: Readonly<Record<Shell, (words: readonly string[]) => readonly string[]>> = {
  bash: words => {
    const line = ['hotsplice', ...words].map(quoted).join(' ')
    return run('bash', [
      '--norc',
      '-c',
      `. ./bash; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _hotsplice; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ])
  },
  zsh: words => {
    const line = ['hotsplice', ...words].map(quoted).join(' ')
    const typed = words.at(-1) ?? ''
    const stubs = [
      'compadd() { shift; print -rl -- "$@" }',
      `_describe() { local each; for each in "$\{(@P)2}"; do print -r -- "$\{each%%:*}"; done }`,
      '_files() { : }',
    ]
    const offered = run('zsh', [
      '-f',
      '-c',
      `${stubs.join('\n')}\nfunctions[compdef]=:; . ./zsh; words=(${line}); CURRENT=${words.length + 1}; PREFIX=${quoted(typed)}; _hotsplice`,
    ])
    return offered.filter(each => each.startsWith(typed))
  },
  fish: words => {
    const line = ['hotsplice', ...words].join(' ')
    return run('fish', ['--no-config', '-c', `source ./fish; complete -C ${quoted(line)}`]).map(
      each => each.split('\t')[0] ?? '',
    )
  },
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const isThere = spawnSync(shell, ['--version']).status === 0
  describe.skipIf(!isThere)(`${shell}${isThere ? '' : ' (which is not here)'}`, () => {
    test.for([...CASES])('$words', ({ words, offered, not }) => {
      const found = OFFERS[shell](words)
      expect(found).toEqual(expect.arrayContaining([...offered]))
      for (const word of not) expect(found).not.toContain(word)
    })
  })
}
