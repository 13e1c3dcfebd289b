import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc, XEN_LIKE } from '../../tests/support/gcc.ts'
import { judge } from '../../tests/support/judge.ts'
import { notCompared } from './not-compared.ts'

const TEXT = `
extern int printk(const char *format, ...);
static int counter = 7;
int f(int a) { return printk("of %d", a) + counter++; }
__attribute__((section(".discard.words"), used)) static const char words[] = "thrown away";
__attribute__((section(".text.g"))) int g(int a) { return a; }
`

test.skipIf(!hasGcc)(`what is not compared is told by name${withoutGcc}`, () => {
  const object = compile(TEXT, [...XEN_LIKE, '-g'])
  const told = new Map(
    notCompared({ unit: 'a.o', verdicts: judge(object, object) }).map(({ what, text }) => [what, text]),
  )
  expect(told.get('debug-information')).toMatch(/^\.debug_\w+, .*: the running system never looks at them$/)
  expect(told.get('sections')).toBe('.discard.words, .comment: no part of what runs')
  expect(told.get('names')).toContain('order of symbols and sections')
  const without = notCompared({ unit: 'a.o', verdicts: judge(compile('int a;'), compile('int a;')) })
  expect(without.map(({ what }) => what)).toEqual(['sections', 'names'])
})

test.skipIf(!hasGcc)(`every byte that is loaded is in a piece, or told${withoutGcc}`, () => {
  const object = compile(TEXT, [...XEN_LIKE, '-g'])
  const verdicts = judge(object, object)
  const { patched } = verdicts.correlation
  const told = notCompared({ unit: 'a.o', verdicts }).flatMap(({ text }) => text.split(/[ ,:]+/))
  const whole: string[] = []
  for (const section of patched.object.sections) {
    // Symbols, strings and relocations are what the pieces are made of.
    if (section.size === 0 || [0, 2, 3, 4].includes(section.type) || told.includes(section.name)) continue
    const pieces = patched.bySection[section.id] ?? []
    const padding = patched.padding.filter(each => each.section === section.id)
    const covered = [...pieces, ...padding].toSorted((a, b) => a.offset - b.offset)
    let end = 0
    for (const { offset, size } of covered) {
      expect(offset, section.name).toBeLessThanOrEqual(end)
      end = Math.max(end, offset + size)
    }
    expect(end, section.name).toBe(section.size)
    whole.push(section.name)
  }
  expect(whole).toEqual(expect.arrayContaining(['.text.f', '.text.g', '.data.counter']))
})
