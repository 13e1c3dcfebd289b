/** Reports for pages: small ones by hand, and large ones by count. */

import type { FleetIndex } from '../../../src/report/fleet-index.ts'
import { type Entry, emptyReport, type IncludedPiece, type Listing, type RunReport } from '../../../src/report/model.ts'
import type { FleetInput } from '../../../src/report/page/fleet-view.ts'
import type { RehearsalView, VerifyView } from '../../../src/report/page/model.ts'

const BUILD_ID = 'a3f5'.repeat(10)

/** Of a patch that changes one function in each of so many units; every tenth unit has one more that stays. */
export function built(units: number): RunReport {
  const numbers = Array.from({ length: units }, (_, at) => at + 1)
  const functions = numbers.flatMap((at): Entry[] => {
    const unit = `common/part${at}.o`
    const changed: Entry = {
      name: `f${at}`,
      unit,
      symbols: [`f${at}`, `f${at}.cold`],
      verdict: at % 7 === 0 ? 'new' : 'changed',
      included: true,
      reasons: [{ code: 'size', text: `its size went from ${at} to ${at + 5} bytes` }],
    }
    const stays: Entry = {
      ...changed,
      name: `stays${at}`,
      symbols: [`stays${at}`],
      verdict: 'line-only',
      included: false,
      reasons: [{ code: 'line-only', text: 'only embedded line numbers differ, at 1 place' }],
    }
    return at % 10 === 0 ? [changed, stays] : [changed]
  })
  return {
    ...emptyReport('build', '0.2.0'),
    outcome: 'built',
    target: { name: 'xen', version: '4.17', machine: 62 },
    base: { buildId: BUILD_ID, depends: BUILD_ID },
    patches: [{ name: 'fix.patch', subject: 'x86: do not trust the guest' }],
    compiler: 'gcc',
    functions,
    pieces: numbers.flatMap(piecesOf),
    units: numbers.map(unitOf),
    payload: { file: 'fix.livepatch', size: 4096, sha256: 'c0de'.repeat(16), buildId: 'beef'.repeat(10) },
    warnings: [{ code: 'other-copy', text: 'f1 was inlined elsewhere, too' }],
    lines: {
      way: 'mask',
      root: '/xen',
      files: [fileLines()],
      held: [],
      code: [
        {
          unit: 'common/part1.o',
          symbol: 'f1',
          size: 10,
          files: ['./include/xen/lib.h'],
          rows: [
            [0, 0, 4],
            [4, 0, 900],
          ],
        },
      ],
    },
    details: { patches: [PATCH], neutral: null, texts: TEXTS, listings: [listing()], unlisted: units - 1 },
    timings: { compile: 1000 },
  }
}

const PATCH = `Subject: [PATCH] x86: do not trust the guest

--- a/xen/include/xen/lib.h
+++ b/xen/include/xen/lib.h
@@ -1,5 +1,6 @@ struct guest
 one
 two
--- three
+++ three
+more
 four
 five
@@ -90,2 +91,2 @@
-old
+new
 end
`

const TEXTS: NonNullable<RunReport['details']>['texts'] = [
  {
    file: 'xen/include/xen/lib.h',
    offsets: [0, 0],
    functions: [
      ['f1', 1, 9],
      ['helper', 80, 95],
    ],
  },
]

function fileLines(): RunReport['lines']['files'][number] {
  return {
    file: 'include/xen/lib.h',
    way: 'mask',
    insertions: 0,
    unsafe: [],
    reason: 'no unit embeds one of its lines',
    original: { path: 'include/xen/lib.h', sha256: '0'.repeat(64), lines: 95 },
    patched: { path: 'include/xen/lib.h', sha256: '1'.repeat(64), lines: 96 },
    map: [
      [1, 1, 2],
      [4, 5, 90],
    ],
    numbers: [],
    numbering: 'none',
    embedded: [{ line: 50, stays: ['stays10'], replaced: ['f1'], set: [] }],
  }
}

