/** What Xen passes over in silence, or finds in another order than one would think. */
import { expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import { verifyPayload } from '../index.ts'

function judge(edit: (editor: Editor) => unknown, symbols = toyHypervisor()) {
  const editor = new Editor(toyPayload())
  edit(editor)
  return verifyPayload({ payload: editor.bytes, symbols, version: '4.17', on: [] })
}

const warning = (report: ReturnType<typeof judge>, code: string) =>
  report.checks.find(check => check.code === code)?.warning

test('a section that cannot be placed is found before memory is asked for', () => {
  const report = judge(e => e.setSection('.text', 'flags', 7).setSection('.livepatch.depends', 'alignment', 1n << 63n))
  expect(report).toMatchObject({ errno: 'EOPNOTSUPP', decidedBy: 'section-access' })
})

test('a second table of a name is passed over, with a warning', () => {
  const report = judge(e => e.setSection('.comment', 'name', e.section('.ex_table', 'name')))
  expect(report.accepted).toBe(true)
  expect(warning(report, 'section-twice')).toMatch(/section \d+ \.ex_table: .*first of that name/)
})

test('a plain call to init code is a warning: Xen loads it, and code may have it that asks first whether Xen boots', () => {
  const { lookup } = toyHypervisor()
  const distance = Number((lookup('gone') ?? 0n) - (lookup('f2') ?? 0n))
  const report = judge(e => e.setRelocation('.rela.text', 0, 'addend', distance - 4))
  expect(report).toMatchObject({ accepted: true, decidedBy: null })
  expect(warning(report, 'branch-target')).toMatch(/f2 .* init code/)
})

test.for(['apply', 'revert'])('a hook in place of what Xen does to %s functions is told', when => {
  const report = judge(e => {
    const name = `.livepatch.hooks.${when}`
    // The longest hook's name makes room for it.
    const at = Number(e.section(e.read(62, 2) === 0n ? 0 : Number(e.read(62, 2)), 'offset'))
    const from = at + Number(e.section('.livepatch.hooks.prerevert', 'name'))
    for (let i = 0; i <= name.length; i++) e.write(from + i, 1, name.charCodeAt(i) || 0)
  })
  expect(report.accepted).toBe(true)
  expect(warning(report, `hook-${when}`)).toContain('stops Xen')
})

const QUIESCE = 0x1000n

/** A toy whose processors are quiesced by this code. */
function quiescing(code: readonly number[]) {
  const toy = toyHypervisor()
  const [like] = toy.symbols
  if (like === undefined) throw new Error('the toy has no symbols')
  return toyHypervisor({
    lookup: name => (name === 'arch_livepatch_quiesce' ? QUIESCE : toy.lookup(name)),
    symbolsAt: at => (at === QUIESCE ? [{ ...like, address: at, size: code.length }] : toy.symbolsAt(at)),
    bytesAt: (at, size) => (at === QUIESCE ? Uint8Array.from(code) : toy.bytesAt(at, size)),
  })
}

const nothing = () => undefined

test('a hook that runs where only code was made writable is told', () => {
  // xor %eax,%eax; ret
  const report = judge(nothing, quiescing([0x31, 0xc0, 0xc3]))
  expect(report.accepted).toBe(true)
  expect(warning(report, 'hook-apply')).toMatch(/hooks\.load runs where .*read-only data not/)
  // The other hook of the payload runs before, where nothing is writable on any Xen.
  expect(warning(report, 'hook-revert') ?? '').not.toContain('read-only data')
})

test.for([
  ['protection is switched off', quiescing([0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0, 0xc3])],
  ['the loader is not seen', toyHypervisor()],
] as const)('nothing is told where %s', ([, symbols]) => {
  expect(warning(judge(nothing, symbols), 'hook-apply') ?? '').not.toContain('read-only data')
})
