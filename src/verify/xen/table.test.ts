/** Every rule, broken in the smallest way: a toy payload with one field changed. */
import { describe, expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { verifyAndLoad, verifyPayload, XEN_VERSIONS, type XenVersion } from '../index.ts'
import type { Stage, Verdict, VerifyReport } from '../model.ts'
import { RULE_CODES } from './table.ts'

interface Row {
  readonly code: string
  /** What is wrong, as the end of "refuses a payload …". */
  readonly that: string
  readonly edit: (editor: Editor) => unknown
  readonly errno: Verdict
  readonly stage?: Stage
  readonly version?: XenVersion
  readonly symbols?: Partial<HypervisorSymbols>
  /** Another rule decides, because the loader comes to it first. */
  readonly decidedBy?: string
}

const FUNCS = '.livepatch.funcs'
const RELA = '.rela.livepatch.funcs'
const [DEPENDS, XEN_DEPENDS, BUILD_ID] = ['.livepatch.depends', '.livepatch.xen_depends', '.note.gnu.build-id']
const ALTERNATIVES = '.altinstructions'

/** Puts a number where a relocation would have put an address. */
const fix = (section: string, offset: number, value: bigint) => (e: Editor) => {
  e.setRelocation(`.rela${section}`, e.relocationAt(`.rela${section}`, offset), 'type', 0)
  e.put(section, offset, 8, value)
}
/** Lets the first relocation of a section refer to another symbol. */
const aim = (section: string, symbol: string) => (e: Editor) =>
  e.setRelocation(section, 0, 'symbol', e.symbolNamed(symbol))
const nowhere = (section: string) => (e: Editor) => e.setRelocation(section, 0, 'addend', 500)
const byte = (at: number, value: number) => (e: Editor) => e.write(at, 1, value)
const notLoaded = (section: string) => (e: Editor) => e.setSection(section, 'flags', 0)

/** Each second relocation stands where nobody reads. */
const twiceAsLong = (e: Editor) => e.setSection('.rela.text', 'entrySize', 48)

type Extra = Partial<Pick<Row, 'stage' | 'version' | 'symbols' | 'decidedBy'>>

const RUN: Extra = { stage: 'run' }

/** What is wrong, in the order in which a row reads: the answer, the edit, and what else is special. */
type Wrong = readonly [errno: Verdict, edit: Row['edit'], extra?: Extra]

function row(code: string, that: string, ...[errno, edit, extra = {}]: Wrong): Row {
  return { code, that, errno, edit, ...extra }
}

const HEADER: readonly Row[] = [
  row('hypervisor-livepatch', 'is for a hypervisor without live patching', 'ENOSYS', () => undefined, {
    symbols: { takesPayloads: false },
  }),
  { code: 'payload-size', that: 'is empty', edit: e => e.resize(0), errno: 'EINVAL' },
  { code: 'payload-size', that: 'has more than 2 MiB', edit: e => e.resize((2 << 20) + 1), errno: 'EINVAL' },
  { code: 'header-size', that: 'is shorter than a header', edit: e => e.resize(63), errno: 'EINVAL' },
  { code: 'header-magic', that: 'is no ELF file', edit: byte(0, 0), errno: 'EINVAL' },
  { code: 'header-version', that: 'has another ELF version', edit: byte(20, 2), errno: 'EOPNOTSUPP' },
  { code: 'header-abi', that: 'has a Linux ABI', edit: byte(7, 3), errno: 'EOPNOTSUPP' },
  { code: 'header-type', that: 'is an executable', edit: byte(16, 2), errno: 'EOPNOTSUPP' },
  { code: 'header-segments', that: 'has program headers', edit: byte(56, 1), errno: 'EOPNOTSUPP' },
  { code: 'header-machine', that: 'is for another machine', edit: byte(18, 183), errno: 'EOPNOTSUPP' },
  { code: 'header-marks', that: 'has flags', edit: byte(48, 1), errno: 'wrong' },
  { code: 'header-name-table', that: 'has no section names', edit: e => e.write(62, 2, 0), errno: 'EINVAL' },
  { code: 'section-count', that: 'claims 1024 sections', edit: e => e.write(60, 2, 1024), errno: 'EOPNOTSUPP' },
  row('header-name-table-index', 'names a section that is not there', 'EINVAL', e => e.write(62, 2, 999)),
  row('section-table', 'has its section headers past its end', 'EINVAL', e => e.write(40, 8, 0xffff_ffff)),
  { code: 'section-table', that: 'has short section headers', edit: e => e.write(58, 2, 63), errno: 'EINVAL' },
  row('section-table', 'has room for fewer section headers', 'EINVAL', e => e.write(60, 2, 500)),
]

const SECTIONS: readonly Row[] = [
  row('section-place', 'has a section over the header', 'EINVAL', e => e.setSection('.comment', 'offset', 63)),
  row('section-place', 'has a section past its end', 'EINVAL', e => e.setSection('.comment', 'size', 1 << 20)),
  row('section-alignment', 'is aligned to 3', 'EOPNOTSUPP', e => e.setSection('.comment', 'alignment', 3)),
  row('section-address', 'has an odd address', 'EINVAL', e => e.setSection('.text', 'address', 1)),
  row('section-nobits-size', 'asks for too many zeros', 'EINVAL', e => e.setSection('.bss', 'size', (2 << 20) + 1)),
  row('symbol-table-single', 'has two symbol tables', 'EOPNOTSUPP', e => e.setSection('.comment', 'type', 2)),
  row('symbol-table-link', 'has symbols without strings', 'EINVAL', e => e.setSection('.symtab', 'link', 999)),
  { code: 'symbol-table', that: 'has no symbol table', edit: e => e.setSection('.symtab', 'type', 1), errno: 'EINVAL' },
  { code: 'symbol-table', that: 'has half a symbol', edit: e => e.setSection('.symtab', 'size', 25), errno: 'EINVAL' },
  row('string-table', 'links its symbols to section 0', 'crash', e => e.setSection('.symtab', 'link', 0)),
  row('string-table', 'links its symbols to code', 'EINVAL', e => e.setSection('.symtab', 'link', 1)),
  row('string-table', 'has strings that do not begin with a NUL', 'EINVAL', e => e.put('.strtab', 0, 1, 65)),
  { code: 'section-name-table', that: 'has its section names in code', edit: e => e.write(62, 2, 1), errno: 'EINVAL' },
  row('section-name', 'has a section name past the table', 'EINVAL', e => e.setSection('.comment', 'name', 0xffff)),
  row('symbol-table-memory', 'has a symbol table of overflowing size', 'ENOMEM', e =>
    e.setSection('.symtab', 'size', -16),
  ),
  row('symbol-name', 'has a symbol name past the strings', 'EINVAL', e => e.setSymbol(1, 'name', 0xffff)),
  row('section-access', 'has writable code', 'EOPNOTSUPP', e => e.setSection('.data', 'flags', 7)),
  row('memory', 'asks for more memory than there is', 'ENOMEM', e => e.setSection('.bss', 'alignment', 1n << 40n)),
  row('section-overrun', 'has a section of overflowing size', 'crash', e => e.setSection('.text', 'size', -0x10)),
  row('section-overlap', 'is loaded over itself', 'crash', e => e.setSection('.bss', 'alignment', 0), RUN),
]

const SYMBOLS: readonly Row[] = [
  row('symbol-common', 'has a common symbol', 'EINVAL', e =>
    e.setSymbol(e.symbolNamed('toy_zeros'), 'section', 0xfff2),
  ),
  row('symbol-undefined', 'needs an unknown symbol', 'ENOENT', e =>
    e.setSymbol(e.symbolNamed('toy_comment'), 'section', 0),
  ),
  row('symbol-section', 'has a symbol in a reserved section', 'EOPNOTSUPP', e =>
    e.setSymbol(e.symbolNamed('toy_zeros'), 'section', 0xff00),
  ),
  row('symbol-section', 'has a symbol in a missing section', 'EINVAL', e =>
    e.setSymbol(e.symbolNamed('toy_zeros'), 'section', 500),
  ),
  row('relocation-target', 'relocates section 0', 'crash', e => e.setSection('.rela.text', 'info', 0)),
  row('relocation-link', 'relocates with other symbols', 'EINVAL', e => e.setSection('.rela.text', 'link', 1)),
  row('relocation-table', 'has short relocations', 'EINVAL', e => e.setSection('.rela.text', 'entrySize', 23)),
  row('entries-skipped', 'has relocations in entries of two', 'wrong', twiceAsLong, RUN),
  row('relocation-rel', 'has relocations without addend', 'EOPNOTSUPP', e => e.setSection('.rela.text', 'type', 9)),
  row('relocation-symbol', 'relocates against nothing', 'EOPNOTSUPP', e =>
    e.setRelocation('.rela.text', 0, 'symbol', 0),
  ),
  row('relocation-symbol', 'relocates against a missing symbol', 'EINVAL', e =>
    e.setRelocation('.rela.text', 0, 'symbol', 999),
  ),
  row('relocation-symbol', 'relocates against what is not loaded', 'EINVAL', e =>
    e.setRelocation('.rela.text', 0, 'symbol', e.symbolNamed('toy_comment')),
  ),
  row('relocation-type', 'has a relocation of 32 signed bits', 'EOPNOTSUPP', e =>
    e.setRelocation('.rela.text', 0, 'type', 11),
  ),
  row('relocation-offset', 'relocates past its code', 'EINVAL', e => e.setRelocation('.rela.text', 0, 'offset', 125)),
  row('relocation-overflow', 'reaches too far', 'EOVERFLOW', e =>
    e.setRelocation('.rela.text', 0, 'addend', 1n << 40n),
  ),
  row(
    'relocation-dropped',
    'relocates a section past the last',
    'crash',
    e => e.setSection('.rela.text', 'info', 999),
    RUN,
  ),
  row(
    'relocation-dropped',
    'relocates data in place of code',
    'crash',
    e => e.setSection('.rela.text', 'info', e.sectionNamed('.comment')),
    RUN,
  ),
  row('symbol-exists', 'brings a symbol that is there', 'EEXIST', e =>
    e.setSymbol(e.symbolNamed('toy_counter'), 'name', e.symbol(e.symbolNamed('variable'), 'name')),
  ),
]

const NOTES: readonly Row[] = [
  { code: 'required-sections', that: 'has no build-id', edit: e => e.rename(BUILD_ID, 'x'), errno: 'EINVAL' },
  row('required-sections', 'has an empty dependency', 'EINVAL', e => e.setSection(DEPENDS, 'size', 0)),
  row('patching-sections', 'does nothing', 'EINVAL', e =>
    e.rename(FUNCS, 'x').rename('.livepatch.hooks.load', 'x').rename('.livepatch.hooks.prerevert', 'x'),
  ),
  row('xen-depends-missing', 'is for no particular hypervisor', 'EINVAL', e => e.rename(XEN_DEPENDS, 'x'), {
    version: '4.18',
  }),
  { code: 'build-id', that: 'has a build-id of another type', edit: e => e.put(BUILD_ID, 8, 4, 1), errno: 'EINVAL' },
  row('build-id', 'has a build-id of another type, for 4.18', 'ENODATA', e => e.put(BUILD_ID, 8, 4, 1), {
    version: '4.18',
  }),
  { code: 'build-id', that: 'has a build-id that is not loaded', edit: notLoaded(BUILD_ID), errno: 'crash' },
  row('depends', 'depends on a note of another owner', 'EINVAL', e => e.put(DEPENDS, 12, 1, 65)),
  row('depends', 'has a dependency of 12 bytes', 'EINVAL', e => e.setSection(DEPENDS, 'size', 12)),
  row('xen-depends', 'has an overflowing note', 'EINVAL', e => e.put(XEN_DEPENDS, 4, 4, 0xffff_fffc)),
  row('xen-depends', 'has an empty build-id', 'EINVAL', e => e.put(XEN_DEPENDS, 4, 4, 0), { version: '4.20' }),
  row('xen-depends-match', 'is for another hypervisor', 'EINVAL', e => e.put(XEN_DEPENDS, 16, 1, 99)),
  row('xen-depends-match', 'is for a hypervisor without build-id', 'ENODATA', () => undefined, {
    symbols: { buildId: undefined },
  }),
  row('stack', 'goes on something else', 'EINVAL', e => e.put(DEPENDS, 16, 1, 99), { stage: 'apply' }),
]

const second = (field: number) => 104 + field

/** The second function is not replaced: its first `size` bytes do nothing. */
const off = (size: number) => (e: Editor) => {
  fix(FUNCS, second(8), 0n)(e)
  e.put(FUNCS, second(24), 4, size)
}

/** The second entry names the first one's function. */
const twice = (e: Editor) => {
  fix(FUNCS, second(16), 0n)(e)
  e.setRelocation(RELA, e.relocationAt(RELA, second(0)), 'addend', 0).put(FUNCS, second(28), 4, 12)
}

const FUNCTIONS: readonly Row[] = [
  { code: 'functions-size', that: 'has half an entry', edit: e => e.setSection(FUNCS, 'size', 209), errno: 'EINVAL' },
  { code: 'functions-loaded', that: 'has a table that is not loaded', edit: notLoaded(FUNCS), errno: 'crash' },
  row('function-version', 'has entries of version 1', 'EOPNOTSUPP', e => e.put(FUNCS, 32, 1, 1)),
  { code: 'function-old-size', that: 'replaces no bytes', edit: e => e.put(FUNCS, 28, 4, 0), errno: 'EINVAL' },
  { code: 'function-name', that: 'has no name and no address', edit: fix(FUNCS, 0, 0n), errno: 'crash' },
  row('function-known', 'replaces an unknown function', 'ENOENT', e => e.put('.livepatch.strings', 1, 1, 0x39)),
  row('function-old-code', 'replaces init code', 'crash', fix(FUNCS, second(16), 0xffff_82d0_4038_0000n)),
  row(
    'function-switched-off',
    'switches off too much',
    'EOPNOTSUPP',
    e => fix(FUNCS, second(8), 0n)(e) ?? e.put(FUNCS, second(24), 4, 32),
  ),
  row(
    'function-switched-off',
    'switches off more than there is',
    'EINVAL',
    e => fix(FUNCS, second(8), 0n)(e) ?? e.put(FUNCS, second(24), 4, 9),
  ),
  row('function-room', 'has no room behind the landing pad', 'EINVAL', e => e.put(FUNCS, 28, 4, 8)),
  row('function-room', 'has no room for a jump', 'EINVAL', e => e.put(FUNCS, second(28), 4, 4)),
  row('function-distance', 'jumps too far', 'EOVERFLOW', fix(FUNCS, 8, 0x1000n)),
  row('expectation', 'expects other code', 'EINVAL', e => e.put(FUNCS, 78, 1, 9), { stage: 'apply' }),
  row('expectation', 'expects more than the function has', 'ERANGE', e => e.put(FUNCS, 72, 1, 1 | (13 << 1)), {
    stage: 'apply',
  }),
  row(
    'switched-off-landing-pad',
    'switches off half a landing pad',
    'crash',
    e => fix(FUNCS, 8, 0n)(e) ?? e.put(FUNCS, 24, 4, 3),
    { stage: 'apply' },
  ),
  row('kept-sections', 'frees its dependency', 'crash', notLoaded(DEPENDS), { stage: 'apply', version: '4.18' }),
  row(
    'function-new-code',
    'jumps into data',
    'crash',
    e => e.setRelocation(RELA, e.relocationAt(RELA, 8), 'symbol', e.symbolNamed('toy_counter')),
    RUN,
  ),
  row('switched-off-end', 'switches off half an instruction', 'crash', off(3), RUN),
  row('function-new-code', 'jumps to itself', 'crash', fix(FUNCS, 8, 0xffff_82d0_4020_0100n), RUN),
  row(
    'function-old-place',
    'overwrites the next function',
    'crash',
    fix(FUNCS, second(16), 0xffff_82d0_4020_0300n),
    RUN,
  ),
  row('function-old-place', 'writes a jump into data', 'crash', fix(FUNCS, second(16), 0xffff_82d0_4030_0000n), RUN),
  row('function-twice', 'replaces a function twice', 'crash', twice, { stage: 'revert' }),
]

const HOOK = '.livepatch.hooks.load'
const LATER = '.livepatch.hooks.prerevert'
const REPLACEMENTS = '.altinstr_replacement'
const CALLS = '.alt_call_sites'

const SPECIAL: readonly Row[] = [
  row('hook-size', 'has half a hook', 'EINVAL', e => e.setSection(HOOK, 'size', 12)),
  row('hook-size', 'has two hooks where one may be', 'EINVAL', e => e.setSection(LATER, 'size', 16)),
  row('hook-apply', 'calls null when applied', 'crash', fix(HOOK, 0, 0n), { stage: 'apply' }),
  row('hook-revert', 'calls data when reverted', 'crash', aim(`.rela${LATER}`, 'toy_counter'), { stage: 'revert' }),
  row('bug-frames-size', 'has half a bug frame', 'EINVAL', e => e.setSection('.bug_frames.1', 'size', 12)),
  row('alternatives-size', 'has half an alternative', 'EINVAL', e => e.setSection(ALTERNATIVES, 'size', 13)),
  row('alternatives-sections', 'has no replacements', 'EINVAL', e => e.rename(REPLACEMENTS, 'x')),
  row('alternatives-loaded', 'has alternatives that are not loaded', 'crash', notLoaded(ALTERNATIVES)),
  row('alternatives-ranges', 'edits foreign code', 'EINVAL', e =>
    e.setRelocation(`.rela${ALTERNATIVES}`, 0, 'addend', 4096),
  ),
  row('alternatives-ranges', 'has replacements elsewhere', 'EINVAL', e =>
    e.setRelocation(`.rela${ALTERNATIVES}`, 1, 'addend', 1),
  ),
  row('alternatives-lengths', 'replaces more than there is', 'crash', e => e.put(ALTERNATIVES, 10, 1, 0)),
  row('alternatives-lengths', 'replaces more than there is (4.18)', 'ENOSPC', e => e.put(ALTERNATIVES, 10, 1, 0), {
    version: '4.18',
  }),
  row('alternatives-features', 'asks for an unknown CPU feature', 'crash', e => e.put(ALTERNATIVES, 8, 2, 21 * 32)),
  row(
    'alternatives-features',
    'asks for an unknown feature (4.22)',
    'ERANGE',
    e => e.put(ALTERNATIVES, 8, 2, 22 * 32),
    { version: '4.22' },
  ),
  row('alternatives-padding', 'edits past its code', 'crash', e => e.put(ALTERNATIVES, 12, 1, 200), RUN),
  row('alternatives-blank', 'has alternatives of zeros', 'crash', e => e.setSection(REPLACEMENTS, 'type', 8), RUN),
  row('alternative-calls', 'has half an alternative call', 'EINVAL', e => e.setSection(CALLS, 'size', 7), {
    version: '4.21',
  }),
  row('alternative-calls', 'has an alternative call that is none', 'EINVAL', e => e.put('.text', 80, 1, 0x90), {
    version: '4.21',
  }),
  row(
    'alternative-calls',
    'has an alternative call elsewhere',
    'EINVAL',
    e => e.setRelocation(`.rela${CALLS}`, 0, 'addend', 125),
    { version: '4.22' },
  ),
  row('exceptions-size', 'has half an exception entry', 'EINVAL', e => e.setSection('.ex_table', 'size', 12)),
  row('exceptions-loaded', 'has exceptions that are not loaded', 'crash', notLoaded('.ex_table')),
  row('metadata', 'has empty metadata', 'crash', e => e.setSection('.modinfo', 'size', 0)),
  row('metadata', 'has metadata without end', 'EINVAL', e => e.put('.modinfo', 8, 1, 65)),
  row('metadata', 'has metadata that is not loaded', 'crash', notLoaded('.modinfo')),
  row('section-writable', 'has data that cannot be written', 'crash', e => e.setSection('.data', 'flags', 2), RUN),
  row(
    'section-shared',
    'has strings for code',
    'crash',
    e => e.setSection('.text', 'offset', e.section('.strtab', 'offset')),
    RUN,
  ),
  row(
    'symbol-range',
    'has code past its end',
    'crash',
    e => e.setSymbol(e.symbolNamed('new_f2'), 'value', 0x9000),
    RUN,
  ),
  row('branch-target', 'calls data', 'crash', aim('.rela.text', 'toy_counter'), RUN),
]

const ROWS = [...HEADER, ...SECTIONS, ...SYMBOLS, ...NOTES, ...FUNCTIONS, ...SPECIAL]

function judge({ edit, version = '4.17', symbols = {} }: Pick<Row, 'edit' | 'version' | 'symbols'>): VerifyReport {
  const editor = new Editor(toyPayload())
  edit(editor)
  return verifyPayload({ payload: editor.bytes, symbols: toyHypervisor(symbols), version, on: [] })
}

describe('refuses a payload that', () => {
  test.for(ROWS)('$that ($code)', row => {
    const report = judge(row)
    const { code, errno, stage = 'upload', decidedBy = code } = row
    const check = report.checks.find(candidate => candidate.code === code)
    expect(check).toMatchObject({ status: 'failed', errno, stage })
    expect(report).toMatchObject({ accepted: false, decidedBy })
    if (decidedBy === code) expect(report).toMatchObject({ errno, stage })
  })
})

test('every rule that can fail is broken by a row', () => {
  /** Rules that only warn: the rows below break them. */
  const warnings = ['loader-facts', 'bug-frames-targets', 'exceptions-targets', 'reapply', 'section-twice']
  const tables = ['functions-writable', 'function-state', 'alternatives-pointers', 'alternatives-branches']
  const onArm = ['relocation-cut', 'alternatives-inward']
  const elsewhere = ['alternatives-seal', 'build-id-unique', 'running-code', 'old-code', ...onArm, ...tables]
  const broken = new Set([...ROWS.map(({ code }) => code), ...warnings, ...elsewhere])
  expect(RULE_CODES.filter(code => !broken.has(code))).toEqual([])
})

test.for(XEN_VERSIONS)('takes the payload as it is (%s)', version => {
  const report = judge({ edit: () => undefined, version })
  const open = report.checks.filter(({ status }) => status !== 'passed').map(({ code }) => code)
  expect(open).toEqual(['running-code'])
  expect(report).toMatchObject({ accepted: true, errno: null, decidedBy: null, stage: null })
})

test.for<Pick<Row, 'code' | 'that' | 'edit'>>([
  { code: 'bug-frames-targets', that: 'has a bug frame for nothing', edit: nowhere('.rela.bug_frames.1') },
  { code: 'exceptions-targets', that: 'has an exception entry for nothing', edit: nowhere('.rela.ex_table') },
  { code: 'reapply', that: 'has writable data', edit: () => undefined },
  { code: 'hook-apply', that: 'has a hook without landing pad', edit: e => e.put('.text', 32, 1, 0x90) },
  { code: 'function-old-place', that: 'is wrong about the size', edit: e => e.put(FUNCS, second(28), 4, 7) },
])('takes with a warning a payload that $that', ({ code, edit }) => {
  const landing = { lookup: (name: string) => toyHypervisor().lookup(name === 'do_xen_version' ? 'f1' : name) }
  const report = judge({ edit, symbols: landing })
  expect(report.accepted).toBe(true)
  expect(report.checks.find(check => check.code === code)?.warning).toMatch(/\w/)
})

test('a hook that 4.17 silently ignores is a warning, in 4.18 it is a crash', () => {
  const edit = (e: Editor) => e.setSection(LATER, 'flags', 0)
  const old = judge({ edit })
  expect(old.accepted).toBe(true)
  expect(old.checks.find(({ code }) => code === 'hook-revert')?.warning).toContain('ignores the hook')
  expect(judge({ edit, version: '4.18' })).toMatchObject({ errno: 'crash', decidedBy: 'hook-revert' })
})

test('the hypervisor is asked about before symbols since 4.18, after them in 4.17', () => {
  const edit = (e: Editor) => e.put(XEN_DEPENDS, 16, 1, 99).setSymbol(e.symbolNamed('toy_comment'), 'section', 0)
  expect(judge({ edit })).toMatchObject({ errno: 'ENOENT', decidedBy: 'symbol-undefined' })
  expect(judge({ edit, version: '4.18' })).toMatchObject({ errno: 'EINVAL', decidedBy: 'xen-depends-match' })
})

test('of two wrong sections the first one decides, whatever is wrong with it', () => {
  const edit = (e: Editor) => e.setSection(1, 'alignment', 3).setSection(2, 'offset', 1)
  expect(judge({ edit })).toMatchObject({ errno: 'EOPNOTSUPP', decidedBy: 'section-alignment' })
  const other = (e: Editor) => e.setSection(2, 'alignment', 3).setSection(1, 'offset', 1)
  expect(judge({ edit: other })).toMatchObject({ errno: 'EINVAL', decidedBy: 'section-place' })
})

test('everything wrong is shown, not only what decides', () => {
  const edit = (e: Editor) => e.put('.modinfo', 8, 1, 65).put(BUILD_ID, 8, 4, 1).setSection('.ex_table', 'size', 12)
  const failed = judge({ edit }).checks.filter(({ status }) => status === 'failed')
  expect(failed.map(({ code }) => code)).toEqual(['build-id', 'exceptions-size', 'metadata'])
})

test('the same payload twice is refused by its build-id', () => {
  const input = { payload: toyPayload(), symbols: toyHypervisor(), version: '4.17' as const }
  const first = verifyAndLoad({ ...input, on: [] }, 'first')
  expect(first.loaded?.buildId).toEqual(Uint8Array.from({ length: 20 }, (_, index) => 20 - index))
  const again = verifyPayload({ ...input, on: first.loaded === undefined ? [] : [first.loaded] })
  expect(again).toMatchObject({ errno: 'EEXIST', decidedBy: 'build-id-unique' })
})
