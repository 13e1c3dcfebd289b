/** What `npm pack` gives installs and runs, without the checkout and without a network. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installPackage, manifest } from './support/packed.ts'

let folder = ''
let installed = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  installed = installPackage(folder)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: string[]) =>
  execFileSync(join(folder, 'hotsplice'), args, { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } })

test('the command runs from where it was installed', () => {
  const command = join(installed, manifest.bin.hotsplice)
  expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  // npm makes the file executable and links it.
  execFileSync('chmod', ['+x', command])
  symlinkSync(command, join(folder, 'hotsplice'))
  expect(run('--version')).toBe(`${manifest.version}\n`)
  expect(run('help', 'build')).toContain('hotsplice build --tree')
})

test('every command loads with the package\u2019s own dependencies', () => {
  const names = [...run('--help').matchAll(/^ {2}([a-z]+) {2,}[a-z]/gm)].map(([, name = '']) => name)
  expect(names).toContain('rehearse')
  for (const name of names) expect(run(name, '--help')).toContain(`Usage: hotsplice ${name}`)
})

test('the library entries load, with types', () => {
  writeFileSync(
    join(folder, 'entries.mjs'),
    "for (const entry of ['hotsplice', 'hotsplice/elf', 'hotsplice/report'])\n" +
      '  if (Object.keys(await import(entry)).length === 0) throw new Error(entry)\n',
  )
  execFileSync(process.execPath, [join(folder, 'entries.mjs')])
  // What the bundle holds of other packages may be passed on only with their licences.
  expect(readFileSync(join(installed, 'dist/licenses.txt'), 'utf8')).toMatch(/^commander\n\n.*MIT/ms)
  for (const { types } of Object.values<{ types: string }>(manifest.exports)) {
    expect(statSync(join(installed, types)).size).toBeGreaterThan(0)
  }
})

test('what a rehearsal compiles and what a page is made of are in it, and what only tests need is not', () => {
  expect(existsSync(join(installed, 'dist/page.html'))).toBe(true)
  expect(existsSync(join(installed, 'rehearsal/x86/start.S'))).toBe(true)
  expect(existsSync(join(installed, 'LICENSE'))).toBe(true)
  for (const name of ['tests', 'src', 'bench', 'node_modules']) expect(existsSync(join(installed, name))).toBe(false)
})
