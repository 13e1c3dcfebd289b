/** Whose definition counts, before and after: the linker's rules as a table. */
import { expect, test } from 'vitest'
import type { Definition, Definitions } from './definitions.ts'
import { namesInQuestion, viewOf } from './view.ts'

/** `strong`, `weak`, `common 8`, `copy` (weak, of a group); a star where its content changes; `needs` where the unit refers to it; else nothing. */
interface Row {
  readonly name: string
  readonly a: readonly [string, string]
  readonly b?: readonly [string, string]
  /** A unit that the patch does not concern. */
  readonly c?: string
  readonly asked?: boolean
  readonly found?: readonly string[]
  /** `b: a` where b's definition is in vain, and a's counts. */
  readonly untaken?: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'a strong one that changes', a: ['strong', 'strong*'], asked: false },
  { name: 'one that is new', a: ['', 'strong*'] },
  { name: 'one that is gone', a: ['strong', ''] },
  { name: 'one that moves to another file', a: ['strong', ''], b: ['', 'strong*'], found: ['moved a to b'] },
  {
    name: 'one that moves out of a file that is not concerned',
    a: ['', 'strong*'],
    c: 'weak',
    found: ['moved c to a'],
  },
  { name: 'a strong one beside a weak one', a: ['weak', 'weak'], b: ['', 'strong*'], found: ['moved a to b'] },
  { name: 'a strong one that goes, so that a weak one counts', a: ['strong', ''], c: 'weak', found: ['moved a to c'] },
  { name: 'a weak one that becomes strong', a: ['weak', 'strong*'] },
  { name: 'a strong one that becomes weak', a: ['strong', 'weak*'] },
  { name: 'one of two weak ones that becomes strong', a: ['weak', 'strong*'], c: 'weak', found: ['moved a or c to a'] },
  { name: 'a weak one that changes, alone', a: ['weak', 'weak*'] },
  { name: 'a weak one that changes, and had lost', a: ['weak', 'weak*'], c: 'strong', untaken: ['a: c'] },
  { name: 'a weak one that is new, and loses', a: ['', 'weak*'], c: 'strong', untaken: ['a: c'] },
  {
    name: 'a weak one that is new beside another',
    a: ['', 'weak*'],
    c: 'weak',
    found: ['either a, c'],
    untaken: ['a: c'],
  },
  { name: 'a weak one that goes from beside another', a: ['weak', ''], c: 'weak', found: ['either a, c'] },
  { name: 'a weak one that goes, and another comes', a: ['weak', ''], b: ['', 'weak*'], found: ['moved a to b'] },
  { name: 'a copy that is new beside another', a: ['', 'copy*'], c: 'copy', untaken: ['a: c'] },
  { name: 'a copy that goes from beside another', a: ['copy', ''], c: 'copy' },
  { name: 'a copy beside a weak one that is none', a: ['copy', ''], c: 'weak', found: ['either a, c'] },
  { name: 'two weak ones of which both change', a: ['weak', 'weak*'], b: ['weak', 'weak*'], untaken: ['b: a'] },
  {
    name: 'two weak ones of which one changes',
    a: ['weak', 'weak*'],
    b: ['weak', 'weak'],
    found: ['unclear a, b'],
    untaken: ['b: a'],
  },
  { name: 'two weak ones, one not concerned', a: ['weak', 'weak*'], c: 'weak', found: ['unclear a, c'] },
  {
    name: 'two weak ones that are both new',
    a: ['', 'weak*'],
    b: ['', 'weak*'],
    found: ['either a, b'],
    untaken: ['b: a'],
  },
  { name: 'two copies that are both new', a: ['', 'copy*'], b: ['', 'copy*'], untaken: ['b: a'] },
  { name: 'two COMMON ones that are new: the larger', a: ['', 'common 4*'], b: ['', 'common 8*'], untaken: ['a: b'] },
  { name: 'a COMMON one that is new where a strong one is', a: ['', 'common 4*'], c: 'strong', untaken: ['a: c'] },
  { name: 'a COMMON one that is new beside another', a: ['', 'common 4*'], c: 'common 4', untaken: ['a: c'] },
  {
    name: 'a COMMON one that is new and larger than another',
    a: ['', 'common 8*'],
    c: 'common 4',
    found: ['outgrown a, c'],
    untaken: ['a: c'],
  },
  { name: 'a COMMON one that takes the place of a weak one', a: ['', 'common 4*'], c: 'weak', found: ['moved c to a'] },
  {
    name: 'one that is new, where another file had it from elsewhere',
    a: ['', 'strong*'],
    c: 'needs',
    found: ['appears a, c'],
  },
  {
    name: 'a weak one that is new, where another file had nothing',
    a: ['', 'weak*'],
    c: 'needs',
    found: ['appears a, c'],
  },
  {
    name: 'one that is new, where its own file had it from elsewhere',
    a: ['needs', 'strong*'],
    found: ['appears a, a'],
  },
  { name: 'one that is new, and so is its user', a: ['', 'strong*'], b: ['', 'needs'] },
  { name: 'one that goes, and another file refers to it', a: ['strong', ''], c: 'needs', found: ['vanishes a, c'] },
  { name: 'one that goes, and its file has it from elsewhere', a: ['strong', 'needs'], found: ['vanishes a, a'] },
  { name: 'one that goes with its user', a: ['strong', ''], b: ['needs', ''] },
  { name: 'one that changes, with users', a: ['strong', 'strong*'], b: ['needs', 'needs'], c: 'needs', asked: false },
  { name: 'strong ones in two programs of one tree', a: ['', 'strong*'], c: 'strong' },
  { name: 'strong ones that are new in two files', a: ['', 'strong*'], b: ['', 'strong*'], found: ['twice b, a'] },
  { name: 'a strong one beside one that stays', a: ['strong', 'strong'], b: ['', 'strong*'], found: ['twice b, a'] },
  {
    name: 'a weak one that becomes strong beside one',
    a: ['weak', 'strong*'],
    b: ['strong', 'strong'],
    found: ['twice b, a'],
  },
  { name: 'strong ones in two programs, of which one goes', a: ['strong', ''], b: ['strong', 'strong*'] },
]

