/** Whether hooks may write to read-only data, by code of a few instructions. */
import { expect, test } from 'vitest'
import { toyHypervisor } from '../../../tests/verify/toy.ts'
import { hooksMayWrite } from './read-only-data.ts'
import type { HypervisorSymbol } from './symbols.ts'

const AT = {
  arch_livepatch_quiesce: 0x1000n,
  relax_virtual_region_perms: 0x1100n,
  modify_xen_mappings_lite: 0x1200n,
  vmap_of_xen_text: 0x1300n,
}
type Name = keyof typeof AT

/** A call from the byte at `from` of the second function. */
const call = (from: number, to: bigint, opcode = 0xe8) => {
  const distance = Number(to - AT.relax_virtual_region_perms) - from - 5
  return [opcode, ...new Uint8Array(Int32Array.of(distance).buffer)]
}
const RETURN = [0xc3]
const SETTER = AT.modify_xen_mappings_lite
const QUIET = [0x31, 0xc0, ...RETURN]
/** mov %cr0,%rax; mov %rax,%cr0 */
const UNPROTECT = [0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0, ...RETURN]

function image(code: Partial<Record<Name, readonly number[]>>) {
  const names = (Object.keys(AT) as Name[]).filter(name => code[name] !== undefined)
  const named = (address: bigint) => names.find(name => AT[name] === address)
  return toyHypervisor({
    lookup: name => names.map(each => (each === name ? AT[each] : undefined)).find(each => each !== undefined),
    symbolsAt: address => {
      const name = named(address)
      const size = code[name ?? 'modify_xen_mappings_lite']?.length ?? 0
      const symbol: HypervisorSymbol = {
        name: '',
        plainName: '',
        file: '',
        address,
        size,
        kind: 'function',
        local: false,
      }
      return name === undefined ? [] : [symbol]
    },
    bytesAt: (address, size) =>
      Uint8Array.from(code[named(address) ?? 'modify_xen_mappings_lite'] ?? []).subarray(0, size),
  })
}

const twice = [...call(0, SETTER), ...call(5, SETTER), ...RETURN]

test.for<{
  of: string
  code: Partial<Record<Name, readonly number[]>>
  may: 'read-only data' | 'code alone' | 'a mapping alone' | undefined
}>([
  {
    of: 'protection switched off',
    code: { arch_livepatch_quiesce: UNPROTECT },
    may: 'read-only data',
  },
  {
    of: 'code made writable',
    code: {
      arch_livepatch_quiesce: QUIET,
      relax_virtual_region_perms: [...call(0, SETTER), ...RETURN],
      modify_xen_mappings_lite: RETURN,
    },
    may: 'code alone',
  },
  {
    of: 'read-only data, too',
    code: { arch_livepatch_quiesce: QUIET, relax_virtual_region_perms: twice, modify_xen_mappings_lite: RETURN },
    may: 'read-only data',
  },
  {
    of: 'read-only data by a jump at the end',
    code: {
      arch_livepatch_quiesce: QUIET,
      relax_virtual_region_perms: [...call(0, SETTER), ...call(5, SETTER, 0xe9)],
      modify_xen_mappings_lite: RETURN,
    },
    may: 'read-only data',
  },
  {
    of: 'a call to something else',
    code: {
      arch_livepatch_quiesce: QUIET,
      relax_virtual_region_perms: [...call(0, SETTER), ...call(5, SETTER + 1n), ...RETURN],
      modify_xen_mappings_lite: RETURN,
    },
    may: 'code alone',
  },
  {
    of: 'another loader',
    code: { arch_livepatch_quiesce: QUIET, relax_virtual_region_perms: twice },
    may: 'code alone',
  },
  {
    of: 'a second mapping of all',
    code: { arch_livepatch_quiesce: QUIET, vmap_of_xen_text: RETURN },
    may: 'a mapping alone',
  },
  { of: 'nothing known', code: {}, may: undefined },
])('$of: $may', ({ code, may }) => {
  expect(hooksMayWrite(image(code))).toBe(may)
})

test('a machine whose code is not known: nothing is seen', () => {
  const known = image({ arch_livepatch_quiesce: UNPROTECT })
  expect(hooksMayWrite({ ...known, machine: 243 })).toBeUndefined()
})
