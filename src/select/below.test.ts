/** A second payload on top of a first, both from one tree: what the first one brought is found again, or it is refused. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'
import { assemble } from '../assemble/assemble.ts'
import { readElf } from '../elf/index.ts'
import { type Brought, broughtBy } from '../loaders/brought.ts'
import type { Selection } from './model.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none', '-fno-stack-protector']
const HEAD = 'extern int out(int);\n'
const f = (body: string) => `int f(int x) { ${body} return out(x) * 11; }\n`
const g = (body: string) => `int g(int x) { ${body} return out(x) * 17; }\n`

function payloadOf(selection: Selection, below?: Brought): Uint8Array {
  const { target } = PROGRAM_RULES
  const assembly = assemble(selection, {
    target,
    ...(below === undefined ? {} : { taken: new Set(below.things.keys()) }),
  })
  if (assembly.kind !== 'payload') throw new Error(assembly.refusals.map(({ text }) => text).join('; '))
  return assembly.payload.bytes
}

const built = (text: string) => compile(HEAD + text, FLAGS)
const brought = (before: string, after: string) =>
  broughtBy([{ name: 'one', bytes: payloadOf(selectFrom(built(before), built(after), PROGRAM_RULES)) }])

/** What the second one refers to of those below, and what it refuses. */
function onTop(before: string, after: string, below: Brought) {
  const selection = selectFrom(built(before), built(after), { ...PROGRAM_RULES, below })
  const links = selection.pieces.flatMap(({ references }) =>
    references.flatMap(({ link }) => (link.to === 'running' && link.name !== 'out' ? [link.name] : [])),
  )
  return {
    selection,
    links: [...new Set(links)],
    refused: selection.refusals.map(({ code, symbol }) => `${code} ${symbol}`),
  }
}

interface Row {
  readonly name: string
  /** The running text, that of the first payload, and that of the second. */
  readonly texts: readonly [string, string, string]
  readonly links?: readonly string[]
  readonly refused?: readonly string[]
}

const TWO = 'if (x) { static int n1; out(n1++); } else { static int n2; out(n2--); }'
const BOTH = '{ static int hits; out(hits++); } { static int hits; out(hits--); }'

