/** The entries of .livepatch.funcs as the loader reads them (public/sysctl.h, struct livepatch_func, version 2). */
import { FUNCS } from '../../loaders/payload-sections.ts'
import { NotReached } from '../finding.ts'
import type { RawSection } from './raw.ts'

export const FUNCTION_SIZE = 104

/** What is asked about a payload that is being loaded. */
interface Loaded {
  readonly memory: { text(address: bigint): string | undefined }
  readonly hypervisor: { lookup(name: string): bigint | undefined }
  sectionNamed(name: string): RawSection | undefined
  content(section: RawSection): Uint8Array | undefined
  lookupBelow(name: string): bigint | undefined
}

export interface Expectation {
  readonly enabled: boolean
  readonly length: number
  readonly reserved: number
  readonly data: Uint8Array
}

export interface FunctionEntry {
  readonly index: number
  readonly version: number
  /** Where older loaders keep whether the function is patched; means nothing to newer ones. */
  readonly applied: number
  readonly newAddress: bigint
  readonly newSize: number
  readonly oldSize: number
  /** Where the old function is, or why Xen does not find it: no such name, or a name that cannot be read. */
  readonly old:
    | { readonly is: 'found'; readonly address: bigint; readonly by: 'name' | 'address' }
    | { readonly is: 'unknown' }
    | { readonly is: 'unreadable-name'; readonly pointer: bigint }
  /** Its name for people; empty where it cannot be read. */
  readonly name: string
  readonly expectation: Expectation
}

export function readFunctions(loading: Loaded): readonly FunctionEntry[] {
  const section = loading.sectionNamed(FUNCS)
  if (section === undefined) return []
  if (section.size % BigInt(FUNCTION_SIZE) !== 0n) throw new NotReached(`${FUNCS} holds no whole entries`)
  const content = loading.content(section)
  if (content === undefined) throw new NotReached(`${FUNCS} is not loaded`)
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  return Array.from({ length: content.length / FUNCTION_SIZE }, (_, index) => readEntry(loading, view, index))
}

function readEntry(loading: Loaded, view: DataView, index: number): FunctionEntry {
  const at = index * FUNCTION_SIZE
  const namePointer = view.getBigUint64(at, true)
  const oldAddress = view.getBigUint64(at + 16, true)
  const name = loading.memory.text(namePointer)
  const bits = view.getUint8(at + 72)
  return {
    index,
    version: view.getUint8(at + 32),
    applied: view.getUint8(at + 64),
    newAddress: view.getBigUint64(at + 8, true),
    newSize: view.getUint32(at + 24, true),
    oldSize: view.getUint32(at + 28, true),
    old: findOld(loading, { oldAddress, namePointer, name }),
    name: name ?? '',
    expectation: {
      enabled: (bits & 1) !== 0,
      length: (bits >> 1) & 31,
      reserved: bits >> 6,
      data: new Uint8Array(view.buffer, view.byteOffset + at + 73, 31),
    },
  }
}

interface OldFields {
  readonly oldAddress: bigint
  readonly namePointer: bigint
  readonly name: string | undefined
}

/** An address that is given is taken as it is; otherwise the name is looked up. */
function findOld(loading: Loaded, { oldAddress, namePointer, name }: OldFields): FunctionEntry['old'] {
  if (oldAddress !== 0n) return { is: 'found', address: oldAddress, by: 'address' }
  if (name === undefined) return { is: 'unreadable-name', pointer: namePointer }
  const address = loading.hypervisor.lookup(name) ?? loading.lookupBelow(name)
  return address === undefined ? { is: 'unknown' } : { is: 'found', address, by: 'name' }
}
