/** What `scripts/coverage.ts` takes for a fix, and the table that it writes and reads back. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BEHAVIOURS, looksAt } from '../scripts/series/behaviours.ts'
import { FILLS, fillIn, withoutFiles } from '../scripts/series/fills.ts'
import { advisoriesOf, ordinaryFixes, readLog, securitySeries, seriesTouching } from '../scripts/series/history.ts'
import { MACHINES, USUAL } from '../scripts/series/machines.ts'
import {
  COMPLETED,
  completedCells,
  JUDGED,
  judgedCells,
  RELEASES,
  readPart,
  releaseCells,
  SEEN,
  seenCells,
  writePart,
} from '../scripts/series/parts.ts'
import { REFUSED, refusedText } from '../scripts/series/refused.ts'
import { edited, RELEASE_BEHAVIOUR } from '../scripts/series/releases.ts'
import { behaviourOf, isAsExpected, onBuilt } from '../scripts/series/seen.ts'
import { readTable, rowOf, writeTable } from '../scripts/series/table.ts'
import type { Result } from '../scripts/series/take.ts'
import type { OperationResult } from '../src/hosts/rehearsal/index.ts'
import { parseScript } from '../src/hosts/rehearsal/script.ts'
import { XEN } from '../src/hosts/rehearsal/xen/xen.ts'

test.for<readonly [message: string, ids: readonly string[]]>([
  ['x86: a fix\n\nThis is XSA-430 / CVE-2022-42335.\n', ['XSA-430']],
  ['x86: a fix\n\nThis is part of XSA-469 / CVE-2024-28956\n', ['XSA-469']],
  ['x86: a fix\n\nThis is part of CVE-2026-62426 / XSA-499.\n', ['XSA-499']],
  ['x86: a fix\n\nThis CVE-2023-34323 / XSA-440.\n', ['XSA-440']],
  ['x86: a fix\n\nEverything together is XSA-501.\n', ['XSA-501']],
  ['x86: a fix\n\nThis is XSA-1, and this is XSA-1.\nThis is part of XSA-2.\n', ['XSA-1', 'XSA-2']],
  ['x86: a fix\n\nXSA-455 was ultimately caused by similar names.\n', []],
  ['x86: a fix\n\nTherefore the advice in XSA-466 becomes relevant.\n', []],
])('%s', ([message, ids]) => {
  expect(advisoriesOf(message)).toEqual(ids)
})

const commit = (id: string, message: string) => ({ id: id.repeat(40), parent: '0'.repeat(40), message })
const log = [
  commit('a', 'x: part one\n\nThis is part of XSA-7.\n'),
  commit('b', 'y: something\n\nFixes: 0123456789ab ("before")\n'),
  commit('c', 'x: part two\n\nThis is part of XSA-7.\n\nFixes: 0123456789ab ("before")\n'),
  commit('d', 'z: nothing'),
]

test('the log is read back as it was asked for', () => {
  const text = log.map(({ id, parent, message }) => `${id} ${parent}\n${message}\0`).join('\n')
  expect(readLog(text)).toEqual(log)
})

test('commits of one advisory are one series; what mends and is of none is an ordinary fix', () => {
  const ids = (list: ReturnType<typeof securitySeries>) =>
    list.map(({ id, commits }) => [id, commits.map(each => each.id.charAt(0))])
  expect(ids(securitySeries('4.17', log))).toEqual([['XSA-7', ['a', 'c']]])
  expect(ids(ordinaryFixes('4.17', log))).toEqual([['bbbbbbbbbbbb', ['b']]])
})

test('a series is whole where one of its parts touches the machine, and none where none does', () => {
  const touching = (...ids: readonly string[]) =>
    seriesTouching(securitySeries('4.17', log), new Set(ids.map(id => id.repeat(40)))).map(
      ({ commits }) => commits.length,
    )
  expect([touching('c'), touching('b', 'd')]).toEqual([[2], []])
})

const BUILT: Partial<Result> = { came: 'full cycle' }
const result = (changes: Partial<Result> = {}): Result => {
  const nothing = { functions: ['a.o f', 'b.o g'], seconds: 12, refusals: ['init-code'], by: '0123456789' }
  return { came: 'refused', base: 'f'.repeat(40), ...nothing, ...changes }
}

test('a table is read back, and a later run takes the place of its rows', () => {
  const built = rowOf(USUAL, { branch: '4.17', id: 'XSA-30' }, result({ came: 'full cycle' }))
  const refused = rowOf(USUAL, { branch: '4.17', id: 'XSA-4' }, result())
  const first = writeTable([], [built, refused])
  expect(first).toContain('2 fixes: 1 full cycle, 1 refused.')
  expect(readTable(first)).toEqual([refused, built])
  expect(built).toMatchObject({ functions: '2', refusals: '', base: 'f'.repeat(10) })
  expect(refused).toMatchObject({ functions: '', refusals: 'init-code' })

  const again = rowOf(USUAL, { branch: '4.17', id: 'XSA-4' }, result({ came: 'nothing to do', refusals: [] }))
  const other = rowOf(USUAL, { branch: '4.9', id: 'XSA-30' }, result({ came: 'crashed' }))
  const second = writeTable(readTable(first), [again, other])
  expect(readTable(second)).toEqual([other, again, built])
  expect(writeTable(readTable(second), [])).toBe(second)
})

test('the same fix on two machines has two rows, and a table without machines is of the first', () => {
  const fix = { branch: '4.17', id: 'XSA-30' }
  const machines = [...MACHINES.values()]
  const rows = machines.map(machine => rowOf(machine, fix, result()))
  expect(rows.map(({ machine }) => machine)).toEqual(['x86-64', 'AArch64'])
  expect(readTable(writeTable([], rows))).toEqual(rows.toReversed())
  const before = '| 4.17 | XSA-30 | ffffffffff | refused |  | 12 | init-code | 0123456789 |'
  expect(readTable(before)).toEqual([rows[0]])
})

test('what was completed, and what was judged, have tables of their own, which are read back', () => {
  const fix = { branch: '4.17', id: 'XSA-30' }
  const refused = rowOf(USUAL, fix, result())
  const completed = (hand: number) =>
    completedCells(USUAL, fix, { ...result({ came: 'full cycle' }), written: 80, hand })
  expect(completed(3).slice(4)).toEqual(['full cycle', '2', '', '80', '3', '0123456789'])
  const lists = { unjudged: [], must: ['a.o f'], boot: [], missing: [], more: ['a.o g'], unlike: [] }
  const judged = judgedCells(USUAL, fix, { ...lists, units: 9, differing: 2, base: 'f'.repeat(40), by: '0123456789' })
  expect(judged.slice(4)).toEqual(['9', '2', '0', '1', '0', '1', '0', '0123456789'])
  const first = writeTable([], [refused])
  expect([COMPLETED, JUDGED].map(part => writePart(part, readPart(first, part)))).toEqual(['', ''])
  const text = [first, writePart(COMPLETED, [completed(9), completed(3)]), writePart(JUDGED, [judged])].join('')
  expect([readTable(text), readPart(text, COMPLETED), readPart(text, JUDGED)]).toEqual([
    [refused],
    [completed(3)],
    [judged],
  ])
})

test('what is filled in takes the place of each mark, and is counted in lines', () => {
  const text = 'a\n    FILL_IN_first_values;\nFILL_IN_where_it_ends /* here */\nX(t, FILL_IN_how_many)\n'
  const fills = FILLS.get('XSA-472') ?? []
  const filled = fillIn(text, fills)
  expect(filled).toEqual({ text: 'a\n    spin_lock_init(&own->lock);\nX(t, 512)\n', hand: 3 })
  const put = [{ mark: 'FILL_IN_how_many', put: '1\n,2' }]
  expect(fillIn('X(FILL_IN_how_many)', put)).toEqual({ text: 'X(1\n,2)', hand: 2 })
  expect(fillIn(text.replace('how_many', 'other'), fills)).toBeUndefined()
  expect(fillIn(text + text, fills)).toBeUndefined()
})