function unitOf(at: number): RunReport['units'][number] {
  return {
    unit: `common/part${at}.o`,
    source: `common/part${at}.c`,
    kind: 'changed',
    because: ['include/xen/lib.h'],
    text: 'patched',
    command: ['gcc', '-c', `part${at}.c`],
    cached: false,
    compileTime: 100,
  }
}

function piecesOf(at: number): IncludedPiece[] {
  const unit = `common/part${at}.o`
  const first = (at - 1) * 2
  const reason = { code: 'changed', text: `f${at} is not what it was` }
  return [
    { unit, name: `f${at}`, role: at % 7 === 0 ? 'new-function' : 'replacement', size: 40 + at, reason, because: null },
    {
      unit,
      name: '.rodata.str+0x0',
      role: 'content',
      size: 12,
      reason: { code: 'needed', text: 'it is printed' },
      because: first,
    },
  ]
}

function listing(): Listing {
  return {
    unit: 'common/part1.o',
    name: 'f1',
    symbol: 'f1',
    original: {
      size: 5,
      instructions: [
        [0, 'mov $1, %eax'],
        [4, 'ret'],
      ],
      sites: [{ offset: 1, file: 'include/xen/lib.h', line: 50 }],
      references: [],
    },
    patched: {
      size: 10,
      instructions: [
        [0, 'mov $2, %eax'],
        [4, 'call printk'],
        [9, 'ret'],
      ],
      sites: [],
      references: [{ offset: 4, name: 'printk' }],
    },
  }
}

export function refused(): RunReport {
  return {
    ...emptyReport('build', '0.2.0'),
    outcome: 'refused',
    target: { name: 'xen', version: '4.17', machine: 62 },
    base: { buildId: BUILD_ID, depends: BUILD_ID },
    patches: [{ name: 'bad.patch', subject: null }],
    refusals: [
      {
        code: 'changed-data',
        unit: 'common/domain.o',
        symbol: 'limit',
        text: 'its initial value changes from 5 to 6',
        hint: 'set it from a load hook',
        place: { file: 'common/domain.c', line: 7 },
      },
      {
        code: 'init-code',
        unit: 'common/setup.o',
        symbol: 'start',
        text: 'it ran when the system came up',
        hint: 'leave it out',
      },
    ],
    data: [
      {
        name: 'limit',
        unit: 'common/domain.o',
        symbols: ['limit'],
        verdict: 'changed',
        included: false,
        reasons: [{ code: 'byte', text: 'byte 0x0 went from 0x5 to 0x6' }],
      },
    ],
  }
}

/** What a name, a reason or a line of a patch may hold. */
export const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(2)</script>',
  '<!--<script>',
  '\u202Egnp.exe',
  '\u001b[2J\u0007',
  '&lt;b&gt;',
  'n'.repeat(10_000),
  '__proto__',
  '"><svg/onload=alert(3)>',
]

/** Everything that others name is one of those. */
export function hostile(): RunReport {
  const report = built(HOSTILE.length)
  const at = (index: number) => HOSTILE[index % HOSTILE.length] ?? ''
  return {
    ...report,
    outcome: 'refused',
    payload: null,
    patches: [{ name: at(0), subject: at(1) }],
    functions: report.functions.map((entry, index) => ({
      ...entry,
      name: at(index),
      unit: at(index + 1),
      symbols: [at(index)],
      reasons: [{ code: at(2), text: at(index + 2) }],
    })),
    refusals: HOSTILE.map((text, index) => ({
      code: text,
      unit: at(index + 3),
      symbol: at(index + 4),
      text,
      hint: text,
    })),
    details: {
      patches: [HOSTILE.join('\n+')],
      neutral: HOSTILE.join('\n'),
      texts: [],
      listings: HOSTILE.map((name, index) => ({
        unit: at(index + 1),
        name,
        symbol: name,
        original: { size: 1, instructions: [[0, name]], sites: [], references: [] },
        patched: { size: 1, instructions: [[0, `${name} ${name}`]], sites: [], references: [] },
      })),
      unlisted: 0,
    },
  }
}

