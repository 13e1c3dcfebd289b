import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InputError } from '../base/errors.ts'
import { isFreeForJson, isSpecial, readInput, removeStale, writeWhole } from './files.ts'
import { newPartName } from './part-names.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('a file is written whole, and nothing is left beside it', () => {
  writeWhole(join(folder, 'out'), 'text')
  writeWhole(join(folder, 'out'), 'other')
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('other')
  expect(readdirSync(folder)).toEqual(['out'])
})

test('what cannot be written is named, and nothing is left beside it', () => {
  mkdirSync(join(folder, 'out'))
  expect(() => writeWhole(join(folder, 'out'), 'text')).toThrow(InputError)
  expect(() => writeWhole(join(folder, 'none/out'), 'text')).toThrow(/none\/out cannot be written/)
  expect(readdirSync(folder)).toEqual(['out'])
})

test('a device is written to, not replaced', () => {
  writeWhole('/dev/null', 'text')
  expect(readInput('/dev/null', 'the device').length).toBe(0)
})

test('what cannot be read is named with what it was to be', () => {
  expect(() => readInput(join(folder, 'none'), 'the patch')).toThrow(/the patch .*none cannot be read: ENOENT/)
})

test('what an earlier run left is taken away, and only a file', () => {
  writeFileSync(join(folder, 'old'), '')
  chmodSync(join(folder, 'old'), 0o444)
  expect(removeStale(join(folder, 'old'))).toBe(true)
  expect(removeStale(join(folder, 'old'))).toBe(false)
  expect(removeStale(folder)).toBe(false)
})

test.for([
  { content: undefined, free: true },
  { content: '', free: true },
  { content: ' {"schema": 1}', free: true },
  { content: '--- a/file.c', free: false },
  { content: '\u007fELF', free: false },
])('a report of a failed run takes the place of $content: $free', ({ content, free }) => {
  if (content !== undefined) writeFileSync(join(folder, 'out'), content)
  expect(isFreeForJson(join(folder, 'out'))).toBe(free)
})

test.for<[string, (path: string, elsewhere: string) => void]>([
  ['the output', (path, elsewhere) => symlinkSync(elsewhere, path)],
  ['the output, to nothing', (path, elsewhere) => symlinkSync(`${elsewhere}-none`, path)],
  [
    'a name that an earlier release wrote beside',
    (path, elsewhere) => symlinkSync(elsewhere, join(dirname(path), `.${basename(path)}.${process.pid}.part`)),
  ],
])('a link is replaced, or left alone, and never followed: %s', ([, link]) => {
  const elsewhere = join(folder, 'elsewhere')
  const path = join(folder, 'linked/out')
  mkdirSync(dirname(path))
  writeFileSync(elsewhere, 'theirs')
  link(path, elsewhere)
  writeWhole(path, 'ours')
  expect(lstatSync(path).isFile()).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe('ours')
  if (existsSync(elsewhere)) expect(readFileSync(elsewhere, 'utf8')).toBe('theirs')
  rmSync(dirname(path), { recursive: true })
})

test('names beside an output are no two times the same', () => {
  const names = new Set(Array.from({ length: 100 }, newPartName))
  expect(names.size).toBe(100)
  for (const name of names) expect(name).toMatch(/-[0-9a-f]{32}\.part$/)
})

test('what a run left that was killed while it wrote is gone after the next', () => {
  const place = join(folder, 'parts')
  mkdirSync(place)
  const own = newPartName()
  const another = own.replace(/-(\d+)-(\d+)-/, '-$1-1-')
  const elsewhere = own.replace(/hotsplice-[0-9a-f]{8}/, 'hotsplice-00000000')
  // Its random part is another, whatever it ends in.
  const longAgo = elsewhere.replace(/.\.part$/, ending => (ending === '0.part' ? '1.part' : '0.part'))
  const { pid } = spawnSync('true')
  const dead = own.replace(`-${process.pid}-`, `-${pid}-`)
  for (const name of [own, another, elsewhere, longAgo, dead, '.hotsplice-notes.part'])
    writeFileSync(join(place, name), '')
  utimesSync(join(place, longAgo), new Date(0), new Date(0))
  writeWhole(join(place, 'out'), 'text')
  expect(readdirSync(place).sort()).toEqual([own, elsewhere, '.hotsplice-notes.part', 'out'].sort())
})

test.for(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', 'out'])('%s that goes to a file is written through', name => {
  const path = join(folder, 'stdout')
  const script = `import { writeWhole } from '${new URL('./files.ts', import.meta.url)}'\nwriteWhole(process.argv[1], 'text')`
  const link = join(folder, 'out')
  symlinkSync('/dev/stdout', link)
  const words = ['--import', 'tsx', '--input-type=module', '-e', script, name === 'out' ? link : name]
  const run = spawnSync('sh', ['-c', 'exec "$@" > "$0"', path, process.execPath, ...words], {
    cwd: new URL('.', import.meta.url).pathname,
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(readFileSync(path, 'utf8')).toBe('text')
  expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true)
  rmSync(link)
})

test.for([
  { what: 'below a file', name: 'file/out' },
  { what: 'in a loop of links', name: 'loop/out' },
  { what: 'of too long a name', name: 'n'.repeat(256) },
])('an output $what is told as one that cannot be written', ({ name }) => {
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('loop', join(folder, 'loop'))
  const path = join(folder, name)
  expect(isSpecial(path)).toBe(false)
  expect(removeStale(path)).toBe(false)
  expect(isFreeForJson(path)).toBe(true)
  expect(() => writeWhole(path, 'text')).toThrow(InputError)
})