test('files whose change is taken out of a patch', () => {
  const part = (file: string) =>
    `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-diff --git\n+b\n`
  const all = part('x/a.h') + part('a.h') + part('b.c')
  expect(withoutFiles(all, ['a.h'])).toBe(part('x/a.h') + part('b.c'))
  expect(withoutFiles(part('a.h'), ['a.h'])).toBe('')
  expect(withoutFiles(all, [])).toBe(all)
})

test('what is seen of a fix is known by its advisory, or by the title of its commit on any branch', () => {
  const titled = {
    branch: '4.19',
    id: 'b'.repeat(12),
    commits: [commit('b', 'xen/kexec: return error code for unknown hypercalls\n\nx')],
  }
  const other = { ...titled, commits: [commit('b', 'another\n')] }
  const advisory = { branch: '4.17', id: 'XSA-506', commits: [commit('a', 'another\n')] }
  expect([titled, other, advisory].map(series => behaviourOf(series)?.fixed)).toEqual([
    'EOPNOTSUPP',
    undefined,
    'ENODATA',
  ])
})

test('it is asked before, with, and after; one that goes down is booted twice', () => {
  const [once] = looksAt({ what: '', first: ['one'], call: 'call DOMCTL', before: 'success', fixed: 'EPERM' }, '0x17')
  expect(once).toEqual({
    goesDown: false,
    script: `one
call 0x17
upload fix fix.livepatch
apply fix
! EPERM call 0x17
revert fix
call 0x17
unload fix
`,
  })
  const [older, newer] = ['0x16', '0x17'].map(version =>
    looksAt({ what: '', each: ['state { ALTP2M }'], call: 'call', before: 'EIO', fixed: 'success' }, version),
  )
  expect(older?.[0]?.script).toContain('apply fix\nstate {  }\ncall\nrevert fix\nstate {  }\n! EIO call\n')
  expect(newer?.[0]?.script).toContain('apply fix\nstate { u32:0 }\ncall\n')
  const down = looksAt({ what: '', call: 'call', before: 'crash', fixed: ': 2a' }, '')
  expect(down.map(({ script, goesDown }) => [script, goesDown])).toEqual([
    ['call\n', true],
    ['upload fix fix.livepatch\napply fix\ncall\nexpect-output "2a"\nrevert fix\ncall\n', true],
  ])
})

