/** Every form in which a host's report may come, and what is no report. */
import { expect, test } from 'vitest'
import { type ListingForms, readListing } from './read-listing.ts'

const ID = 'ab12cd'
const XEN_ROW = /^(\S+) *\| (\S+) *\|/
const FORMS: ListingForms = {
  ofJson: value =>
    Array.isArray(value) || JSON.stringify(value) === '{}' ? undefined : { buildId: 'AB12', payloads: [] },
  ofXen: text =>
    text.split('\n').flatMap(line => {
      const [, name, state] = XEN_ROW.exec(line) ?? []
      return name === undefined || state === undefined || name === 'ID' ? [] : [{ name, state, rc: 0 }]
    }),
}
const HEAD = ` ID                                     | status     | metadata
----------------------------------------+------------+---------------
`
const INFO = `host                   : dom0
xen_caps               : xen-3.0-x86_64
cc_compiler            : gcc (Debian 12.2.0-14) 12.2.0
build_id               : ${ID}
`
const applied = (name: string) => ({ name, state: 'APPLIED', rc: 0 })

test.for([
  { what: 'xl info and a list', text: `${INFO}${HEAD}fix${' '.repeat(37)}| APPLIED    | \n`, rows: [applied('fix')] },
  { what: 'the other way round', text: `${HEAD}fix   | APPLIED    | a: b\n${INFO}`, rows: [applied('fix')] },
  { what: 'nothing there', text: `${INFO}Nothing to list\n`, rows: [] },
  { what: 'our words, nothing there', text: `no payloads; runs build-id ${ID}\n`, rows: [] },
  {
    what: 'our words',
    text: `fix      APPLIED\nother a  CHECKED (EBUSY (-16))  key=value\nruns build-id ${ID}\n`,
    rows: [applied('fix'), { name: 'other a', state: 'CHECKED', rc: -16 }],
  },
])('$what', ({ text, rows }) => {
  expect(readListing('here', text, FORMS)).toEqual({ host: 'here', buildId: ID, payloads: rows })
})

test('a build-id that is not told is none', () => {
  const idOf = (text: string) => readListing('here', text, FORMS).buildId
  expect(idOf('no payloads; runs build-id unknown\n')).toBeNull()
  expect(idOf('Nothing to list\n')).toBeNull()
  expect(idOf('build_id : <unknown>\nNothing to list\n')).toBeNull()
  expect(idOf('{"command": "list"}')).toBe('ab12')
})

test.for([
  { what: 'an empty file', text: '' },
  { what: 'xl info alone', text: INFO },
  { what: 'a list that ends after its head', text: INFO + HEAD },
  { what: 'nothing and something', text: `${INFO}Nothing to list\n${HEAD}` },
  { what: 'two hosts in one', text: `${INFO}build_id : 99\nNothing to list\n` },
  { what: 'our words without rows', text: `runs build-id ${ID}\n` },
  { what: 'our words that say both', text: `fix  APPLIED\nno payloads; runs build-id ${ID}\n` },
  { what: 'a name that looks like two columns', text: `a  APPLIED  CHECKED\nruns build-id ${ID}\n` },
  { what: 'other JSON', text: '{}' },
  { what: 'broken JSON', text: '{' },
])('$what is no listing', ({ text }) => {
  expect(() => readListing('here', text, FORMS)).toThrow(expect.objectContaining({ code: 'fleet/odd-listing' }))
})
