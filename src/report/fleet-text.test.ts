/** What a terminal shows of a cell that failed, and what the index and the page have of it. */
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { fleet, withError } from '../../tests/page/support/reports.ts'
import { fleetIndex } from './fleet-index.ts'
import { fleetText } from './fleet-text.ts'
import { PLAIN } from './ink.ts'
import { fleetView } from './page/fleet-view.ts'

test('an error in a cell has its code and what mends it: in the index, on the terminal and on the page', () => {
  const input = withError(fleet(2, 2))
  expect(v.parse(fleetIndex, input.index).cells[0]?.error).toMatchObject({
    code: 'build/no-program',
    hint: 'install Debian’s package gcc-99',
  })
  const lines = fleetText(input.index, PLAIN).split('\n')
  const at = lines.findIndex(line => line.startsWith('  base-0/XSA-0: '))
  expect(lines.slice(at, at + 2)).toEqual([
    '  base-0/XSA-0: failed: gcc-99 was not found [build/no-program]',
    '    hint: install Debian’s package gcc-99',
  ])
  expect(fleetView(input).cells[0]).toMatchObject({
    word: 'failed',
    codes: ['build/no-program'],
    hint: 'install Debian’s package gcc-99',
  })
})
