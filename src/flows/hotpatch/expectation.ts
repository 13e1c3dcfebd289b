/**
 * The list of functions that a payload must have, neither more nor fewer: for people who gate on it.
 *
 * One `unit name` or `name` a line, `#` begins a comment. `name` alone stands for that function in whichever unit it is.
 */
import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import type { Entry } from '../../report/model.ts'

export interface ExpectedFunction {
  readonly unit: string | undefined
  readonly name: string
}

export function parseExpectation(text: string, file: string): readonly ExpectedFunction[] {
  return text.split('\n').flatMap((line, at) => {
    const words = line
      .replace(/#.*/, '')
      .trim()
      .split(/\s+/)
      .filter(word => word !== '')
    const [first, second] = words
    if (first === undefined) return []
    if (words.length > 2) {
      throw new InputError(
        'cli/bad-expectation',
        `line ${at + 1} of ${file} has ${words.length} words: ${line.trim()}`,
        'write one function a line, as `name` or `unit name`: common/domain.o do_vm_assist',
      )
    }
    return [second === undefined ? { unit: undefined, name: first } : { unit: first, name: second }]
  })
}

/** The refusal for a payload whose functions are not exactly the expected ones; undefined when they are. */
export function checkExpectation(
  expected: readonly ExpectedFunction[],
  functions: readonly Entry[],
): Refusal | undefined {
  const included = functions.filter(entry => entry.included)
  const fits = (wanted: ExpectedFunction, entry: Entry) =>
    entry.name === wanted.name && (wanted.unit === undefined || wanted.unit === entry.unit)
  const isExact =
    expected.every(wanted => included.some(entry => fits(wanted, entry))) &&
    included.every(entry => expected.some(wanted => fits(wanted, entry)))
  if (isExact) return undefined
  const spell = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '))
  const wanted = expected.map(({ unit, name }) => (unit === undefined ? name : `${unit} ${name}`))
  return {
    code: 'unexpected-functions',
    unit: '',
    symbol: '',
    text: `expected ${spell(wanted)}; the payload would have ${spell(included.map(({ unit, name }) => `${unit} ${name}`))}`,
    hint: '`hotsplice explain REPORT.json NAME` says why a function is in or out; mend the patch, or the list',
  }
}
