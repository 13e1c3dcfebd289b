import { expect, test } from 'vitest'
import type { HypervisorSymbol } from './hypervisor.ts'
import { SymbolsByAddress } from './symbols-by-address.ts'

const at = (name: string, address: bigint): HypervisorSymbol => ({
  name,
  plainName: name,
  file: '',
  address,
  size: 0,
  kind: 'function',
  local: false,
})

// Of a Linux kernel, what is relative to each processor lies at 0, and modules far above: as numbers, neighbours there are equal.
test('symbols that are close to each other and far from the first are in order', () => {
  const far = 0xffff_ffff_d000_0000n
  const symbols = new SymbolsByAddress([at('first', 0n), at('c', far + 48n), at('a', far + 16n), at('b', far + 32n)])
  expect(symbols.all.map(({ name }) => name)).toEqual(['first', 'a', 'b', 'c'])
  expect(symbols.at(far + 32n).map(({ name }) => name)).toEqual(['b'])
  expect(symbols.before(far + 47n)?.name).toBe('b')
  expect(symbols.nextAddress(far + 16n)).toBe(far + 32n)
})