test.skipIf(!hasGcc).for<Row>([
  {
    name: 'a static local that has another number by now',
    texts: [
      f('') + g(''),
      f('static int hits; out(hits++);') + g(''),
      f('static int hits; out(hits++);') + g('static int other; out(++other);'),
    ],
    links: ['unit.c#f#hits'],
  },
  {
    name: 'static locals of one name in two functions',
    texts: [
      f('') + g(''),
      f('static int n; out(n++);') + g('static int n; out(n--);'),
      f('static int n; out(n += 2);') + g('static int n; out(n -= 2);'),
    ],
    links: ['unit.c#f#n', 'unit.c#g#n'],
  },
  {
    name: 'two static locals of one function',
    texts: [f(''), f(TWO), f(`out(1); ${TWO}`)],
    links: ['unit.c#f#n1', 'unit.c#f#n2'],
  },
  {
    name: 'a variable of the file',
    texts: [f(''), `static int all; ${f('out(all++);')}`, `static int all; ${f('out(all += 2);')}`],
    links: ['unit.c#all'],
  },
  {
    name: 'a variable of the program',
    texts: [f(''), `int all; ${f('out(all++);')}`, `int all; ${f('out(all += 2);')}`],
    links: ['all'],
  },
  {
    name: 'one with a first value',
    texts: [f(''), f('static int n = 7; out(n++);'), f('static int n = 7; out(n += 2);')],
    links: ['unit.c#f#n'],
  },
  {
    name: 'one with another first value',
    texts: [f(''), f('static int n = 7; out(n++);'), f('static int n = 8; out(n++);')],
    refused: ['changed-data n.0'],
  },
  {
    name: 'one that has grown',
    texts: [f(''), f('static int n; out(n++);'), f('static long n; out(n++);')],
    refused: ['data-layout n.0'],
  },
  {
    name: 'a store of new members, which no other can take the place of',
    texts: [
      f('') + g(''),
      `static int hotsplice_store_of_s; ${f('out(1);')}${g('out(hotsplice_store_of_s++);')}`,
      `int hotsplice_store_of_s = 3; ${f('out(2);')}${g('out(hotsplice_store_of_s++);')}`,
    ],
    refused: ['shadow-data-below hotsplice_store_of_s'],
  },
  {
    name: 'one that is new',
    texts: [f(''), f('static int n; out(n++);'), f('static int n, more; out(n++ + more++);')],
    links: ['unit.c#f#n'],
  },
  {
    name: 'two of one name',
    texts: [f(''), f(BOTH), f(`out(1); ${BOTH}`)],
    refused: ['state-left-behind hits.0', 'state-left-behind hits.1'],
  },
  {
    name: 'a second of that name',
    texts: [f(''), f('{ static int hits; out(hits++); }'), f(BOTH)],
    refused: ['state-left-behind hits.0', 'state-left-behind hits.1'],
  },
  {
    name: 'one that moves to the file',
    texts: [f(''), f('static int n; out(n++);'), `static int n; ${f('out(n++);')}`],
    refused: ['state-left-behind n'],
  },
  {
    name: 'one that moves, where a constant is called like it now',
    texts: [
      f(''),
      `static int n; ${f('out(n++);')}`,
      `static const int n[] = { 3, 5 }; int g(int x) { return out(n[x & 1]); } ${f('static int n; out(n++);')}`,
    ],
    refused: ['state-left-behind n.0'],
  },
  {
    name: 'one that moves to another function',
    texts: [f('') + g(''), f('static int n; out(n++);') + g(''), f('') + g('static int n; out(n++);')],
    refused: ['state-left-behind n.0'],
  },
  {
    name: 'constants and functions',
    texts: [
      f(''),
      `const int table[] = { 3, 5 }; __attribute__((noinline)) int help(int n) { return out(n) ^ 3; } ${f('out(table[x & 1] + help(x));')}`,
      `const int table[] = { 3, 6 }; __attribute__((noinline)) int help(int n) { return out(n) ^ 5; } ${f('out(table[x & 1] + help(x));')}`,
    ],
  },
])(`$name${withoutGcc}`, ({ texts: [running, first, second], links = [], refused = [] }) => {
  const below = brought(running, first)
  const found = onTop(running, second, below)
  expect(found.refused.toSorted()).toEqual(refused)
  if (refused.length > 0) return
  expect(found.links.toSorted()).toEqual(links)
  // Nothing is brought by a name that is there already.
  const names = readElf(payloadOf(found.selection, below)).symbols.flatMap(({ name, place }) =>
    place.in === 'section' ? [name] : [],
  )
  expect(names.filter(name => below.things.has(name) && name !== 'f' && name !== 'g')).toEqual([])
})

test.skipIf(!hasGcc)(`on top of two, each finds its own${withoutGcc}`, () => {
  const [one, two] = ['static int a; out(a++);', 'static int a, b; out(a++ + b++);']
  const lower = brought(f(''), f(one))
  const upper = payloadOf(selectFrom(built(f('')), built(f(two)), { ...PROGRAM_RULES, below: lower }), lower)
  const all = { ...broughtBy([{ name: 'two', bytes: upper }]), unnamed: [] }
  const below = { things: new Map([...lower.things, ...all.things]), layouts: new Map(), unnamed: [] }
  expect(onTop(f(''), f(`out(3); ${two}`), below).links.toSorted()).toEqual(['unit.c#f#a', 'unit.c#f#b'])
})

test.skipIf(!hasGcc)(`a payload that names nothing is not trusted${withoutGcc}`, () => {
  const bytes = payloadOf(selectFrom(built(f('')), built(f('static int n; out(n++);')), PROGRAM_RULES))
  const text = Buffer.from(bytes).toString('latin1').replace('unit.c#f#n', '\0'.repeat(10))
  const below = broughtBy([{ name: 'one', bytes: Uint8Array.from(Buffer.from(text, 'latin1')) }])
  expect(below.unnamed).toEqual(['one'])
  expect(onTop(f(''), f('static int n; out(n += 2);'), below).refused).toEqual(['ambiguous-static n.0'])
})
