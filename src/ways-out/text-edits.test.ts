import { expect, test } from 'vitest'
import { perCpuEdits } from './per-cpu.ts'
import { editText } from './text-edits.ts'

test('which line each was', () => {
  const { text, origins } = editText('one\ntwo\nthree\nfour\n', [
    { from: 4, end: 8, put: '' },
    { from: 8, end: 8, put: 'new\n' },
    { from: 14, end: 14, put: '(' },
  ])
  expect([text, [...origins]]).toEqual(['one\nnew\nthree\n(four\n', [0, 1, 0, 3, 0]])
})

test('of two that begin at one place, the one that reaches further is around the other', () => {
  const { text } = editText('a->b', [
    { from: 0, end: 0, put: 'f(' },
    { from: 1, end: 3, put: ')->' },
  ])
  expect(text).toBe('f(a)->b')
})

test('per-CPU variables', () => {
  const names = new Set(['own', 'other'])
  const of = (text: string) => editText(text, perCpuEdits(text, names).edits).text
  expect(of('static DEFINE_PER_CPU(unsigned int, own);')).toBe(
    '__typeof__(unsigned int) hotsplice_per_cpu_own[NR_CPUS];',
  )
  expect(of('DECLARE_PER_CPU(bool, own);')).toBe('extern __typeof__(bool) hotsplice_per_cpu_own[NR_CPUS];')
  expect(of('x = this_cpu(own)++ + this_cpu(theirs);')).toBe(
    'x = hotsplice_per_cpu_own[smp_processor_id()]++ + this_cpu(theirs);',
  )
  expect(of('per_cpu(own, f(this_cpu(other), 2)) = 1;')).toBe(
    'hotsplice_per_cpu_own[f(hotsplice_per_cpu_other[smp_processor_id()], 2)] = 1;',
  )
  expect(of('#define GET(n) per_cpu(own, (n))\n')).toBe('#define GET(n) hotsplice_per_cpu_own[(n)]\n')
  expect([...perCpuEdits('DEFINE_PER_CPU_READ_MOSTLY(struct s *, own);', names).defined]).toEqual([
    ['own', 'struct s *'],
  ])
})
