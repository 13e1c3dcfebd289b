/** The same for what this machine has: linked programs and libraries, members of archives, the C library's start files. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildIdOf, readDynamicSymbols, readElf, readNotes, toNewObject, writeElf } from '../../src/elf/index.ts'
import { sampled } from '../support/sampled.ts'
import { elfFiles, firstDifference, missingTool, readelf, run } from './binutils.ts'

const title = missingTool === undefined ? '' : ` (skipped: ${missingTool} is missing)`

describe.skipIf(missingTool !== undefined)(`files of the host${title}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-oracle-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Where gcc finds a file of the C library; it says the bare name for what it does not find. */
  const library = (name: string) => execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()

  test.for([...sampled(['crt1.o', 'Scrt1.o', 'crti.o', 'libm.so.6', 'libcrypto.so.3', 'libc.so.6'])])(
    '%s',
    (name, { skip }) => {
      const file = library(name)
      if (!existsSync(file)) skip(`${name} is not installed`)
      const { text } = readelf([file])
      expect(firstDifference(readElf(readFileSync(file)), text.get(file) ?? '')).toBeUndefined()
    },
  )

  test('the program that runs this, with a symbol table of many thousands', () => {
    const { text } = readelf([process.execPath])
    const elf = readElf(readFileSync(process.execPath))
    expect(readDynamicSymbols(elf).length + elf.symbols.length).toBeGreaterThan(1000)
    expect(firstDifference(elf, text.get(process.execPath) ?? '')).toBeUndefined()
  })

  test('members of libc.a, read, and written again', { timeout: 120_000 }, ({ skip }) => {
    const archive = library('libc.a')
    if (!existsSync(archive)) skip('libc.a is not installed')
    const members = execFileSync('ar', ['t', archive], { encoding: 'utf8' }).split('\n')
    const picked = members.filter((name, index) => name.endsWith('.o') && index % 10 === 0)
    execFileSync('ar', ['x', archive, ...picked], { cwd: folder })
    const files = elfFiles(folder, '.o')
    expect(files.length).toBeGreaterThan(50)
    const { text } = readelf(files)
    const wrong = files.filter(file => firstDifference(readElf(readFileSync(file)), text.get(file) ?? '') !== undefined)
    expect(wrong).toEqual([])
    for (const file of files) {
      const before = toNewObject(readElf(readFileSync(file)))
      expect(toNewObject(readElf(writeElf(before)))).toEqual(before)
    }
  })

  test('notes and the build-id are those that readelf prints', () => {
    const elf = readElf(readFileSync(library('libc.so.6')))
    const theirs = run('readelf', ['-nW', library('libc.so.6')]).stdout
    const notes = elf.sections.filter(({ type }) => type === 7).flatMap(section => readNotes(section))
    expect(notes.length).toBe(theirs.match(/^ {2}\S+ +0x/gm)?.length)
    expect(theirs).toContain(`Build ID: ${Buffer.from(buildIdOf(elf) ?? []).toString('hex')}`)
  })
})
