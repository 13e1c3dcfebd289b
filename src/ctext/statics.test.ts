/** Which static variables of functions a text has one of, by name. */
import { expect, test } from 'vitest'
import { takeApartText } from './outline.ts'
import { soleStatics } from './statics.ts'

const STEP = 'static int step(int n)\n{\n static int count = 1;\n return count += n;\n}\n'

test.for<[what: string, text: string, found: string | undefined]>([
  ['one', STEP, 'step'],
  ['with others beside it', STEP.replace('count =', 'other, count ='), 'step'],
  ['of a structure', STEP.replace('static int count = 1', 'static struct { int a; int b; } count'), 'step'],
  ['with the words in another order', STEP.replace('static int', 'int static'), 'step'],
  ['a pointer in a list', STEP.replace('int count', 'int (*count)(int a)'), 'step'],
  ['a local one elsewhere', `${STEP}int g(void) { int count = 2; return count; }\n`, 'step'],
  ['a parameter of a static function', `static int g(int count)\n{\n return count;\n}\n${STEP}`, 'step'],
  ['two functions', STEP + STEP.replace('step', 'pace'), undefined],
  ['two blocks of one function', STEP.replace('return', '{ static int count; count++; } return'), undefined],
  ['one of the file as well', `static struct { int a, b; } count;\n${STEP.replace('step', 'pace')}`, undefined],
  ['one that another is set from', `${STEP}int g(void) { static int *last = &count; return *last; }\n`, undefined],
  ['in what is not surely a function', STEP + STEP.replace('step(int n)', 'pace(n) int n;'), undefined],
  ['none', 'int step(int n) { int count = n; return count; }\n', undefined],
])('%s', ([, text, found]) => {
  expect(soleStatics(takeApartText(text)).find(([name]) => name === 'count')?.[1]).toBe(found)
})

const inBlock = (head: string, block: string) => `${head}\n{\n ${block}\n return n;\n}\n`
const BLOCK = '{ static int count = 1; n += count++; }'

test.for<[what: string, text: string, isSame: boolean]>([
  ['in another function', inBlock('int other(int n)', BLOCK), true],
  [
    'deeper, and spaced otherwise',
    inBlock('int f(int n)', `if (n) { while (n--) ${BLOCK.replaceAll(' ', '\n\t')} }`),
    true,
  ],
  ['beside others', inBlock('int f(int n)', `{ n++; } ${BLOCK} { n--; }`), true],
  ['behind a brace in a text', inBlock('int f(int n)', `say("{"); ${BLOCK}`), true],
  ['with another use', inBlock('int f(int n)', BLOCK.replace('++', '--')), false],
  ['with another first value', inBlock('int f(int n)', BLOCK.replace('1', '2')), false],
  ['with a use behind a block in it', inBlock('int f(int n)', BLOCK.replace('}', '{ n++; } count--; }')), false],
  ['not in a block of its own', inBlock('int f(int n)', BLOCK.slice(1, -1)), false],
])('a block that is the same: %s', ([, text, isSame]) => {
  const blockIn = (of: string) => soleStatics(takeApartText(of)).find(([name]) => name === 'count')?.[2]
  const own = blockIn(inBlock('int f(int n)', BLOCK))
  expect([own === undefined, blockIn(text) === own]).toEqual([false, isSame])
})