test.for(ROWS)('$name', ({ a, b = ['', ''], c = '', asked = true, found = [], untaken = [] }) => {
  const units = [
    { unit: 'a', before: of(a[0]), after: of(a[1]), changed: changedIn(a[1]), needed: neededIn(a) },
    { unit: 'b', before: of(b[0]), after: of(b[1]), changed: changedIn(b[1]), needed: neededIn(b) },
  ]
  expect(namesInQuestion(units).has('name')).toBe(asked)
  const view = viewOf(units, [{ unit: 'c', definitions: of(c), needed: neededIn([c, c]).after }])
  expect(
    view.findings.map(each =>
      each.kind === 'moved'
        ? `moved ${each.from} to ${each.to}`
        : `${each.kind} ${each.unit}, ${'user' in each ? each.user : each.other}`,
    ),
  ).toEqual(found)
  expect([...view.untaken].flatMap(([unit, names]) => [...names].map(([, other]) => `${unit}: ${other}`))).toEqual(
    untaken,
  )
})

function of(words: string): Definitions {
  const [, strength, size = '4'] = /^(strong|weak|common)(?: (\d+))?\*?$/.exec(words.replace('copy', 'weak')) ?? []
  const isKnown = strength === 'strong' || strength === 'weak' || strength === 'common'
  const isCopy = words.startsWith('copy')
  const found: readonly (readonly [string, Definition])[] = isKnown
    ? [['name', { strength, size: Number(size), isCopy }]]
    : []
  return new Map(found)
}

const changedIn = (words: string): ReadonlySet<string> => new Set(words.endsWith('*') ? ['name'] : [])

function neededIn([before, after]: readonly [string, string]) {
  const names = (words: string): ReadonlySet<string> => new Set(words === 'needs' ? ['name'] : [])
  return { before: names(before), after: names(after) }
}
