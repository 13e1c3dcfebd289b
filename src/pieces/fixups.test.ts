/** Where code that only special entries reach is cut: never between code that runs on into what follows. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { chunkRanges } from './chunks.ts'
import { sectionFacts } from './section-facts.ts'

interface Row {
  readonly name: string
  /** Of the section `.fixup`: each `entry` label is a place that an exception table entry points to. */
  readonly fixup: string
  readonly chunks: readonly (readonly [offset: number, size: number])[]
}

/** `movl $9, %eax` is 5 bytes, `jmp` to another section 5, `nop` 1. */
const ROWS: readonly Row[] = [
  {
    name: 'two fixups that both jump away are two chunks',
    fixup: 'entry1: movl $9, %eax; jmp back\n entry2: nop; jmp back',
    chunks: [
      [0, 10],
      [10, 6],
    ],
  },
  {
    name: 'one that runs on into the next is one chunk with it',
    fixup: 'entry1: movl $9, %eax\n entry2: nop; jmp back',
    chunks: [[0, 11]],
  },
  {
    name: 'one that runs on, and one behind the jump',
    fixup: 'entry1: nop\n entry2: nop; jmp back\n entry3: jmp back',
    chunks: [
      [0, 7],
      [7, 5],
    ],
  },
  {
    name: 'a call comes back, and runs on',
    fixup: 'entry1: call back\n entry2: jmp back',
    chunks: [[0, 10]],
  },
  {
    name: 'a conditional jump may not be taken',
    fixup: 'entry1: jne back\n entry2: jmp back',
    chunks: [[0, 11]],
  },
  {
    name: 'a constant whose bytes look like a jump',
    fixup: 'entry1: .byte 0xb8, 0xe9, 0, 0, 0, 0x90\n entry2: jmp back',
    chunks: [[0, 11]],
  },
  {
    name: 'what lies before the first place is a chunk of its own only behind a jump',
    fixup: 'nop; jmp back\n entry1: jmp back',
    chunks: [
      [0, 6],
      [6, 5],
    ],
  },
  {
    name: 'four bytes in front of a place cannot be a jump',
    fixup: 'nop; nop; nop; nop\n entry1: jmp back',
    chunks: [[0, 9]],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ fixup, chunks }) => {
  const entries = [...new Set(fixup.match(/entry\d/g))].map(entry => `.long f - ., ${entry} - .`).join('\n')
  const text = `${fixup}\n.section .ex_table,"a"\n${entries}\n.text`.replaceAll('"', '\\"').replaceAll('\n', '\\n')
  const object = readElf<'original'>(
    compile(`void back(void); void f(void) {} __asm__(".section .fixup,\\"ax\\"\\n${text}");`),
  )
  const section = object.sections.find(({ name }) => name === '.fixup')
  if (section === undefined) throw new Error('there is a .fixup')
  const context = { facts: sectionFacts(object, { loader: XEN }), probed: undefined }
  expect(chunkRanges(object, section, context).map(({ offset, size }) => [offset, size])).toEqual(chunks)
})
