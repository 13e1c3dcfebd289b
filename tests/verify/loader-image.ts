/** A hypervisor's image of a few constants and functions, by which a loader tells of which kind it is. */
import type { LoaderFacts } from '../../src/loaders/xen/loader-facts.ts'
import type { HypervisorSymbol, HypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { toyHypervisor } from './toy.ts'

const [APPLY, SEARCH, SEALED, STATE] = [0x1000n, 0x2000n, 0x9000n, 0xa000n]
const [CALLER, REGISTER] = [0x3000n, 0x4000n]
const int32 = (value: bigint) => [...new Uint8Array(Int32Array.of(Number(value)).buffer)]
/** lea sealed(%rip),%rax, standing at `from` of the function that edits code. */
export const lea = (from: number) => [0x48, 0x8d, 0x05, ...int32(SEALED - APPLY - BigInt(from + 7))]
/** cmpl $2,state(%rip); ja +32 */
export const look = (from: number) => [0x83, 0x3d, ...int32(STATE - APPLY - BigInt(from + 7)), 0x02, 0x77, 0x20]
export const NOP = 0x90
export const RETURN = 0xc3
/** and $0x7fff,%ecx */
export const MASK = [0x81, 0xe1, 0xff, 0x7f, 0, 0]
/** add $n,%rbx */
export const step = (bytes: number) => [0x48, 0x83, 0xc3, bytes, RETURN]

export interface LoaderParts {
  readonly constants?: readonly string[]
  /** Code of the function that edits code, and of the search for a section. */
  readonly apply?: readonly number[]
  readonly search?: readonly number[]
  readonly others?: readonly string[]
  /** A function that makes code known. */
  readonly registers?: string
}

/** The toy hypervisor with a loader in it. */
export function loaderImage({ constants = [], apply, search, others = [], registers }: LoaderParts): HypervisorSymbols {
  const toy = toyHypervisor()
  const symbol = (name: string, address: bigint, size: number, kind: HypervisorSymbol['kind']): HypervisorSymbol => {
    return { name, plainName: name, file: '', address, size, kind, local: false }
  }
  const register = [0xe8, ...int32(REGISTER - CALLER - 5n), RETURN]
  const codes = new Map<bigint, readonly number[] | undefined>([
    [CALLER, register],
    [APPLY, apply],
    [SEARCH, search],
  ])
  const symbols = [
    ...toy.symbols,
    ...(apply === undefined ? [] : [symbol('_apply_alternatives', APPLY, apply.length, 'function')]),
    ...(search === undefined ? [] : [symbol('livepatch_elf_sec_by_name', SEARCH, search.length, 'function')]),
    ...(registers === undefined ? [] : [symbol(registers, CALLER, register.length, 'function')]),
    symbol('register_virtual_region', REGISTER, 8, 'function'),
    ...others.map(name => symbol(name, 0x100n, 8, 'function')),
    symbol('__initdata_cf_clobber_start', SEALED, 0, 'untyped'),
    symbol('system_state', STATE, 4, 'object'),
  ]
  return {
    ...toy,
    hasConstant: text => ['livepatch: %s\n\0', ...constants].some(each => each.includes(text)),
    symbols,
    bytesAt: (address, size) => {
      const code = codes.get(address)
      return code === undefined ? toy.bytesAt(address, size) : Uint8Array.from(code)
    },
  }
}

const [ONE_ADDRESS, TWO_ADDRESSES] = [24, 32]

/** What an image has of which these are read. */
export function partsOf(facts: Required<LoaderFacts>): LoaderParts {
  return {
    constants: [
      ...(facts.checksAlternatives ? ['\0.altinstr_replacement\0'] : []),
      ...(facts.refusesAlternatives ? ['x size %#x larger than origin %#x\0'] : []),
      ...(facts.takesCallSites ? ['\0.alt_call_sites\0'] : []),
      facts.asksBuildIdFirst
        ? 'unable to get running Xen build-id: %d\n\0'
        : 'check against hypervisor build-id failed\n\0',
    ],
    others: facts.passesNoteErrors ? ['parse_buildid'] : [],
    search: step(facts.keepsUpload ? ONE_ADDRESS : TWO_ADDRESSES),
    registers: facts.knowsLoadedCode ? 'livepatch_op' : 'check_for_livepatch_work',
    apply: [
      ...(facts.sealsAgain ? lea(0) : [...look(0), ...lea(look(0).length)]),
      ...(facts.knowsInverted ? MASK : []),
      RETURN,
    ],
  }
}
