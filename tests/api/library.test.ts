/** The library's own part: what may be left out, how files and texts are given, what is refused, how work is stopped. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  advise,
  type BuildOptions,
  build,
  diff,
  listLines,
  neutralize,
  openHost,
  page,
  rehearse,
  sign,
  translate,
  verify,
} from '../../src/index.ts'
import { type Demo, makeDemo } from '../cli/support/demo.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

describe.skipIf(!hasGcc)(`the library${withoutGcc}`, () => {
  let demo: Demo
  let cacheFolder = ''
  beforeAll(() => {
    demo = makeDemo()
    cacheFolder = mkdtempSync(join(demo.folder, 'cache-'))
  })
  afterAll(() => rmSync(demo.folder, { recursive: true, force: true }))

  const built = (options: Partial<BuildOptions> = {}) =>
    build({ tree: demo.tree, patch: demo.patch, cacheFolder, ...options })
  const patchText = () => readFileSync(demo.patch, 'utf8')

  test('a build by tree and patch alone is for the tree’s kind of target, by the way that is the default', async () => {
    const { report, payload } = await built()
    expect(report).toMatchObject({ outcome: 'built', target: { name: 'process' }, lines: { way: 'auto' } })
    expect(report.payload).toMatchObject({ file: 'fix.livepatch', size: payload?.length })
    expect(readdirSync(demo.tree).sort()).toEqual(['compile_commands.json', 'file1.c'])
  })

  test('a patch is a file, a text, bytes, or several of these: the payload is the same', async () => {
    const { payload } = await built()
    const forms = [patchText(), new Uint8Array(readFileSync(demo.patch)), [demo.patch], [patchText()]]
    for (const patch of forms) expect((await built({ patch })).payload).toEqual(payload)
    expect((await built({ patch: patchText() })).report.payload?.file).toBe('payload.livepatch')
    const bare = patchText().replace(/^(---|\+\+\+) [ab]\//gm, '$1 ')
    expect((await built({ patch: bare, strip: 0 })).payload).toEqual(payload)
    await expect(built({ strip: -1 })).rejects.toMatchObject({ code: 'library/bad-option' })
    expect((await built({ output: 'out/a.bin' })).report.payload?.file).toBe('out/a.bin')
  })

  test('several patches are applied in their order, and an error names the one that does not fit', async () => {
    const again = patchText().replaceAll('amount > balance', 'amount >= balance')
    await expect(built({ patch: [patchText(), again] })).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining('patch 2'),
    })
  })

  test('a page is made of reports as they are returned, and of files with their JSON; of nothing, or of what is none, it is not', async () => {
    const { report } = await built({ details: true })
    expect(report.details?.texts).toEqual([
      {
        file: 'file1.c',
        offsets: [0],
        wrote: [0],
        functions: expect.arrayContaining([['f1', expect.any(Number), expect.any(Number)]]),
      },
    ])
    const file = join(demo.folder, 'report.json')
    writeFileSync(file, JSON.stringify(report))
    const dataOf = (html: string) =>
      JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '')
    const data = dataOf(await page({ reports: [report, file] }))
    expect(data.builds[0].report.functions).toEqual(report.functions)
    expect(data.builds[0].hunks[0].bodies).toEqual(['f1'])
    expect({ ...data.builds[1], name: '' }).toEqual({ ...data.builds[0], name: '' })
    await expect(page({ reports: [] })).rejects.toMatchObject({ code: 'library/bad-option' })
    await expect(page({ reports: demo.patch })).rejects.toMatchObject({ code: 'report/not-json' })
  })

  test('what is refused is in the report, and there is no payload', async () => {
    const table = 'static int limit = 3;\nint f1(int a) { return a + limit; }\nvoid set(int a) { limit = a; }\n'
    writeFileSync(join(demo.tree, 'file1.c'), table)
    try {
      const change =
        '--- a/file1.c\n+++ b/file1.c\n@@ -1,3 +1,3 @@\n-static int limit = 3;\n+static int limit = 4;\n int f1(int a) { return a + limit; }\n void set(int a) { limit = a; }\n'
      const { report, payload } = await built({ patch: change })
      expect(report.refusals).toMatchObject([{ code: 'changed-data', symbol: 'limit' }])
      expect(payload).toBeUndefined()
    } finally {
      writeFileSync(join(demo.tree, 'file1.c'), readFileSync(join(import.meta.dirname, '../../examples/demo/file1.c')))
    }
  })

  test.for<{ name: string; stop: (controller: AbortController) => Partial<BuildOptions> }>([
    {
      name: 'before it begins',
      stop: controller => {
        controller.abort(new Error('enough'))
        return {}
      },
    },
    {
      name: 'at its first step',
      stop: controller => ({ progress: { step: () => controller.abort(new Error('enough')), tick: () => undefined } }),
    },
    {
      name: 'while a compiler runs',
      stop: controller => ({
        progress: {
          step: text => text.startsWith('compiling') && controller.abort(new Error('enough')),
          tick: () => undefined,
        },
      }),
    },
  ])('stopped $name, it is rejected with the signal’s reason and leaves nothing', async ({ stop }) => {
    const controller = new AbortController()
    const cache = mkdtempSync(join(demo.folder, 'cache-'))
    const work = built({ cacheFolder: cache, signal: controller.signal, ...stop(controller) })
    await expect(work).rejects.toThrow('enough')
    const left = readdirSync(cache).includes('private') ? readdirSync(join(cache, 'private')) : []
    expect(left).toEqual([])
  })

  test('other functions take the same forms', async () => {
    const options = { tree: demo.tree, patch: patchText(), cacheFolder }
    expect((await advise(options)).ways.map(({ way }) => way)).toHaveLength(5)
    expect((await listLines({ tree: demo.tree, source: 'file1.c', cacheFolder })).sites).toHaveLength(1)
    const { patch, report } = await neutralize(options)
    expect(Buffer.from(patch).toString('utf8')).toBe(report.patch)
    expect((await neutralize({ ...options, style: 'reformat' })).report.style).toBe('reformat')
    const { report: build } = await built()
    const named = await translate({ log: 'file1.c:12 overdrawn', reports: [{ name: 'mine', report: build }] })
    expect(named.log).toBe('file1.c:12 {=file1.c:14} overdrawn')
    expect(named.report.payloads).toMatchObject([{ name: 'mine', report: 'fix.livepatch' }])
  })

  test('a log keeps its words and its end', async () => {
    const reports = (await built()).report
    for (const log of ['', '\n', 'Grüße, other.c:1', 'a\n\nb\n'])
      expect((await translate({ log, reports })).log).toBe(log)
    const { log, notes } = await translate({ log: 'file1.c:12 ä\n', reports, replace: true })
    expect([log, notes]).toEqual(['file1.c:14 ä\n', []])
  })
})

describe('what cannot be', () => {
  const bytes = new Uint8Array()
  const wrong = (value: unknown) => value as never
  test.for<{ name: string; call: () => Promise<unknown>; code: string; says: string }>([
    { name: 'no tree', call: () => build(wrong({ patch: 'x' })), code: 'bad-option', says: 'tree is not given' },
    { name: 'no patch', call: () => build(wrong({ tree: '.' })), code: 'bad-option', says: 'the patch is not given' },
    { name: 'no patches', call: () => build({ tree: '.', patch: [] }), code: 'bad-option', says: 'at least one' },
    {
      name: 'a missing patch',
      call: () => build({ tree: '.', patch: 'no/such' }),
      code: 'cannot-read',
      says: '"no/such"',
    },
    {
      name: 'another way',
      call: () => build(wrong({ tree: '.', patch: 'x', lines: 'some' })),
      code: 'bad-option',
      says: '"some"',
    },
    {
      name: 'another target',
      call: () => advise(wrong({ tree: '.', patch: 'x', target: 3 })),
      code: 'bad-option',
      says: 'target is 3',
    },
    {
      name: 'half a shift',
      call: () => diff({ original: bytes, patched: bytes, shift: 3 }),
      code: 'bad-option',
      says: 'belong together',
    },
    {
      name: 'a missing object',
      call: () => diff({ original: 'no/such.o', patched: bytes }),
      code: 'cannot-read',
      says: 'the original object',
    },
    { name: 'no source', call: () => listLines(wrong({ tree: '.' })), code: 'bad-option', says: 'source is not given' },
    {
      name: 'another style',
      call: () => neutralize(wrong({ tree: '.', patch: 'x', style: '' })),
      code: 'bad-option',
      says: 'style is ""',
    },
    {
      name: 'another hash',
      call: () => sign(wrong({ payload: bytes, hash: 'md5' })),
      code: 'bad-option',
      says: 'sha256',
    },
    {
      name: 'memory alone',
      call: () => verify({ payload: bytes, symbols: bytes, memory: 'm' }),
      code: 'bad-option',
      says: 'no tree',
    },
    { name: 'no host', call: () => openHost(''), code: 'bad-option', says: 'host is ""' },
  ])('$name', async ({ call, code, says }) => {
    await expect(call()).rejects.toMatchObject({
      name: 'InputError',
      code: `library/${code}`,
      message: expect.stringContaining(says),
    })
  })

  test('nothing to boot', async () => {
    await expect(rehearse({ payloads: bytes })).rejects.toMatchObject({ code: 'rehearse/no-system' })
  })

  test('an unknown kind of host, and a symbols file that is none', async () => {
    await expect(openHost('elsewhere')).rejects.toMatchObject({ code: 'apply/unknown-host' })
    await expect(verify({ payload: bytes, symbols: bytes })).rejects.toMatchObject({ name: 'InputError' })
  })
})
