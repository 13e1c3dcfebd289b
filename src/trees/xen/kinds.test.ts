import { expect, test } from 'vitest'
import { type Kind, kindOf } from './kinds.ts'

const label = (kind: Kind) => (kind.what === 'makefile' ? 'makefile' : `${kind.what} ${kind.code}`)
const facts = { arch: 'x86', config: new Map<string, string>(), added: false }

test.for([
  ['docs/misc/livepatch.pandoc', 'aside not-hypervisor'],
  ['tools/libs/light/libxl.c', 'aside not-hypervisor'],
  ['MAINTAINERS', 'aside not-hypervisor'],
  ['Config.mk', 'refused makefile-edit'],
  ['config/StdGNU.mk', 'refused makefile-edit'],
  ['tools/flask/policy/modules/xen.te', 'aside not-hypervisor'],
  ['xen/Makefile', 'refused makefile-edit'],
  ['xen/Rules.mk', 'refused makefile-edit'],
  ['xen/arch/x86/arch.mk', 'refused makefile-edit'],
  ['xen/scripts/Kbuild.include', 'refused makefile-edit'],
  ['xen/common/Makefile', 'makefile'],
  ['xen/arch/x86/hvm/Makefile', 'makefile'],
  ['xen/tools/Makefile', 'refused makefile-edit'],
  ['xen/common/Kconfig', 'refused kconfig-edit'],
  ['xen/Kconfig.debug', 'refused kconfig-edit'],
  ['xen/arch/x86/xen.lds.S', 'refused linker-script'],
  ['xen/tools/symbols.c', 'refused build-tool'],
  ['xen/scripts/gen_hypercall.awk', 'refused build-tool'],
  ['xen/tools/kconfig/conf.c', 'aside not-hypervisor'],
  ['xen/test/livepatch/xen_hello_world.c', 'aside not-hypervisor'],
  ['xen/arch/arm/domain.c', 'aside other-architecture'],
  ['xen/include/asm-arm/page.h', 'aside other-architecture'],
  ['xen/common/device_tree.c', 'aside not-compiled'],
  ['xen/include/xen/unused.h', 'aside not-compiled'],
  ['xen/arch/x86/configs/pvshim_defconfig', 'aside not-hypervisor'],
  ['xen/COPYING', 'aside not-hypervisor'],
  ['xen/xsm/flask/policy/access_vectors', 'aside not-compiled'],
  ['xen/arch/x86/efi/buildid.ihex', 'refused unknown-file'],
  ['xen/common/table', 'refused unknown-file'],
] as const)('%s: %s', ([path, expected]) => {
  expect(label(kindOf(path, facts))).toBe(expected)
})

test.for([
  ['xen/arch/arm/domain.c', 'refused unknown-file'],
  ['xen/arch/x86/new.h', 'refused unknown-file'],
  ['xen/include/asm-arm/page.h', 'refused unknown-file'],
  ['xen/arch/arm/xen.lds.S', 'refused linker-script'],
  ['xen/common/device_tree.c', 'aside not-compiled'],
] as const)('%s of a tree whose machine is not known: %s', ([path, expected]) => {
  expect(label(kindOf(path, { ...facts, arch: undefined }))).toBe(expected)
})

test('policy counts where the configuration builds it in', () => {
  const flask = { ...facts, config: new Map([['XSM_FLASK', 'y']]) }
  expect(label(kindOf('xen/xsm/flask/policy/access_vectors', flask))).toBe('refused flask-policy')
  expect(label(kindOf('tools/flask/policy/modules/xen.te', flask))).toBe('refused flask-policy')
})

test('a new header is no news by itself', () => {
  expect(label(kindOf('xen/include/xen/new.h', { ...facts, added: true }))).toBe('aside new-header')
})
