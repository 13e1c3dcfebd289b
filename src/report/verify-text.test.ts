import { expect, test } from 'vitest'
import { Editor } from '../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../tests/verify/toy.ts'
import { type VerifyInput, verifyPayload } from '../verify/index.ts'
import { describeVerify } from './verify-text.ts'

const report = (edit: (editor: Editor) => unknown, input: Partial<VerifyInput> = {}) => {
  const editor = new Editor(toyPayload())
  edit(editor)
  return verifyPayload({ payload: editor.bytes, symbols: toyHypervisor(), version: '4.17', on: [], ...input })
}

test('a payload that is taken, with what is worth a look', () => {
  const lines = describeVerify(report(() => undefined)).split('\n')
  expect(lines[0]).toBe('Xen 4.17 would take this payload.')
  expect(lines[1]).toBe('Worth a look:')
  expect(lines.at(-1)).toMatch(/^\d+ checks passed, 0 failed, 1 did not apply\.$/)
})

test('one that is refused: the deciding failure is marked, the others follow', () => {
  const refused = report(e => e.put('.modinfo', 8, 1, 65).put('.note.gnu.build-id', 8, 4, 1))
  const lines = describeVerify(refused).split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'Xen 4.17 would refuse to load this payload with EINVAL [build-id]:',
    '  -> .note.gnu.build-id: the note has type 1, not 3 (NT_GNU_BUILD_ID) [build-id, EINVAL]',
    '     .modinfo ends with byte 65, not with a NUL [metadata, EINVAL]',
  ])
})

test.for([
  { when: 'while loading it', edit: (e: Editor) => e.setSection('.rela.text', 'info', 0) },
  { when: 'while applying it', edit: (e: Editor) => e.setSection('.livepatch.hooks.load', 'flags', 0) },
  { when: 'when its code runs', edit: (e: Editor) => e.setSection('.data', 'flags', 2) },
  { when: 'when it is reverted', edit: (e: Editor) => e.put('.text', 32, 1, 0).put('.text', 33, 1, 0) },
])('one that crashes the hypervisor $when', ({ when, edit }) => {
  const crashing = report(e => {
    // The hook that runs on apply is the same function; here only the later one is wrong.
    if (when === 'when it is reverted') e.rename('.livepatch.hooks.load', '.livepatch.hooks.none')
    edit(e)
  })
  expect(describeVerify(crashing).split('\n')[0]).toContain(`would crash Xen 4.17 ${when} [`)
})

test('refused when applied says so', () => {
  const text = describeVerify(report(e => e.put('.livepatch.depends', 16, 1, 99)))
  expect(text.split('\n')[0]).toBe('Xen 4.17 would refuse to apply this payload with EINVAL [stack]:')
})

test('what could not be checked for want of input is counted with the way out', () => {
  const blind = report(() => undefined, { symbols: undefined })
  expect(blind).toMatchObject({ accepted: true, complete: false })
  expect(describeVerify(blind)).toMatch(/^Nothing is wrong .* as far as it could be checked/)
  expect(describeVerify(blind)).toMatch(
    /Not checked: \d+ rules; needs the hypervisor's names and code: give its xen-syms/,
  )
})

test('every check on request, one line each', () => {
  const all = report(() => undefined)
  const lines = describeVerify(all, { all: true }).split('\n')
  const from = lines.findIndex(line => line.startsWith('All checks'))
  expect(lines.slice(from + 1)).toHaveLength(all.checks.length)
  expect(lines.slice(from + 1, -1).every(line => line.startsWith('  ok   '))).toBe(true)
  expect(lines.at(-1)).toMatch(/^ {2}- {4}running-code +.*--tree/)
})
