/**
 * The verdict that loaders of each kind show, whatever their version says: a payload of the wrong kind is refused as the
 * real Xen of that kind refuses it, or dies of it (docs/loader-history.md).
 */
import { describe, expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import type { LoaderFacts } from '../../loaders/xen/loader-facts.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { verifyPayload, XEN_VERSIONS, type XenVersion } from '../index.ts'

const ALTERNATIVES = '.altinstructions'
const REPLACEMENTS = '.altinstr_replacement'
const XEN_DEPENDS = '.livepatch.xen_depends'
const BUILD_ID = '.note.gnu.build-id'
/** The top bit turns a feature round. */
const INVERTED = 0x8000

interface Asked {
  readonly facts?: LoaderFacts
  readonly edit?: (editor: Editor) => unknown
  readonly symbols?: HypervisorSymbols
  readonly version?: XenVersion
  readonly withoutIbt?: boolean
}

function judge({ facts, edit = () => undefined, symbols = toyHypervisor(), version = '4.18', withoutIbt }: Asked) {
  const editor = new Editor(toyPayload())
  edit(editor)
  return verifyPayload({ payload: editor.bytes, symbols, version, facts, withoutIbt, on: [] })
}

const outside = (e: Editor) => e.setRelocation(`.rela${ALTERNATIVES}`, 0, 'addend', -0x4000)
const elsewhere = (e: Editor) => e.setRelocation(`.rela${ALTERNATIVES}`, 1, 'addend', -0x20)
const nowhere = (e: Editor) => e.setRelocation(`.rela${ALTERNATIVES}`, 1, 'addend', 0x1000_0000)
const alone = (e: Editor) => e.rename(REPLACEMENTS, '.text.other')
const tooLong = (e: Editor) => e.put(ALTERNATIVES, 10, 1, 1).put(ALTERNATIVES, 12, 1, 0)
const inverted = (e: Editor) => e.put(ALTERNATIVES, 8, 2, INVERTED | 9)
const noSites = (e: Editor) => e.setRelocation('.rela.alt_call_sites', 0, 'addend', 0)
const otherXenTooLong = (e: Editor) => tooLong(e.put(XEN_DEPENDS, 16, 1, 0xff))
const notANote = (e: Editor) => e.put(BUILD_ID, 8, 4, 7)
const notLoaded = (name: string) => (e: Editor) => e.setSection(name, 'flags', 0)

interface Row {
  readonly of: string
  readonly facts: LoaderFacts
  readonly edit?: (editor: Editor) => unknown
  readonly errno: string | null
  readonly by: string | null
}

const CHECKS: readonly Row[] = [
  {
    of: 'an edit outside of its code',
    facts: { checksAlternatives: true },
    edit: outside,
    errno: 'EINVAL',
    by: 'alternatives-ranges',
  },
  {
    of: 'an edit outside of its code',
    facts: { checksAlternatives: false },
    edit: outside,
    errno: 'crash',
    by: 'alternatives-ranges',
  },
  {
    of: 'a replacement from elsewhere',
    facts: { checksAlternatives: true },
    edit: elsewhere,
    errno: 'EINVAL',
    by: 'alternatives-ranges',
  },
  {
    of: 'a replacement from elsewhere',
    facts: { checksAlternatives: false },
    edit: elsewhere,
    errno: null,
    by: null,
  },
  {
    of: 'a replacement from nowhere',
    facts: { checksAlternatives: true },
    edit: nowhere,
    errno: 'EINVAL',
    by: 'alternatives-ranges',
  },
  {
    of: 'a replacement from nowhere',
    facts: { checksAlternatives: false },
    edit: nowhere,
    errno: 'crash',
    by: 'alternatives-ranges',
  },
  {
    of: 'no replacements',
    facts: { checksAlternatives: true },
    edit: alone,
    errno: 'EINVAL',
    by: 'alternatives-sections',
  },
  {
    of: 'no replacements',
    facts: { checksAlternatives: false },
    edit: alone,
    errno: null,
    by: null,
  },
  {
    of: 'a replacement that is too long',
    facts: { refusesAlternatives: true },
    edit: tooLong,
    errno: 'ENOSPC',
    by: 'alternatives-lengths',
  },
  {
    of: 'a replacement that is too long',
    facts: { refusesAlternatives: false },
    edit: tooLong,
    errno: 'crash',
    by: 'alternatives-lengths',
  },
  { of: 'a feature turned round', facts: { knowsInverted: true }, edit: inverted, errno: null, by: null },
  {
    of: 'a feature turned round',
    facts: { knowsInverted: false, refusesAlternatives: true },
    edit: inverted,
    errno: 'ERANGE',
    by: 'alternatives-features',
  },
  {
    of: 'a feature turned round',
    facts: { knowsInverted: false, refusesAlternatives: false },
    edit: inverted,
    errno: 'crash',
    by: 'alternatives-features',
  },
]

const ORDER: readonly Row[] = [
  {
    of: 'another hypervisor',
    facts: { asksBuildIdFirst: true },
    edit: otherXenTooLong,
    errno: 'EINVAL',
    by: 'xen-depends-match',
  },
  {
    of: 'another hypervisor',
    facts: { asksBuildIdFirst: false },
    edit: otherXenTooLong,
    errno: 'ENOSPC',
    by: 'alternatives-lengths',
  },
  { of: 'a wrong note', facts: { passesNoteErrors: true }, edit: notANote, errno: 'ENODATA', by: 'build-id' },
  { of: 'a wrong note', facts: { passesNoteErrors: false }, edit: notANote, errno: 'EINVAL', by: 'build-id' },
  {
    of: 'exceptions that are not loaded',
    facts: { keepsUpload: true },
    edit: notLoaded('.ex_table'),
    errno: null,
    by: null,
  },
  {
    of: 'exceptions that are not loaded',
    facts: { keepsUpload: false },
    edit: notLoaded('.ex_table'),
    errno: 'crash',
    by: 'exceptions-loaded',
  },
  {
    of: 'calls at a place without one',
    facts: { takesCallSites: true },
    edit: noSites,
    errno: 'EINVAL',
    by: 'alternative-calls',
  },
  { of: 'calls at a place without one', facts: { takesCallSites: false }, edit: noSites, errno: null, by: null },
]

describe.each(XEN_VERSIONS)('whatever the version says (%s)', version => {
  const named = [...CHECKS, ...ORDER].map(row => ({ ...row, kind: JSON.stringify(row.facts) }))
  test.for(named)('$of, $kind: $errno', ({ facts, edit, errno, by }) => {
    // What the rows are not about, so that no version answers.
    const others: LoaderFacts = {
      refusesAlternatives: true,
      keepsUpload: true,
      takesCallSites: false,
      passesNoteErrors: true,
    }
    const report = judge({ facts: { ...others, ...facts }, version, ...(edit === undefined ? {} : { edit }) })
    expect(report).toMatchObject({ errno, decidedBy: by })
  })

  test('alternatives on processors with CET-IBT, which some loaders die of', () => {
    const seals = { sealsAgain: true }
    expect(judge({ facts: seals, version })).toMatchObject({
      errno: 'crash',
      stage: 'upload',
      decidedBy: 'alternatives-seal',
    })
    expect(judge({ facts: seals, version, withoutIbt: true }).errno).toBeNull()
    expect(judge({ facts: { sealsAgain: false }, version }).errno).toBeNull()
    const none = (e: Editor) => e.rename(ALTERNATIVES, '.rodata.other')
    expect(judge({ facts: seals, version, edit: none }).errno).toBeNull()
    const text = judge({ facts: seals, version }).checks.find(({ code }) => code === 'alternatives-seal')?.text
    expect(text).toContain('--without-ibt')
  })
})

const tooLongFor = (facts: LoaderFacts, constants: readonly string[]) => {
  const hasConstant = (text: string) => constants.some(each => each.includes(text))
  return judge({ facts, edit: tooLong, symbols: toyHypervisor({ hasConstant }) }).errno
}

test('a hook that runs where the code of a payload is not known is told', () => {
  const warningOf = (facts: LoaderFacts, edit: (e: Editor) => unknown) =>
    judge({ facts, edit }).checks.find(({ code }) => code === 'hook-apply')?.warning ?? ''
  const early = (e: Editor) => e.rename('.livepatch.hooks.prerevert', '.livepatch.hooks.preapply')
  expect(warningOf({ knowsLoadedCode: false }, early)).toContain('does not know the payload')
  expect(warningOf({ knowsLoadedCode: true }, early)).not.toContain('does not know')
  expect(warningOf({ knowsLoadedCode: false }, () => undefined)).not.toContain('does not know')
  const quiet = (e: Editor) => early(e).rename('.ex_table', '.ex_t').rename('.bug_frames.1', '.bug')
  expect(warningOf({ knowsLoadedCode: false }, quiet)).not.toContain('does not know')
})

test('the image counts before the source, the source before the version', () => {
  expect(tooLongFor({ refusesAlternatives: true }, ['livepatch: %s'])).toBe('crash')
  expect(tooLongFor({ refusesAlternatives: false }, ['livepatch: %s', 'size %#x larger than origin %#x'])).toBe(
    'ENOSPC',
  )
  expect(tooLongFor({ refusesAlternatives: false }, [])).toBe('crash')
  expect(tooLongFor({}, [])).toBe('ENOSPC')
})

test('what only the version tells is said', () => {
  const warning = (facts: LoaderFacts) => judge({ facts }).checks.find(({ code }) => code === 'loader-facts')?.warning
  expect(warning({})).toMatch(/looks at where alternatives lead; .* uploaded file: the last state of Xen 4\.18/)
  const all: Record<keyof LoaderFacts, boolean> = {
    checksAlternatives: true,
    refusesAlternatives: true,
    knowsInverted: true,
    sealsAgain: false,
    takesCallSites: false,
    knowsLoadedCode: true,
    asksBuildIdFirst: true,
    passesNoteErrors: true,
    keepsUpload: true,
  }
  expect(warning(all)).toBeUndefined()
  const { sealsAgain: _, ...others } = all
  expect(warning(others)).toMatch(/CET-IBT: the last state/)
})
