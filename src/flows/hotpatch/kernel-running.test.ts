import { expect, test } from 'vitest'
import { checkPatchable } from './kernel-running.ts'

const kernel = (...names: readonly string[]) => ({
  takesPayloads: names.includes('klp_enable_patch'),
  lookup: (name: string) => (names.includes(name) ? 0xffff_ffff_8100_0000n : undefined),
})

test('a kernel that has live patching and its own build-id takes live patches', () => {
  expect(() => checkPatchable(kernel('klp_enable_patch', 'vmlinux_build_id'), 'vmlinuz')).not.toThrow()
})

test.each([
  ['linux/no-livepatch', ['vmlinux_build_id'], /vmlinuz is a kernel without CONFIG_LIVEPATCH/],
  ['linux/no-own-build-id', ['klp_enable_patch'], /vmlinuz is a kernel that does not hold its own build-id/],
])('%s: a kernel with %j only', (code, names, message) => {
  const error = expect.objectContaining({ code, message: expect.stringMatching(message), hint: expect.any(String) })
  expect(() => checkPatchable(kernel(...names), 'vmlinuz')).toThrow(error)
})
