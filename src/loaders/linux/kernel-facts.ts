/** What a module is made from that only the kernel itself can tell, as plain values. */
import { InputError } from '../../base/errors.ts'
import { readStructures, type Structure } from './btf.ts'
import type { Export } from './exports.ts'

export interface KernelFacts {
  /** Whose rules its loader has. */
  readonly version: '6.1'
  /** As `uname -r` says it. */
  readonly release: string
  /** The words that a module must have, release and options. */
  readonly vermagic: string
  readonly buildId: Uint8Array
  readonly layouts: ModuleLayouts
  /** Whether stacks are unwound by tables that each module brings for its code (CONFIG_UNWINDER_ORC). */
  readonly hasOrc: boolean
  /** The checksum of what modules may use by its name; undefined for anything else. */
  checksumOf(name: string): number | undefined
}

/** Bytes, and offsets of members in bytes. */
export interface ModuleLayouts {
  readonly module: Layout<'name' | 'init' | 'exit'>
  readonly func: Layout<'old_name' | 'new_func' | 'old_sympos'>
  readonly object: Layout<'name' | 'funcs'>
  readonly patch: Layout<'mod' | 'objs' | 'replace'>
}

export interface Layout<Member extends string> {
  readonly size: number
  /** Where a member lies. */
  at(name: Member): number
}

interface Told {
  readonly vermagic: string | undefined
  readonly buildId: Uint8Array
  readonly types: Uint8Array
  readonly exports: ReadonlyMap<string, Export>
  readonly hasOrc: boolean
  readonly unreadable: (why: string) => InputError
}

/** Of these versions the rules of loader and live patching core were run. */
const KNOWN = /^6\.1\./

const STRUCTURES = ['module', 'klp_func', 'klp_object', 'klp_patch'] as const

export function kernelFacts({ vermagic, buildId, types, exports, hasOrc, unreadable }: Told): KernelFacts {
  const release = vermagic?.split(' ')[0]
  if (vermagic === undefined || release === undefined) throw unreadable('it does not say its version (vermagic)')
  if (!KNOWN.test(release)) {
    throw new InputError(
      'linux/unknown-version',
      `the kernel is ${release}; so far the rules of its loader are known of 6.1 only, and a module that was made by another version’s may stop the kernel`,
      'build for a kernel 6.1; other versions are to come',
    )
  }
  if (!/ modversions /.test(vermagic)) throw unreadable('it has no checksums of what it exports (CONFIG_MODVERSIONS)')
  const found = readStructures(types, new Set(STRUCTURES))
  const of = (name: (typeof STRUCTURES)[number]) => found?.get(name)
  const layout = <Member extends string>(name: (typeof STRUCTURES)[number], members: readonly Member[]) => {
    const known = layoutOf(of(name), members)
    if (known === undefined) throw unreadable(`its type information does not say how struct ${name} is laid out`)
    return known
  }
  return {
    version: '6.1',
    release,
    vermagic,
    buildId,
    hasOrc,
    layouts: {
      module: layout('module', ['name', 'init', 'exit']),
      func: layout('klp_func', ['old_name', 'new_func', 'old_sympos']),
      object: layout('klp_object', ['name', 'funcs']),
      patch: layout('klp_patch', ['mod', 'objs', 'replace']),
    },
    // What has a namespace is used by those who name it.
    checksumOf: name => (exports.get(name)?.namespace === '' ? exports.get(name)?.checksum : undefined),
  }
}

function layoutOf<Member extends string>(
  structure: Structure | undefined,
  names: readonly Member[],
): Layout<Member> | undefined {
  if (structure === undefined) return undefined
  const { size, members } = structure
  if (!names.every(name => members.has(name))) return undefined
  return { size, at: name => members.get(name) ?? 0 }
}
