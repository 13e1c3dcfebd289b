import { expect, test } from 'vitest'
import { compareMakefiles } from './makefile.ts'

const config = new Map([
  ['HVM', 'y'],
  ['X86', 'y'],
])
const BASE = `obj-y += a.o
obj-$(CONFIG_HVM) += hvm.o
obj-y += sub/

ifneq ($(CONFIG_SHIM),y)
obj-y += c.o
endif
# a comment
$(obj)/a.o: CFLAGS-y += -DA
\techo recipe
`

interface Row {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly edit: { readonly added?: string[]; readonly removed?: string[]; readonly other?: string }
}

test.for<Row>([
  { name: 'an object more', from: 'obj-y += a.o\n', to: 'obj-y += a.o\nobj-y += new.o\n', edit: { added: ['new.o'] } },
  { name: 'several on one line', from: 'a.o\n', to: 'a.o x.o \\\n\ty.o\n', edit: { added: ['x.o', 'y.o'] } },
  { name: 'an object of an option that is on', from: 'hvm.o', to: 'hvm.o more.o', edit: { added: ['more.o'] } },
  {
    name: 'an object of an option that is off',
    from: 'obj-y += a.o\n',
    to: 'obj-y += a.o\nobj-$(CONFIG_ARM) += arm.o\n',
    edit: {},
  },
  { name: 'an object in a condition that holds', from: 'c.o', to: 'c.o d.o', edit: { added: ['d.o'] } },
  { name: 'an object less', from: 'obj-$(CONFIG_HVM) += hvm.o\n', to: '', edit: { removed: ['hvm.o'] } },
  {
    name: 'an object in another place',
    from: 'obj-y += a.o\nobj-$(CONFIG_HVM) += hvm.o\n',
    to: 'obj-$(CONFIG_HVM) += hvm.o\nobj-y += a.o\n',
    edit: {},
  },
  { name: 'a comment', from: '# a comment', to: '# another', edit: {} },
  {
    name: 'an option that is turned off',
    from: 'obj-$(CONFIG_HVM)',
    to: 'obj-$(CONFIG_ARM)',
    edit: { removed: ['hvm.o'] },
  },
  { name: 'a folder', from: 'sub/', to: 'sub/ more/', edit: { other: 'more/' } },
  { name: 'an object for boot', from: 'a.o\n', to: 'a.o b.init.o\n', edit: { other: 'b.init.o' } },
  { name: 'an option of a unit', from: '-DA', to: '-DB', edit: { other: '$(obj)/a.o: CFLAGS-y += -DB' } },
  { name: 'a recipe', from: 'echo recipe', to: 'echo other', edit: { other: 'echo other' } },
  {
    name: 'a function call in a list',
    from: 'a.o\n',
    to: 'a.o $(addprefix x/,y.o)\n',
    edit: { other: 'obj-y += a.o $(addprefix x/,y.o)' },
  },
  { name: 'a list that begins anew', from: 'obj-y += c.o', to: 'obj-y := c.o', edit: { other: 'obj-y := c.o' } },
  {
    name: 'a condition',
    from: 'ifneq ($(CONFIG_SHIM),y)',
    to: 'ifneq ($(CONFIG_X86),y)',
    edit: { other: 'ifneq ($(CONFIG_X86),y)' },
  },
])('$name', ({ from, to, edit }) => {
  const after = BASE.replace(from, () => to)
  expect(after).not.toBe(BASE)
  const { added = [], removed = [], other } = edit
  expect(compareMakefiles(BASE, after, config)).toEqual(
    other === undefined ? { kind: 'objects', added, removed } : { kind: 'other', line: other },
  )
})
