/** Variables of a Linux kernel whose section, or whose names, say what they are. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, verdictLines } from '../../tests/support/judge.ts'
import { LINUX } from '../loaders/linux/linux.ts'

const IN = (section: string) => `__attribute__((section("${section}")))`
const variable = (attributes: string) =>
  `extern int out(const void *); static int clock ${attributes}; int f(void) { clock++; return out(&clock); }`

/** As include/linux/btf_ids.h has them: what a list holds, the build writes by the names. */
const id = (name: string) =>
  `asm(".pushsection .BTF_ids,\\"a\\"\\n.local ${name}\\n.type ${name}, STT_OBJECT\\n.size ${name}, 4\\n${name}:\\n.zero 4\\n.popsection");`
const list = (...names: readonly string[]) =>
  `asm(".pushsection .BTF_ids,\\"a\\"\\n.local ids\\nids:\\n.popsection"); ${names.map(id).join('\n')}
   extern unsigned ids[]; unsigned f(void) { return ids[0]; }`

test.skipIf(!hasGcc).for([
  ['no longer decrypted', variable(IN('.bss..decrypted')), variable(''), ['clock: changed (section)']],
  ['decrypted now', variable(''), variable(IN('.bss..decrypted')), ['clock: changed (section)']],
  ['not saved to disk', variable(''), variable(`${IN('.data..nosave')} = 0`), ['clock: changed (section)']],
  ['read mostly', variable('= 3'), variable(`${IN('.data..read_mostly')} = 3`), []],
  [
    'on a page of its own, beside another one',
    `${variable('= 3')} int other ${IN('.data..page_aligned')} = 4;`,
    `${variable(`${IN('.data..page_aligned')} __attribute__((aligned(4096))) = 3`)} int other ${IN('.data..page_aligned')} = 4;`,
    ['clock: changed (alignment)'],
  ],
  [
    'the number of another type',
    list('__BTF_ID__struct__inode__5'),
    list('__BTF_ID__struct__file__5'),
    ['__BTF_ID__struct__inode__5: changed (reaches)'],
  ],
  [
    'the same type, counted differently',
    list('__BTF_ID__struct__inode__5', '__BTF_ID__func__do_exit__6'),
    list('__BTF_ID__struct__inode__7', '__BTF_ID__func__do_exit__8'),
    [],
  ],
  [
    'numbers that change places',
    list('__BTF_ID__struct__inode__5', '__BTF_ID__struct__file__6'),
    list('__BTF_ID__struct__file__5', '__BTF_ID__struct__inode__6'),
    ['changed'],
  ],
] as const)(`a variable: %s${withoutGcc}`, ([, before, after, expected]) => {
  const found = verdictLines(judge(compile(before), compile(after), LINUX))
  if (expected[0] === 'changed') expect(found).not.toEqual([])
  else expect(found).toEqual(expected)
})
