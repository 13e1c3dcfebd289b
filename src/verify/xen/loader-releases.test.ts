/**
 * The loaders that were released, as docs/loader-history.md has them by release: from a small image with what tells its kind,
 * under another version, payloads of the wrong kind get the verdict that it shows.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { loaderImage, partsOf } from '../../../tests/verify/loader-image.ts'
import { toyPayload } from '../../../tests/verify/toy.ts'
import { factsOfImage, type LoaderKind } from '../../loaders/xen/loader-facts.ts'
import { verifyPayload, type XenVersion } from '../index.ts'

type Edit = (editor: Editor) => unknown
const tooLong: Edit = e => e.put('.altinstructions', 10, 1, 1).put('.altinstructions', 12, 1, 0)
/** Each with what only a look at it can answer. */
const PAYLOADS: readonly (readonly [of: string, edit: Edit])[] = [
  ['an edit outside of its code', e => e.setRelocation('.rela.altinstructions', 0, 'addend', -0x4000)],
  ['an alternative that is too long', tooLong],
  ['for processors without a feature', e => e.put('.altinstructions', 8, 2, 0x8000 | 9)],
  ['a section that is not loaded', e => e.setSection('.ex_table', 'flags', 0)],
  ['for another hypervisor, and too long', e => tooLong(e.put('.livepatch.xen_depends', 16, 1, 0xff))],
  ['a wrong note', e => e.put('.note.gnu.build-id', 8, 4, 7)],
  ['calls at a place without one', e => e.setRelocation('.rela.alt_call_sites', 0, 'addend', 0)],
  ['on a processor with CET-IBT', () => undefined],
]
const [CRASH, TAKEN] = ['crash', null]

/** The verdicts, in the order of the payloads. */
const VERDICTS: ReadonlyMap<string, readonly (string | null)[]> = new Map([
  ['4.17.0 to 4.17.3', [CRASH, CRASH, CRASH, CRASH, CRASH, 'EINVAL', TAKEN, CRASH]],
  ['4.18.0', ['EINVAL', CRASH, CRASH, CRASH, CRASH, 'EINVAL', TAKEN, CRASH]],
  ['4.18.1', ['EINVAL', CRASH, CRASH, CRASH, CRASH, 'EINVAL', TAKEN, CRASH]],
  ['4.17.4, 4.17.5, 4.18.2, 4.18.3, 4.19.0', ['EINVAL', CRASH, CRASH, CRASH, CRASH, 'EINVAL', TAKEN, TAKEN]],
  ['4.17.6, 4.17.7', ['EINVAL', CRASH, TAKEN, CRASH, CRASH, 'EINVAL', TAKEN, TAKEN]],
  ['4.18.4, 4.19.1, 4.19.2, 4.20.0', ['EINVAL', 'ENOSPC', 'ERANGE', TAKEN, 'EINVAL', 'ENODATA', TAKEN, TAKEN]],
  [
    '4.18.5, 4.18.6, 4.19.3 to 4.19.6, 4.20.1 to 4.20.4',
    ['EINVAL', 'ENOSPC', TAKEN, TAKEN, 'EINVAL', 'ENODATA', TAKEN, TAKEN],
  ],
  ['4.21.0 to 4.22.0', ['EINVAL', 'ENOSPC', TAKEN, TAKEN, 'EINVAL', 'ENODATA', 'EINVAL', TAKEN]],
])

const FACTS: readonly (keyof LoaderKind)[] = [
  'checksAlternatives',
  'refusesAlternatives',
  'knowsInverted',
  'sealsAgain',
  'knowsLoadedCode',
  'takesCallSites',
  'asksBuildIdFirst',
  'passesNoteErrors',
  'keepsUpload',
]

/** Rows of the table of releases, `yes` where it has the fact. */
const history = readFileSync(join(import.meta.dirname, '../../../docs/loader-history.md'), 'utf8')
const [, table = ''] = history.split('## By release\n')
const rows = (table.split('\n## ')[0] ?? '').split('\n').flatMap(line => {
  const [releases = '', ...cells] = line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim())
  if (!/^4\./.test(releases)) return []
  return [
    {
      releases,
      facts: Object.fromEntries(FACTS.map((name, at) => [name, cells[at] === 'yes'])) as unknown as LoaderKind,
    },
  ]
})

test('the table has what is expected of each', () => {
  expect(rows.map(({ releases }) => releases)).toEqual([...VERDICTS.keys()])
})

test.for(rows.flatMap(row => (['4.17', '4.22'] as const).map(version => ({ ...row, version }))))(
  '$releases, called $version',
  ({ releases, facts, version }) => {
    const symbols = loaderImage(partsOf(facts))
    expect(factsOfImage(symbols)).toEqual(facts)
    const judge = (edit: Edit, of: XenVersion, withoutIbt: boolean) => {
      const editor = new Editor(toyPayload())
      edit(editor)
      return verifyPayload({ payload: editor.bytes, symbols, version: of, facts: {}, withoutIbt, on: [] }).errno
    }
    const shown = PAYLOADS.map(([of, edit], at) => [of, judge(edit, version, at < PAYLOADS.length - 1)])
    expect(shown).toEqual(PAYLOADS.map(([of], at) => [of, VERDICTS.get(releases)?.[at]]))
  },
)
