/** The text of a page, and the sentences on its first screen. */
import { describe, expect, test } from 'vitest'
import { emptyReport, type FileLines, type RunReport } from '../model.ts'
import { firstScreen, headlineOf, movedFunctions, verifyHeadline } from './first-screen.ts'
import { DATA_PLACE, pageData, pageText } from './page.ts'

const report = (some: Partial<RunReport>): RunReport => ({ ...emptyReport('build', '1'), ...some })
const entry = (name: string, verdict: RunReport['functions'][number]['verdict'], included: boolean) => ({
  name,
  unit: 'f.o',
  symbols: [name],
  verdict,
  included,
  reasons: [],
})

test('no tag, comment or entity can begin in the data, and they read back the same', () => {
  const name = '</script><!--&amp;\u2028$&'
  const data = pageData({
    version: '1',
    builds: [{ name: 'a.json', report: report({ compiler: name }) }],
    findingOf: () => undefined,
  })
  const [before, after] = ['<script>', '</script>']
  const text = pageText(`${before}${DATA_PLACE}${after}`, data)
  const inside = text.slice(before.length, -after.length)
  expect(inside).not.toMatch(/[<>&\u2028]/)
  expect(JSON.parse(inside)).toEqual(data)
  expect(data.builds[0]?.report.compiler).toBe('</script><!--&amp;<U+2028>$&')
})

describe('the first sentence', () => {
  const xen = { name: 'xen', version: '4.17', machine: 62 } as const
  const functions = [entry('f', 'changed', true), entry('g', 'new', true), entry('h', 'line-only', false)]

  test('of a payload counts what it replaces apart from what it brings', () => {
    const payload = { file: 'f.livepatch', size: 1, sha256: '', buildId: '' }
    expect(headlineOf(report({ outcome: 'built', target: xen, functions, payload }))).toBe(
      'A hotpatch was built: while Xen 4.17 runs on, it replaces 1 function and brings 1 new.',
    )
  })

  test('of a payload that nobody has written says that it can be', () => {
    expect(headlineOf(report({ outcome: 'built', target: xen, functions }))).toMatch(/^A hotpatch can be built/)
  })

  test('of a failure has its text', () => {
    const error = { code: 'source/hunk-failed', text: 'hunk 1 does not fit', trail: [], hint: null }
    expect(headlineOf(report({ error }))).toBe('The build failed: hunk 1 does not fit')
  })
})

describe('what ignoring line numbers would have cost', () => {
  const file = (embedded: FileLines['embedded']): FileLines => ({
    file: 'f.c',
    way: 'mask',
    insertions: 0,
    unsafe: [],
    reason: '',
    original: null,
    patched: null,
    // Line 3 is new.
    map: [
      [1, 1, 2],
      [3, 4, 10],
    ],
    numbers: [],
    numbering: 'none',
    embedded,
  })
  const of = (embedded: FileLines['embedded']) =>
    report({ lines: { way: 'mask', root: '', files: [file(embedded)], held: [], code: [] } })

  test('functions that stay and embed a line that moved', () => {
    const lines = [
      { line: 2, stays: ['above'], replaced: [], set: [] },
      { line: 3, stays: ['below', ''], replaced: ['taken'], set: ['set'] },
    ]
    expect(movedFunctions(of(lines))).toEqual(['below', 'set'])
  })

  test('nobody looked: it is not said that there are none', () => {
    expect(movedFunctions(of(null))).toBeUndefined()
    expect(firstScreen(of(null), '').lines.join()).toContain('was not looked at')
  })

  test('none: nothing', () => {
    expect(firstScreen(of([]), '').lines.join()).toContain('would have cost nothing')
  })

  test('where it was tried, the trial counts', () => {
    const tried = {
      way: 'ignore',
      outcome: 'refused',
      functions: [entry('f', 'changed', true)],
      refusals: [{ code: 'a' }],
    }
    expect(firstScreen(of([]), '', { ways: [tried] }).lines.join()).toContain(
      'it would have taken in 1 function instead of 0, and would have been refused for 1 reason',
    )
  })
})

describe('what a judgement is about', () => {
  const payload = { file: 'x.livepatch', size: 1, sha256: 'aa', buildId: 'bb' }
  const verification = {
    target: 'xen' as const,
    version: '4.17',
    sha256: 'aa',
    accepted: true,
    complete: true,
    errno: null,
    stage: null,
    decidedBy: null,
    checks: [],
  }
  const said = (sha256: string, builds = [{ name: 'fix.json', report: report({ payload }) }]) => {
    const verifications = [{ name: 'verify.json', report: { ...verification, sha256 } }]
    const [only] = pageData({ version: '1', builds, verifications, findingOf: () => undefined }).verifications
    return { tone: only?.tone, isOther: only?.headline.startsWith('This is about another payload') }
  }

  test('whose rules they are', () => {
    const linux = { ...verification, target: 'linux' as const, version: '6.1', accepted: false, errno: 'ENOEXEC' }
    expect(verifyHeadline(linux)).toBe('Linux 6.1 would refuse this payload with ENOEXEC.')
  })

  test('the payload of that build', () => {
    expect(said('aa')).toEqual({ tone: 'good', isOther: false })
  })

  test('another one is never a reason to call this one good', () => {
    expect(said('cc')).toEqual({ tone: 'bad', isOther: true })
  })

  test('nor is it, where nothing was built', () => {
    expect(said('aa', [{ name: 'fix.json', report: report({ outcome: 'refused' }) }])).toEqual({
      tone: 'bad',
      isOther: true,
    })
  })

  test('without a build there is nothing to take it for', () => {
    expect(said('cc', [])).toEqual({ tone: 'good', isOther: false })
  })
})
