/** The manual page says what help says, and man(1) has nothing against it. */
import { spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { manPage } from '../../src/cli/man-page.ts'
import { describedCommands, describedProgram } from './help.ts'

const settings = { LC_ALL: 'C.UTF-8', MANROFFSEQ: '', MANWIDTH: '100', PATH: process.env.PATH }
const hasMan = spawnSync('man', ['--version']).status === 0
const man = (args: readonly string[], page: string) =>
  spawnSync('man', [...args, '-l', '-'], { input: page, encoding: 'utf8', env: settings, maxBuffer: 1 << 24 })

test('every command has a section, with each option, argument, example and exit code of its help', async () => {
  const commands = await describedCommands()
  expect(commands.map(({ path }) => path.join(' '))).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)))
  const page = manPage(await describedProgram(), '0')
    .replaceAll('\\-', '-')
    .replaceAll('\\&', '')
  for (const { path, description, options, arguments: taken, after } of commands) {
    const start = path.length === 0 ? 0 : page.indexOf(`\n.SS ${path.join(' ')}\n`)
    expect(start, path.join(' ')).not.toBe(-1)
    const end = path.length === 0 ? page.length : page.indexOf('\n.S', start + 2)
    const section = page.slice(start, end)
    const told = [
      description,
      ...options.map(({ flags }) => `.B ${flags}\n`),
      ...taken.map(({ term }) => `.B ${term}\n`),
    ]
    for (const text of told) expect(section).toContain(text)
    for (const line of after.split('\n')) expect(section).toContain(line.trim().replaceAll('\\', '\\e'))
  }
})

test.skipIf(!hasMan)(`man has nothing to warn about${hasMan ? '' : ' (there is no man here)'}`, async () => {
  const page = manPage(await describedProgram(), '0')
  const { status, stderr } = man(['--warnings', '-E', 'UTF-8', '-Tutf8', '-Z'], page)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test.skipIf(!hasMan)(
  `what man shows has every option once more${hasMan ? '' : ' (there is no man here)'}`,
  async () => {
    const { stdout } = man(['-E', 'UTF-8', '-P', 'cat'], manPage(await describedProgram(), '0'))
    const shown = stripVTControlCharacters(stdout)
    for (const { options } of await describedCommands())
      for (const { flags } of options) expect(shown).toContain(`  ${flags}`)
  },
)
