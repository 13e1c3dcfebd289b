import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { keptOf } from './kept.ts'

const work = mkdtempSync(join(tmpdir(), 'hotsplice-kept-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

let made = 0

/** A tree of these files, made a while ago. */
async function tree(files: Readonly<Record<string, string>>) {
  const folder = join(work, `tree-${made++}`)
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  await settle()
  let scratch = 0
  /** Asks anew, as another run would; whether the answer was known. */
  const isKnownWith = async (sources: string, ...question: readonly string[]) => {
    const place = join(work, `scratch-${made}-${scratch++}`)
    mkdirSync(place)
    const kept = keptOf({ folder, sources, scratch: place, cacheFolder: join(work, 'cache'), signal: undefined })
    let asked = false
    const answer = await kept(question, async () => {
      asked = true
      return `answer to ${question.join(' ')}`
    })
    expect(answer).toBe(`answer to ${question.join(' ')}`)
    return !asked
  }
  const isKnown = (...question: readonly string[]) => isKnownWith(folder, ...question)
  return { folder, write, isKnown, isKnownWith }
}

/** Until what was changed no longer counts as changed a moment ago. */
const settle = () => new Promise(resolve => setTimeout(resolve, 2300))

const FILES = { Makefile: 'obj-y += a.o\n', 'kernel/a.c': 'int a;\n', 'arch/arm/b.c': 'int b;\n' }

describe('what was asked of a whole tree', { timeout: 60_000 }, () => {
  it('is known as long as no file of it changes, each question for itself', async () => {
    const { isKnown } = await tree(FILES)
    expect(await isKnown('who', 'reads')).toBe(false)
    expect(await isKnown('who', 'reads')).toBe(true)
    expect(await isKnown('who', 'writes')).toBe(false)
  })

  it.each([
    ['another text', 'kernel/a.c', 'int c;\n'],
    ['a file more', 'kernel/new.h', ''],
    ['another makefile', 'Makefile', 'obj-y += b.o\n'],
  ])('is asked again where there is %s', async (_, path, text) => {
    const { write, isKnown } = await tree(FILES)
    expect(await isKnown('who')).toBe(false)
    write(path, text)
    await settle()
    expect(await isKnown('who')).toBe(false)
    expect(await isKnown('who')).toBe(true)
  })

  it('is asked again where a text of the same size has got its old time back', async () => {
    const { folder, write, isKnown } = await tree(FILES)
    const old = new Date(1_600_000_000_000)
    utimesSync(join(folder, 'kernel/a.c'), old, old)
    await settle()
    expect(await isKnown('who')).toBe(false)
    write('kernel/a.c', 'int z;\n')
    utimesSync(join(folder, 'kernel/a.c'), old, old)
    await settle()
    expect(await isKnown('who')).toBe(false)
  })

  it('is not kept where a file has changed a moment ago', async () => {
    const { write, isKnown } = await tree(FILES)
    write('kernel/a.c', 'int d;\n')
    expect(await isKnown('who')).toBe(false)
    expect(await isKnown('who')).toBe(false)
  })

  it('is known of a build with O= as long as neither folder changes', async () => {
    const sources = await tree(FILES)
    const built = await tree({ 'include/config/auto.conf': 'CONFIG_A=y\n' })
    symlinkSync(sources.folder, join(built.folder, 'source'))
    await settle()
    const isKnown = () => built.isKnownWith(sources.folder, 'who')
    expect([await isKnown(), await isKnown()]).toEqual([false, true])
    sources.write('kernel/a.c', 'int another;\n')
    await settle()
    expect([await isKnown(), await isKnown()]).toEqual([false, true])
    built.write('include/config/auto.conf', 'CONFIG_A=m\n')
    await settle()
    expect(await isKnown()).toBe(false)
  })

  it('does not mind what only other machines have', async () => {
    const { write, isKnown } = await tree(FILES)
    expect(await isKnown('who')).toBe(false)
    write('arch/arm/b.c', 'int other;\n')
    expect(await isKnown('who')).toBe(true)
  })
})
