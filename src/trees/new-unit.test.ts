import { describe, expect, test } from 'vitest'
import type { Layout } from './layout.ts'
import type { Unit } from './model.ts'
import { newUnit } from './new-unit.ts'

const layout: Layout = { base: '/t', sourceFolder: '/t/xen', buildFolder: '/t/xen', prefix: 'xen/' }

function unit(source: string, command: string, more: Partial<Unit> = {}): Unit {
  const stem = source.replace(/\.\w+$/, '')
  const words = command.replaceAll('@', stem).split(' ')
  return {
    unit: `${stem}.o`,
    source,
    command: words,
    folder: '/t/xen',
    dependencies: [`xen/${source}`],
    language: source.endsWith('.S') ? 'assembly' : 'c',
    role: 'linked',
    object: `/t/xen/${stem}.o`,
    original: 'tree',
    objcopy: [],
    ...more,
  }
}

const PLAIN = 'gcc -O2 -DLABEL=@.o -c @.c -o @.o.tmp'
const commandOf = (made: Unit | string) => (typeof made === 'string' ? made : made.command.join(' '))

describe('a new unit is compiled as its siblings are', () => {
  test('the siblings’ common command, with the names exchanged', () => {
    const units = [
      unit('common/a.c', PLAIN),
      unit('common/b.c', PLAIN),
      unit('common/odd.c', `${PLAIN} -DODD`),
      unit('lib/c.c', 'gcc -Os -c @.c'),
    ]
    const made = newUnit(layout, units, 'common/new-one.c')
    expect(commandOf(made)).toBe('gcc -O2 -DLABEL=common/new-one.o -c common/new-one.c -o common/new-one.o.tmp')
    expect(made).toMatchObject({ unit: 'common/new-one.o', dependencies: ['xen/common/new-one.c'], object: undefined })
  })

  test.for([
    { name: 'nobody to go by', units: [unit('lib/a.c', PLAIN)], why: 'no unit of common shows' },
    { name: 'siblings of another language', units: [unit('common/a.S', PLAIN)], why: 'no unit of common shows' },
    {
      name: 'siblings that are not linked',
      units: [unit('common/a.c', PLAIN, { role: 'embedded' })],
      why: 'no unit of common shows',
    },
    {
      name: 'siblings that disagree',
      units: [unit('common/a.c', PLAIN), unit('common/b.c', `${PLAIN} -DB`)],
      why: 'in 2 different ways',
    },
    {
      name: 'one sibling with options of its own',
      units: [unit('common/a.c', `${PLAIN} -DA`), unit('lib/b.c', PLAIN), unit('lib/c.c', PLAIN)],
      why: 'with options of its own',
    },
  ])('$name: no command', ({ units, why }) => {
    expect(commandOf(newUnit(layout, units, 'common/new.c'))).toContain(why)
  })

  test('one sibling that is like everybody else will do', () => {
    const units = [unit('common/a.c', PLAIN), unit('lib/b.c', PLAIN), unit('lib/c.c', PLAIN)]
    expect(commandOf(newUnit(layout, units, 'common/new.c'))).toContain('-c common/new.c')
  })
})
