/** Excuses go by what was done to a payload's bytes, and by nothing else. */
import { expect, test } from 'vitest'
import { readElf, toNewObject, writeElf } from '../../src/elf/index.ts'
import type { VerifyReport } from '../../src/verify/index.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { Editor } from './editor.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { touchedIn } from './touched.ts'

const TEXT = `
extern int given; int kept = 5; int more = 6;
int f(int a) { return a + given; }
int g(int a) { return f(a) + kept + more; }
__attribute__((section(".data.rel.ro.local"))) int *pointers[] = { &kept };
__attribute__((section(".livepatch.funcs"))) int *functions[] = { &more };
`

const object = hasGcc ? writeElf(toNewObject(readElf(compile(TEXT, ['-O2', '-c', '-fno-inline'])))) : new Uint8Array()

interface Row {
  readonly name: string
  readonly edit: (editor: Editor) => unknown
  readonly touched: readonly unknown[]
  /** The beginning of the excuse, were verify to accept it and Xen to die of it. */
  readonly excuse: string | undefined
}

const ROWS: readonly Row[] = [
  { name: 'nothing', edit: () => undefined, touched: [], excuse: undefined },
  { name: 'the ELF header', edit: e => e.write(20, 1, 7), touched: [{ in: 'header' }], excuse: undefined },
  {
    name: 'a relocation of code',
    edit: e => e.setRelocation('.rela.text', 0, 'addend', 77),
    touched: [{ in: 'content', section: '.rela.text' }],
    excuse: "the payload's code was relocated",
  },
  {
    name: 'code itself',
    edit: e => e.put('.text', 0, 1, 0xcc),
    touched: [{ in: 'content', section: '.text' }],
    excuse: undefined,
  },
  {
    name: 'a relocation of code, and code',
    edit: e => e.setRelocation('.rela.text', 0, 'addend', 77).put('.text', 0, 1, 0xcc),
    touched: [
      { in: 'content', section: '.text' },
      { in: 'content', section: '.rela.text' },
    ],
    excuse: undefined,
  },
  {
    name: "a symbol's place",
    edit: e => e.setSymbol(e.symbolNamed('f'), 'value', 3),
    touched: [expect.objectContaining({ in: 'symbol', name: 'f', field: 'value' })],
    excuse: 'a symbol was moved',
  },
  {
    name: "a symbol's binding",
    edit: e => e.setSymbol(e.symbolNamed('f'), 'info', 3),
    touched: [expect.objectContaining({ in: 'symbol', name: 'f', field: 'info' })],
    excuse: undefined,
  },
  {
    name: 'data that is said to be smaller',
    edit: e => e.setSection('.data', 'size', 4),
    touched: [{ in: 'section header', section: '.data', field: 'size', from: 8n, to: 4n }],
    excuse: 'variables share their place',
  },
  {
    name: 'data that is said to be larger',
    edit: e => e.setSection('.data', 'size', 9),
    touched: [expect.objectContaining({ section: '.data', to: 9n })],
    excuse: undefined,
  },
  {
    name: 'code that is said to be smaller',
    edit: e => e.setSection('.text', 'size', 1),
    touched: [expect.objectContaining({ section: '.text', field: 'size' })],
    excuse: undefined,
  },
  {
    name: 'relocations that are said to be none',
    edit: e => e.setSection('.rela.text', 'size', 0),
    touched: [expect.objectContaining({ section: '.rela.text', to: 0n })],
    excuse: "the payload's code was relocated",
  },
  {
    name: 'a pointer that is filled by half',
    edit: e => e.setRelocation('.rela.data.rel.ro.local', 0, 'type', 2),
    touched: [{ in: 'content', section: '.rela.data.rel.ro.local' }],
    excuse: "the payload's data was relocated",
  },
  {
    name: 'a pointer of the table of functions',
    edit: e => e.setRelocation('.rela.livepatch.funcs', 0, 'type', 2),
    touched: [{ in: 'content', section: '.rela.livepatch.funcs' }],
    excuse: undefined,
  },
  { name: 'a name', edit: e => e.rename('.data', 'x'), touched: [{ in: 'names' }], excuse: undefined },
  { name: 'the length', edit: e => e.resize(200), touched: [{ in: 'length' }], excuse: undefined },
]

test.skipIf(!hasGcc).for(ROWS)(`$name: $excuse${withoutGcc}`, ({ edit, touched, excuse }) => {
  const editor = new Editor(object)
  edit(editor)
  const found = touchedIn(object, editor.bytes)
  expect(found).toEqual(touched)
  const report = { accepted: true, errno: null, decidedBy: null, checks: [] } as unknown as VerifyReport
  // The name is that of a mutation which once was excused by it.
  const xen = { name: 'relocation/random-1', errno: 'crash', step: 'apply', console: [] }
  const reason = EXCEPTIONS.find(row => row.applies(report, xen, found))?.reason
  expect(excuse === undefined ? reason : reason?.slice(0, excuse.length)).toBe(excuse)
})
