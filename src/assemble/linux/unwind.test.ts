/** How to get out of code of which objtool says nothing, or nothing up to a place in it. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { RULES, selectFrom } from '../../../tests/support/judge.ts'
import { LINUX } from '../../loaders/linux/linux.ts'
import { payloadKnowledge } from '../../loaders/loader.ts'
import { targetOf } from '../../loaders/loaders.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { placePieces } from '../place.ts'
import { SymbolBook } from '../symbol-book.ts'
import { unwindTables } from './unwind.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fcf-protection=none', '-mcmodel=kernel', '-fno-pie']
/** As objtool writes one: sp + 8, the return address on top. */
const ENTRY = [0x08, 0, 0, 0, 0x05, 0x02]
const EMPTY = [0, 0, 0, 0, 0, 0]
const told = (place: string) => `asm(".pushsection .orc_unwind_ip,\\"a\\"\\n.long ${place} - .\\n.popsection\\n"
  ".pushsection .orc_unwind,\\"a\\"\\n.byte ${ENTRY.join()}\\n.popsection");\n`
const code = (by: number) => `int f(int n) { return n * ${by}; }\n`

test.skipIf(!hasGcc).for([
  { what: 'all of it', more: told('f'), expected: [ENTRY, EMPTY] },
  { what: 'what comes later in it', more: told('f + 3'), expected: [EMPTY, ENTRY, EMPTY] },
  { what: 'nothing', more: '', expected: [EMPTY, EMPTY] },
])(`objtool tells of $what${withoutGcc}`, ({ more, expected }) => {
  const target = targetOf(LINUX, X86_64.number)
  const selection = selectFrom(compile(code(3) + more, FLAGS), compile(code(5) + more, FLAGS), { ...RULES, target })
  expect(selection.replacements).toHaveLength(1)
  const known = payloadKnowledge(target)
  if (known === undefined) throw new Error('nothing is known of kernel modules')
  const [places, entries] = unwindTables(selection, placePieces(selection, { ...target, ...known }), new SymbolBook())
  expect([...(entries?.bytes() ?? [])]).toEqual(expected.flat())
  expect(places?.relocations).toHaveLength(expected.length)
})
