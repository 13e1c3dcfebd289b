import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkOutputs } from './console.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  writeFileSync(join(folder, 'payload'), '')
  mkdirSync(join(folder, 'below'))
  symlinkSync('payload', join(folder, 'link'))
  symlinkSync('.', join(folder, 'here'))
  linkSync(join(folder, 'payload'), join(folder, 'twin'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const at = (name: string) => `${folder}/${name}`

test.for<readonly [input: () => string, output: () => string]>([
  [() => at('payload'), () => at('payload')],
  [() => at('payload'), () => at('./payload')],
  [() => at('payload'), () => at('below/../payload')],
  [() => at('payload'), () => at('here/payload')],
  [() => relative(process.cwd(), at('payload')), () => at('payload')],
  // What is read through the link would be gone.
  [() => at('link'), () => at('payload')],
])('what is read is not written over, however it is spelled (%#)', ([input, output]) => {
  expect(() => checkOutputs([input()], [output()])).toThrow('is named twice')
})

test('nor is what is written, before it exists', () => {
  expect(() => checkOutputs([], [at('new'), at('./new')])).toThrow('is named twice')
  expect(() => checkOutputs([], [at('none/new'), at('none/./new')])).toThrow('is named twice')
})

test('other files, links that are replaced themselves, devices and standard output are free', () => {
  checkOutputs([at('payload'), '-'], [at('new'), at('link'), at('twin'), '-', undefined])
  checkOutputs(['/dev/null'], ['/dev/null', '/dev/null'])
})
