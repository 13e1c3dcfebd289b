import { expect, test } from 'vitest'
import { InputError } from '../base/errors.ts'
import { reportedError } from './error-report.ts'

const system = (code: string) => Object.assign(new Error(`${code}: so it is, write`), { code, syscall: 'write' })

test.for(['ENOSPC', 'ENOTDIR', 'EMFILE', 'EXDEV'])('%s of the system has a way out', code => {
  const { text, hint, ...told } = reportedError(system(code))
  expect(told).toEqual({ code: `system/${code.toLowerCase()}`, trail: [] })
  expect(text).toContain(code)
  expect(hint).toBeTruthy()
})

test('what is neither bad input nor the system’s is a mistake of ours', () => {
  expect(reportedError(new RangeError('x')).code).toBe('internal/bug')
  expect(reportedError(new InputError('elf/truncated', 'x')).code).toBe('elf/truncated')
})
