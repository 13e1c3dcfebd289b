import { expect, test } from 'vitest'
import { smallestFunction, startsWithLandingPad } from '../machines/machine.ts'
import { X86_64, X86_64_PATCHING } from '../machines/x86-64/x86-64.ts'
import { buildIdNote, buildIdOf } from './build-id-note.ts'
import { FUNC_SIZE, funcBytes, readFunc } from './func-entry.ts'
import { targetOf } from './loaders.ts'
import { PROCESS } from './process/process.ts'
import { XEN } from './xen/xen.ts'

test.for([
  { name: 'a function', code: [0x55, 0x48, 0x89, 0xe5, 0xc3], least: 5 },
  { name: 'one that starts with ENDBR64', code: [0xf3, 0x0f, 0x1e, 0xfa, 0xc3], least: 9 },
  { name: 'one that starts with a longer NOP of the same family', code: [0xf3, 0x0f, 0x1e, 0xc8, 0xc3], least: 5 },
  { name: 'one that is shorter than ENDBR64', code: [0xf3, 0x0f, 0x1e], least: 5 },
])('$name needs $least bytes for the jump', ({ code, least }) => {
  expect(smallestFunction(X86_64_PATCHING, startsWithLandingPad(X86_64_PATCHING, Uint8Array.from(code)))).toBe(least)
})

test.for([
  { name: 'foo', local: true, file: 'common/irq.c', running: 'common/irq.c#foo' },
  { name: 'foo', local: false, file: 'common/irq.c', running: 'foo' },
  { name: 'count.12', local: true, file: 'common/irq.c', running: 'common/irq.c#count.12' },
  { name: 'label', local: true, file: '', running: 'label' },
])('$name of "$file" is $running', ({ name, local, file, running }) => {
  expect(XEN.runningName(file, name, local)).toBe(running)
  expect(PROCESS.runningName(file, name, local)).toBe(running)
})

test.for([
  { type: 0, xen: 'drop', process: 'drop' },
  { type: 1, xen: 'as-is', process: 'as-is' },
  { type: 2, xen: 'as-is', process: 'as-is' },
  { type: 4, xen: 'as-is', process: 'plt' },
  { type: 9, xen: undefined, process: 'got' },
  { type: 10, xen: undefined, process: 'as-is' },
  { type: 11, xen: undefined, process: 'as-is' },
  { type: 22, xen: undefined, process: undefined },
  { type: 23, xen: undefined, process: undefined },
  { type: 24, xen: undefined, process: 'as-is' },
  { type: 37, xen: undefined, process: undefined },
  { type: 41, xen: undefined, process: 'got' },
  { type: 42, xen: undefined, process: 'got' },
])('relocation type $type: $xen for Xen, $process for a process', ({ type, xen: inXen, process: inProcess }) => {
  expect(XEN.relocations(X86_64.number)?.get(type)).toBe(inXen)
  expect(PROCESS.relocations(X86_64.number)?.get(type)).toBe(inProcess)
})

test.for([
  { unit: 'common/livepatch.o', name: 'apply_payload', denied: 'patching-code' },
  { unit: 'arch/x86/livepatch.o', name: 'arch_livepatch_apply', denied: 'patching-code' },
  { unit: 'arch/x86/string.o', name: 'memcpy', denied: 'patching-code' },
  { unit: 'arch/x86/string.o', name: 'memset', denied: undefined },
  { unit: 'arch/x86/traps.o', name: 'do_nmi', denied: 'no-safe-moment' },
  { unit: 'arch/x86/cpu/mcheck/mce.o', name: 'do_machine_check', denied: 'no-safe-moment' },
  { unit: 'arch/x86/cpu/mcheck/mce.o', name: 'mcheck_cmn_handler', denied: undefined },
  { unit: 'arch/x86/traps.o', name: 'do_general_protection', denied: undefined },
  { unit: 'arch/x86/domain.o', name: 'idle_loop', denied: 'never-returns' },
  { unit: 'arch/arm/domain.o', name: 'idle_loop', denied: 'never-returns' },
  { unit: 'arch/x86/setup.o', name: 'init_done', denied: 'never-returns' },
  { unit: 'common/memory.o', name: 'do_memory_op', denied: undefined },
])('$name of $unit may be replaced unless denied: $denied', ({ unit, name, denied }) => {
  expect(XEN.denied(unit, name)?.code).toBe(denied)
})

test('a machine that no payload can be made for is an error that names it', () => {
  expect(() => targetOf(XEN, 8)).toThrow(expect.objectContaining({ code: 'target/machine' }))
  expect(() => targetOf(PROCESS, 183)).toThrow(expect.objectContaining({ code: 'target/machine' }))
  expect(targetOf(XEN, 183).machine.name).toBe('AArch64')
})

test.for([1, 4, 16, 20, 31])('a build-id of %i bytes is read back from its note', size => {
  const id = Uint8Array.from({ length: size }, (_, index) => index + 1)
  const note = buildIdNote(id)
  expect(note.length % 4).toBe(0)
  expect(buildIdOf(note)).toEqual(id)
})

test('an entry of the function table is read back', () => {
  const expectation = Uint8Array.from({ length: 31 }, (_, index) => 255 - index)
  const bytes = new Uint8Array([1, ...funcBytes({ newSize: 300, oldSize: 200, expectation })])
  expect(bytes.length).toBe(FUNC_SIZE + 1)
  expect(readFunc(bytes, 1)).toEqual({ newSize: 300, oldSize: 200, oldAddress: 0n, version: 2, expectation })
  expect(readFunc(funcBytes({ newSize: 1, oldSize: 5 }), 0).expectation).toBeUndefined()
})

test('an expectation longer than the field or the function is a mistake of ours', () => {
  expect(() => funcBytes({ newSize: 9, oldSize: 99, expectation: new Uint8Array(32) })).toThrow(/32 bytes/)
  expect(() => funcBytes({ newSize: 9, oldSize: 6, expectation: new Uint8Array(7) })).toThrow(/7 bytes/)
})