export function verified(): VerifyView {
  return {
    target: 'xen',
    version: '4.17',
    sha256: 'c0de'.repeat(16),
    accepted: false,
    complete: true,
    errno: 'EINVAL',
    stage: 'upload',
    decidedBy: 'elf-type',
    checks: [
      { code: 'elf-type', status: 'failed', text: 'it is of type 2', errno: 'EINVAL' },
      { code: 'elf-machine', status: 'passed', text: 'it is for this machine' },
      { code: 'ibt', status: 'not-applicable', text: 'Xen does not use it' },
    ],
  }
}

export function rehearsed(): RehearsalView {
  return {
    outcome: 'passed',
    hypervisor: { name: 'Xen', file: 'xen.gz', version: '4.17.5', buildId: BUILD_ID },
    payloads: ['fix'],
    digests: ['c0de'.repeat(16)],
    operations: [
      {
        line: 1,
        text: 'upload fix',
        operation: 'upload',
        result: 0,
        errno: null,
        expectation: 'success',
        expected: true,
        output: ['fix: CHECKED'],
        console: ['(XEN) livepatch: fix: <b>CHECKED</b>'],
      },
    ],
    notRun: 0,
    downfall: null,
    console: ['(XEN) Xen version 4.17.5'],
  }
}

/** So many fixes for so many bases, with each of three outcomes; every tenth refusal was not expected. */
export function fleet(fixes: number, bases: number): FleetInput {
  const names = (count: number, of: (at: number) => string) => Array.from({ length: count }, (_, at) => of(at))
  const stored = { sha256: '0'.repeat(64), size: 1 }
  const cells = names(bases, at => `base-${at}`).flatMap((base, column) =>
    names(fixes, at => `XSA-${at}`).map((fix, row): FleetIndex['cells'][number] => {
      const outcome = (['built', 'refused', 'nothing-to-do'] as const)[(row + column) % 3] ?? 'built'
      const asExpected = outcome !== 'refused' || (row + column) % 10 !== 0
      return {
        base,
        fix,
        outcome: outcome === 'refused' && asExpected ? 'expected-refusal' : outcome,
        asExpected,
        text: `what came of ${fix}`,
        codes: outcome === 'refused' ? ['init-code'] : [],
        expected:
          outcome === 'refused' && asExpected
            ? { codes: ['init-code'], reason: 'it only runs at boot', who: 'A' }
            : null,
        payload: null,
        report: null,
        page: outcome === 'nothing-to-do' ? null : { file: `pages/${base} ${fix}.html`, ...stored },
        debugFile: null,
        rehearsal: null,
        error: null,
        upon: [],
        includes: [],
        isCumulative: false,
        inputs: {},
      }
    }),
  )
  const index: FleetIndex = {
    schema: 1,
    command: 'fleet',
    version: '0.2.0',
    outcome: 'not-as-expected',
    bases: names(bases, at => `base-${at}`).map(name => ({ name, buildId: BUILD_ID, endOfLife: null, on: [] })),
    fixes: names(fixes, at => `XSA-${at}`).map((name, at) => ({ name, ids: [`CVE-2026-${at}`] })),
    cells,
  }
  return { index, hrefOf: encodeURI }
}

/** The same, with an error in place of the first outcome. */
export function withError({ index, hrefOf }: FleetInput): FleetInput {
  const [first, ...rest] = index.cells
  if (first === undefined) throw new Error('there is no cell')
  const [text, hint] = ['gcc-99 was not found', 'install Debian’s package gcc-99']
  const error = { code: 'build/no-program', text, trail: [], hint }
  return {
    index: { ...index, cells: [{ ...first, outcome: 'error', asExpected: false, page: null, text, error }, ...rest] },
    hrefOf,
  }
}
