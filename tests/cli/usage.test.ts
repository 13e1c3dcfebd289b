/** The command line itself: help, versions, and command lines that make no sense. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { readReport } from '../../src/report/schema.ts'
import { sampled } from '../support/sampled.ts'
import { hotsplice } from '../xen/command.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const names = COMMANDS.map(({ name }) => name)

describe('help', () => {
  test('lists every command, the exit codes and examples', async () => {
    for (const args of [['--help'], ['help']]) {
      const { status, stdout } = await hotsplice(args)
      expect(status).toBe(0)
      for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
      expect(stdout).toContain('Exit codes:')
      expect(stdout).toContain('Examples:')
    }
  })

  test.for([...sampled(names)])('of %s has examples and exit codes, in both spellings', async name => {
    const [a, b] = [await hotsplice(['help', name]), await hotsplice([name, '--help'])]
    expect(a.status).toBe(0)
    expect(b.stdout).toBe(a.stdout)
    expect(a.stdout).toMatch(new RegExp(`Examples:\n  # .+\n  .*hotsplice ${name}\\b`))
    expect(a.stdout).toContain('130  interrupted')
  })

  test('of a command is what the list says it does', async () => {
    const list = (await hotsplice(['--help'])).stdout.replace(/\s+/g, ' ')
    for (const { summary } of COMMANDS) expect(list).toContain(summary)
  })
})

test('the version is package.json\u2019s', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await hotsplice(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})

describe('a command line that makes no sense ends with 1, on standard error, with a way out', () => {
  test.for([
    {
      args: ['biuld'],
      words: /unknown command 'biuld' \(Did you mean build\?\) \[cli\/usage\]\n {2}hint: `hotsplice --help`/,
    },
    { args: ['diff', 'a', 'b', '--jsno', 'x'], words: /unknown option '--jsno' \(Did you mean --json\?\)/ },
    { args: ['build', '--tree', '.'], words: /required option '--patch <file...>' not specified/ },
    { args: ['build', '--tree', '.', '--patch', 'x', '--lines', 'magic'], words: /Allowed choices are/ },
    { args: ['build', '--tree', '.', '--patch', 'x', '-j', '0'], words: /whole number, 1 or more/ },
    { args: ['build', '--tree', '.', '--patch', 'x', '--make-arg', 'x'], words: /VAR=VALUE/ },
    { args: ['diff', 'a'], words: /missing required argument 'patched.o'/ },
    { args: ['diff', 'a', 'b', 'c'], words: /too many arguments/ },
    { args: ['diff', 'a', 'b', '--shift', '3'], words: /--shifted and --shift belong together/ },
    { args: ['inspect', 'none'], words: /the payload none cannot be read: ENOENT/ },
  ])('$args', async ({ args, words }) => {
    const { status, stdout, stderr } = await hotsplice(args, { cwd: folder })
    expect(stderr).toMatch(words)
    expect(stderr).toMatch(/^error: /)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  })

  test('without a command there is help', async () => {
    const { status, stdout, stderr } = await hotsplice([])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('Commands:')
  })
})

describe('JSON that was asked for is written', () => {
  test.for([
    { args: ['build', '--tree', '.', '--json', 'out.json'], code: 'cli/usage' },
    { args: ['build', '--tree', 'none', '--patch', 'none.patch', '--json', 'out.json'], code: 'cli/cannot-read' },
    { args: ['build', '--tree', 'none', '--patch', '/dev/null', '--json=out.json'], code: 'build/no-tree' },
    { args: ['diff', 'none.o', 'none.o', '--json', 'out.json'], code: 'cli/cannot-read' },
  ])('$args: $code', async ({ args, code }) => {
    const { status } = await hotsplice(args, { cwd: folder })
    const report = readReport(readFileSync(join(folder, 'out.json'), 'utf8'), 'out.json')
    expect(status).toBe(1)
    expect(report).toMatchObject({ command: args[0], outcome: 'error', error: { code }, payload: null })
    rmSync(join(folder, 'out.json'))
  })

  test('on standard output, alone', async () => {
    const { status, stdout, stderr } = await hotsplice(['diff', 'none.o', 'none.o', '--json', '-'], { cwd: folder })
    expect(status).toBe(1)
    expect(readReport(stdout, 'stdout').error?.code).toBe('cli/cannot-read')
    expect(stderr).toMatch(/^error: /)
  })

  test('where it cannot be written, the run has failed', async () => {
    const { status, stderr } = await hotsplice(['diff', 'a', 'b', '--json', 'none/out.json'], { cwd: folder })
    expect(status).toBe(1)
    expect(stderr).toContain('the original object a cannot be read')
    expect(stderr).toContain('none/out.json cannot be written')
  })
})
