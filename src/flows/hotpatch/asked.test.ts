/** What a build's options are told before anything is compiled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TreeFacts } from '../../trees/model.ts'
import { checkAsked } from './asked.ts'
import type { RunningOptions } from './running.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-asked-'))
  writeFileSync(join(folder, 'there'), 'x')
})
afterAll(() => rmSync(folder, { recursive: true }))

const facts = (kind: TreeFacts['kind']): TreeFacts => ({
  kind,
  base: folder,
  sourceFolder: folder,
  buildFolder: folder,
  compiler: 'gcc',
  version: undefined,
  config: new Map(),
  symbols: undefined,
  tableUse: undefined,
})

/** Names in options are of files in the folder. */
const named = ({ symbols, on, besides, memory, ...rest }: RunningOptions): RunningOptions => ({
  ...rest,
  ...(symbols === undefined ? {} : { symbols: join(folder, symbols) }),
  ...(on === undefined ? {} : { on: on.map(file => join(folder, file)) }),
  ...(besides === undefined ? {} : { besides: besides.map(file => join(folder, file)) }),
  ...(memory === undefined ? {} : { memory: join(folder, memory) }),
})

test.for<{ what: string; kind?: TreeFacts['kind']; options: RunningOptions; code: string; hint: RegExp }>([
  { what: 'a hypervisor’s file', kind: 'xen', options: { symbols: 'no' }, code: 'build/no-symbols', hint: /xen-syms/ },
  { what: 'a program', options: { symbols: 'no' }, code: 'build/no-symbols', hint: /unstripped program/ },
  { what: 'a folder', options: { symbols: '.' }, code: 'build/no-symbols', hint: /unstripped program/ },
  { what: 'a kernel', kind: 'linux', options: { symbols: 'no' }, code: 'build/no-symbols', hint: /vmlinuz/ },
  { what: 'no kernel', kind: 'linux', options: {}, code: 'linux/no-image', hint: /vmlinuz/ },
  { what: 'a payload below', options: { on: ['there', 'no'] }, code: 'build/cannot-read', hint: /path right/ },
  { what: 'a payload beside', options: { besides: ['no'] }, code: 'build/cannot-read', hint: /path right/ },
  { what: 'memory', kind: 'xen', options: { memory: 'no@1000' }, code: 'build/cannot-read', hint: /path right/ },
  { what: 'no build-id', options: { depends: 'xyz' }, code: 'build/bad-build-id', hint: /xl info/ },
  {
    what: 'both kinds of payloads',
    options: { on: ['there'], besides: ['there'] },
    code: 'cli/usage',
    hint: /replace/,
  },
  { what: 'an option of Linux', kind: 'xen', options: { replace: false }, code: 'cli/usage', hint: /--on/ },
])('$what of a tree $kind is refused at once', ({ kind = 'compile-commands', options, code, hint }) => {
  expect(() => checkAsked(facts(kind), named(options))).toThrow(
    expect.objectContaining({ code, hint: expect.stringMatching(hint) }),
  )
})

test('what is there is read later', () => {
  const options = named({ symbols: 'there', on: ['there'], memory: 'there@1000' })
  expect(() => checkAsked(facts('xen'), options)).not.toThrow()
})
