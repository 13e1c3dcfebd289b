import { expect, test } from 'vitest'
import { xenBringsUp } from './bring-up.ts'

test.for([
  { unit: 'arch/x86/cpu/amd.o', name: 'init_amd', runs: true },
  { unit: 'arch/x86/cpu/amd.o', name: 'early_init_amd', runs: true },
  { unit: 'arch/x86/cpu/intel.o', name: 'init_intel', runs: true },
  { unit: 'arch/x86/cpu/amd.o', name: 'amd_check_zenbleed', runs: false },
  { unit: 'arch/x86/hvm/svm/svm.o', name: 'svm_cpu_up', runs: true },
  { unit: 'arch/x86/hvm/svm/svm.o', name: 'svm_vmexit_handler', runs: false },
  { unit: 'common/smpboot.o', name: 'start_secondary', runs: false },
])('$unit $name: $runs', ({ unit, name, runs }) => {
  expect(xenBringsUp(unit, name)).toBe(runs)
})
