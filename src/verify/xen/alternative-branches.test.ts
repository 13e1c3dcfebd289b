/** Alternatives that put calls in place: direct ones, and what Xen makes of indirect ones before 4.21. */
import { describe, expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import { verifyPayload, type XenVersion } from '../index.ts'

const TABLE = '.altinstructions'
const REPLACEMENTS = '.altinstr_replacement'
const ALWAYS = 93
/** In .text of the toy: the alternative, and an indirect call through a variable of the hypervisor. */
const [EDITED, CALLS] = [64, 80]

interface Put {
  readonly feature?: number
  readonly at?: number
  readonly branch?: readonly number[]
  readonly edit?: (editor: Editor) => unknown
  readonly version?: XenVersion
}

/** The toy, whose alternative puts a call in place: by default that which stands for "made of the pointer". */
function judge({ feature = ALWAYS, at = CALLS, branch = [0xe8, 0xfb, 0xff, 0xff, 0xff], edit, version = '4.17' }: Put) {
  const editor = new Editor(toyPayload())
  editor.move(REPLACEMENTS, branch.length)
  editor.bytes.set(branch, editor.at(REPLACEMENTS))
  editor.setRelocation(`.rela${TABLE}`, 0, 'addend', at)
  editor.put(TABLE, 8, 2, feature).put(TABLE, 10, 1, 6).put(TABLE, 11, 1, branch.length).put(TABLE, 12, 1, 0)
  edit?.(editor)
  return verifyPayload({ payload: editor.bytes, symbols: toyHypervisor(), version, on: [] })
}

/** Lets the indirect call go through a variable of the payload, which holds the address of `symbol`. */
const through = (symbol: string | undefined) => (editor: Editor) => {
  editor.setRelocation('.rela.text', 1, 'symbol', editor.symbolNamed('toy_counter'))
  if (symbol === undefined) return
  // The relocation of a bug frame, which nothing here asks for, fills it; both tables lose their name, which they share.
  const table = '.rela.bug_frames.1'
  editor.setSection(table, 'info', editor.sectionNamed('.data')).setRelocation(table, 0, 'type', 1)
  editor.setRelocation(table, 0, 'symbol', editor.symbolNamed(symbol)).setRelocation(table, 0, 'addend', 0)
  editor.rename(table, '.x')
}
const unmapped = (editor: Editor) => editor.setRelocation('.rela.text', 1, 'addend', 0x1000_0000)

const inCode = (editor: Editor) => editor.setRelocation('.rela.text', 1, 'symbol', editor.symbolNamed('new_f1'))

describe('alternatives that put calls in place', () => {
  test.for<readonly [what: string, put: Put]>([
    ['a call through a variable of the hypervisor', {}],
    ['a call through a pointer of its own to code', { edit: through('toy_hook') }],
    ['a call for processors without long mode', { feature: 0x8000 | ALWAYS, at: EDITED }],
    ['a call to code', { feature: 0, branch: [0xe8, 0, 0, 0, 0] }],
    ['a pointer that 4.21 does not read', { edit: unmapped, version: '4.21', branch: [0xe8, 0, 0, 0, 0] }],
  ])('takes %s', ([, put]) => {
    const { checks } = judge(put)
    expect(checks.filter(({ code }) => /^alternatives-(pointers|branches)$/.test(code))).not.toContainEqual(
      expect.objectContaining({ status: 'failed' }),
    )
  })

  test.for<readonly [what: string, decidedBy: string, put: Put]>([
    ['calls through an unmapped pointer', 'alternatives-pointers', { edit: unmapped }],
    ['calls through a pointer to data', 'alternatives-branches', { edit: through('toy_zeros') }],
    ['takes code for a pointer', 'alternatives-branches', { edit: inCode }],
    ['puts a call to nowhere in place', 'alternatives-branches', { branch: [0xe8, 0, 0, 0, 0x10] }],
    ['calls itself where nothing is indirect', 'alternatives-branches', { at: EDITED }],
    ['calls itself for a feature', 'alternatives-branches', { feature: 0 }],
    ['mixes calls and jumps', 'alternatives-branches', { branch: [0xe9, 0xfb, 0xff, 0xff, 0xff] }],
  ])('refuses a payload that %s', ([, decidedBy, put]) => {
    expect(judge(put)).toMatchObject({ errno: 'crash', decidedBy })
  })

  test('refuses a call through a variable of its own that is null, warns of a constant', () => {
    const variable = judge({ edit: through(undefined) })
    expect(variable).toMatchObject({ errno: 'crash', decidedBy: 'alternatives-branches' })
    const constant = judge({
      edit: editor => {
        through(undefined)(editor)
        editor.setSection('.data', 'flags', 2).rename('.data', '.rel')
      },
    })
    expect(constant.errno).toBe(null)
    expect(constant.checks.find(({ code }) => code === 'alternatives-branches')?.warning).toContain('UD2')
  })
})
