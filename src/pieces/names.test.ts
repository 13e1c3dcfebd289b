/** What names made with `__COUNTER__` share. Each is as the kernel's macros write it. */
import { expect, test } from 'vitest'
import { countedBase } from './names.ts'

test.each([
  ['__UNIQUE_ID_ddebug251', '__UNIQUE_ID_ddebug'],
  ['__UNIQUE_ID_ddebug251.1', '__UNIQUE_ID_ddebug'],
  ['__UNIQUE_ID___addressable_proc_cmdline_init252', '__UNIQUE_ID___addressable_proc_cmdline_init'],
  ['__initcall__kmod_proc__251_19_proc_cmdline_init5', '__initcall__kmod_proc__proc_cmdline_init5'],
  ['__initcall__kmod_proc__251_19_other5', '__initcall__kmod_proc__other5'],
  ['__BTF_ID__func__bpf_lsm_file8__17', '__BTF_ID__func__bpf_lsm_file8__'],
  ['__BTF_ID__set__ids', undefined],
  ['count.12', undefined],
  ['__UNIQUE_ID_ddebug', undefined],
  ['my__UNIQUE_ID_a1', undefined],
])('%s: %s', (name, base) => {
  expect(countedBase(name)).toBe(base)
})
