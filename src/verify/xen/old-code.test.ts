/** A toy payload in which one field leads into what it replaces. */
import { expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { verifyPayload } from '../index.ts'

const FUNCS = '.livepatch.funcs'
const HOOK = '.rela.livepatch.hooks.load'
const CALL = '.rela.text'
/** Where the toy's code begins, and its second function and its data by the distance from there. */
const TEXT = 0xffff_82d0_4020_0000n
const [F2, DATA] = [0x200, 0x10_0000]

type Edit = (editor: Editor) => void
/** Lets the first relocation of a section refer to another symbol. */
const aim =
  (section: string, symbol: string): Edit =>
  e =>
    e.setRelocation(section, 0, 'symbol', e.symbolNamed(symbol))
/** Lets it lead further. */
const lead =
  (section: string, addend: number): Edit =>
  e =>
    e.setRelocation(section, 0, 'addend', addend)
/** Lets `variable` be a number. */
const number =
  (value: bigint): Edit =>
  e => {
    const index = e.symbolNamed('variable')
    e.setSymbol(index, 'section', 0xfff1).setSymbol(index, 'value', value)
  }
/** The second function is not replaced: its first bytes do nothing. */
const switchOff: Edit = e => {
  e.setRelocation(`.rela${FUNCS}`, e.relocationAt(`.rela${FUNCS}`, 104 + 8), 'type', 0)
  e.put(FUNCS, 104 + 8, 8, 0).put(FUNCS, 104 + 24, 4, 5)
}

/** A hypervisor in which the payload's `variable` is something else. */
function meaning(name: string): Partial<HypervisorSymbols> {
  const toy = toyHypervisor()
  return { lookup: wanted => toy.lookup(wanted === 'variable' ? name : wanted) }
}

/** One in which it is a constant with this word. */
function constant(word: bigint): Partial<HypervisorSymbols> {
  const toy = toyHypervisor()
  const bytes = new Uint8Array(BigUint64Array.of(word).buffer)
  const isThere = (at: bigint) => at >= TEXT + BigInt(DATA) && at < TEXT + BigInt(DATA) + 8n
  return {
    memoryAt: at => (isThere(at) ? 'read-only' : toy.memoryAt(at)),
    bytesAt: (at, size) => (isThere(at) ? bytes.subarray(0, size) : toy.bytesAt(at, size)),
  }
}

function judge(edits: readonly Edit[], symbols: Partial<HypervisorSymbols> = {}) {
  const editor = new Editor(toyPayload())
  for (const edit of edits) edit(editor)
  return verifyPayload({ payload: editor.bytes, symbols: toyHypervisor(symbols), version: '4.17', on: [] })
}

test.for<readonly [that: string, edits: readonly Edit[], text: string, symbols?: Partial<HypervisorSymbols>]>([
  ['calls the middle', [lead(CALL, -2)], 'leads to f2 0xffff82d040200202, which is inside the old code of f2'],
  ['points into the middle', [aim(HOOK, 'f2'), lead(HOOK, 5)], 'leads to f2 0xffff82d040200205, which is inside'],
  [
    'gets there from another symbol',
    [aim(CALL, 'variable'), lead(CALL, F2 + 1 - DATA - 4)],
    'to variable 0xffff82d040200201',
  ],
  ['has the place as a number', [aim(CALL, 'variable'), number(TEXT + 0x207n)], 'which is inside the old code of f2'],
  [
    'jumps to an out-of-line part',
    [aim(CALL, 'variable')],
    'which is an out-of-line part of f2',
    meaning('b.c#f2.cold'),
  ],
  [
    'uses a table of labels',
    [],
    'a constant whose word at 0x0 is 0xffff82d040200203, which is inside',
    constant(TEXT + 0x203n),
  ],
])('what %s of what it replaces would crash', ([, edits, text, symbols]) => {
  const report = judge(edits, symbols)
  expect(report).toMatchObject({ accepted: false, errno: 'crash', decidedBy: 'old-code', stage: 'run' })
  expect(report.checks.find(({ code }) => code === 'old-code')?.text).toContain(text)
})

test.for<readonly [that: string, edits: readonly Edit[], symbols?: Partial<HypervisorSymbols>]>([
  ['calls what it replaces by its name', []],
  ['calls it by another name', [aim(CALL, 'variable')], meaning('f2')],
  ['leads to what lies behind it', [lead(CALL, 0x40)]],
  ['uses a constant that leads to it', [], constant(TEXT + 0x200n)],
  ['uses a constant that leads into what stays', [], constant(TEXT + 0x301n)],
  ['leads into what it switches off', [switchOff, lead(CALL, 1)]],
])('a payload that %s passes', ([, edits, symbols]) => {
  const report = judge(edits, symbols)
  expect(report.checks.find(({ code }) => code === 'old-code')).toMatchObject({ status: 'passed' })
})
