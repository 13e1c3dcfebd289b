/** What image and source say of the loader, together: what follows for the payload, and what is refused. */
import { expect, test } from 'vitest'
import { targetOf } from '../../loaders/loaders.ts'
import { PROCESS } from '../../loaders/process/process.ts'
import type { TableUse } from '../../loaders/xen/table-use.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { fittedTo, loaderTable } from './loader-table.ts'

interface Row {
  readonly source: TableUse | undefined
  readonly image: TableUse | undefined
  /** Undefined where it is refused. */
  readonly writable: boolean | undefined
}

const X86_64 = 62

test.for<Row>([
  { image: 'reads', source: 'reads', writable: false },
  { image: 'writes', source: 'writes', writable: true },
  { image: 'writes-through', source: 'writes-through', writable: true },
  // A copy of the source without the machine's part does not tell how it writes.
  { image: 'writes-through', source: 'writes', writable: true },
  { image: undefined, source: 'reads', writable: false },
  { image: undefined, source: 'writes', writable: true },
  { image: 'reads', source: undefined, writable: false },
  { image: 'writes', source: undefined, writable: true },
  { image: 'reads', source: 'writes', writable: undefined },
  { image: 'writes', source: 'reads', writable: undefined },
  { image: undefined, source: undefined, writable: undefined },
])('image $image, source $source: writable $writable', ({ image, source, writable }) => {
  const table = loaderTable({ tableUse: source }, { tableUse: image })
  expect(table.refusals.map(({ code }) => code)).toEqual(writable === undefined ? ['loader-unknown'] : [])
  expect(fittedTo(targetOf(XEN, X86_64), table).writesTable).toBe(writable ?? false)
})

test('without an image the source decides', () => {
  expect(loaderTable({ tableUse: 'writes' }, undefined)).toEqual({ tableUse: 'writes', refusals: [] })
  expect(loaderTable({ tableUse: undefined }, undefined).refusals).toHaveLength(1)
})

test('the refusals name the two sides, and the way to tell', () => {
  const [contradiction] = loaderTable({ tableUse: 'reads' }, { tableUse: 'writes' }).refusals
  expect(contradiction?.text).toMatch(/image keeps .* in .livepatch.funcs, .* source keeps .* apart/)
  const [unknown] = loaderTable({ tableUse: undefined }, undefined).refusals
  expect(unknown?.text).toContain('xen/include/public/sysctl.h')
  expect(unknown?.hint).toMatch(/--tree .* --symbols/)
})

test('a program’s loader is ours, and only reads', () => {
  expect(fittedTo(targetOf(PROCESS, X86_64), { tableUse: 'writes' }).writesTable).toBe(false)
})