test('a fix is taken on an older base that is built, and not on one that has it', () => {
  const history = mkdtempSync(join(tmpdir(), 'hotsplice-coverage-'))
  onTestFinished(() => rmSync(history, { recursive: true }))
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', history, ...args], { encoding: 'utf8' }).trim()
  git('init', '--quiet')
  const [older = '', base = '', fixed = ''] = ['older', 'base', 'fixed'].map(message => {
    git('-c', 'user.name=n', '-c', 'user.email=e@e', 'commit', '--quiet', '--allow-empty', '-m', message)
    return git('rev-parse', 'HEAD')
  })
  mkdirSync(join(history, 'trees'))
  const where = { history, state: history, machine: USUAL, until: 0 }
  const series = { branch: '4.17', id: 'XSA-7', commits: [{ id: fixed, parent: base, message: 'fixed' }] }
  const builtOn = (commit: string) => {
    writeFileSync(join(history, 'trees/4.17.built'), commit)
    return onBuilt(where, series)?.commits.map(({ id, parent }) => [id, parent])
  }
  expect(onBuilt(where, series)).toBeUndefined()
  expect([older, base, fixed].map(builtOn)).toEqual([[[fixed, older]], [[fixed, base]], undefined])
})

test('every script of a behaviour is one that a rehearsal takes', () => {
  const payloads = [{ name: 'fix.livepatch', bytes: new Uint8Array() }]
  for (const behaviour of [...BEHAVIOURS.values(), RELEASE_BEHAVIOUR]) {
    for (const { script } of looksAt(behaviour, '0x17')) {
      expect(parseScript(script, payloads, XEN).length).toBe(script.trim().split('\n').length)
    }
  }
})

test('a hypervisor that goes down does so at the last line, and nowhere else', () => {
  const step = (expected: boolean) => ({ expected }) as OperationResult
  const down = { outcome: 'crashed', notRun: 0, operations: [step(true), step(false)] } as const
  const cases = [down, { ...down, notRun: 1 }, { ...down, operations: [step(false), step(false)] }]
  expect(cases.map(each => isAsExpected(each, true))).toEqual([true, false, false])
  expect([isAsExpected(down, false), isAsExpected({ ...down, outcome: 'passed' }, false)]).toEqual([false, true])
})

test('what was seen has a table of its own', () => {
  const seen = { what: 'dm_op', before: 'ESRCH', fixed: 'ENODATA', isSeen: true, base: 'c'.repeat(40), by: 'd' }
  const cells = seenCells(USUAL, { branch: '4.17', id: 'XSA-506' }, seen)
  expect(readPart(writePart(SEEN, [cells]), SEEN)).toEqual([cells])
})

test('each refused fix is told once, with its branches and the way out; one that nobody looked at says so', () => {
  const row = (branch: string, id: string, changes?: Partial<Result>) => rowOf(USUAL, { branch, id }, result(changes))
  const rows = [row('4.17', 'XSA-472'), row('4.21', 'XSA-472'), row('4.17', 'XSA-9'), row('4.17', 'XSA-501', BUILT)]
  const text = refusedText(rows)
  expect(text).toContain(
    '| XSA-472 | 4.17, 4.21 | a lock is new in struct viridian_domain | `hotsplice assist`, below |',
  )
  expect(text).toContain('| XSA-9 | 4.17 | not looked at yet |')
  expect(text).not.toContain('XSA-501')
  expect(refusedText([row('4.17', 'XSA-501', BUILT)])).toBe('')
  const table = writeTable([], rows)
  expect(readTable(table + text)).toEqual(readTable(table))
})

test('what is refused in the table that is kept was looked at, all of it', () => {
  const table = readTable(readFileSync(join(import.meta.dirname, '../docs/coverage.md'), 'utf8'))
  const refused = table.filter(({ came }) => came === 'refused').map(({ id }) => id)
  expect(refused.length).toBeGreaterThan(20)
  expect(refused.filter(id => !REFUSED.has(id))).toEqual([])
})

test('a release is given a fix of our own, and only where the text is as it is known', () => {
  const edit = { from: 'return 1;', to: 'return $&2;' }
  expect(edited('a.c', 'int f(void)\n{ return 1; }\n', edit)).toContain('\n+{ return $&2; }\n')
  for (const other of ['', 'return 1; return 1;'])
    expect(() => edited('a.c', other, edit)).toThrow('a.c is not as it was')
  const cells = releaseCells(
    USUAL,
    { branch: '4.17', id: 'RELEASE-4.17.0' },
    { ...result({ came: 'full cycle' }), seen: true },
  )
  expect(readPart(writePart(RELEASES, [cells]), RELEASES)).toEqual([cells])
})
