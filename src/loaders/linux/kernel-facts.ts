/** What a module is made from that only the kernel itself can tell, as plain values. */
import { InputError } from '../../base/errors.ts'
import { readStructures, type Structure } from './btf.ts'
import { ENTRY_STRUCTURES, linuxEntryLayout } from './entries.ts'
import type { Export } from './exports.ts'
import type { CallbackName } from './hooks.ts'

/** Versions of which the rules of loader and live patching core were run. */
export type LinuxRules = '6.1' | '6.12'

export interface KernelFacts {
  /** Whose rules its loader has. */
  readonly version: LinuxRules
  /** As `uname -r` says it. */
  readonly release: string
  /** The words that a module must have, release and options. */
  readonly vermagic: string
  readonly buildId: Uint8Array
  readonly layouts: ModuleLayouts
  /** Whether stacks are unwound by tables that each module brings for its code (CONFIG_UNWINDER_ORC). */
  readonly hasOrc: boolean
  /** Bytes of an entry of the section's table, as the kernel's own types say; undefined where they say nothing of it. */
  entrySize(section: string): number | undefined
  /** The checksum of what modules may use by its name; undefined for anything else. */
  checksumOf(name: string): number | undefined
}

/** Bytes, and offsets of members in bytes. */
export interface ModuleLayouts {
  readonly module: Layout<'name' | 'init' | 'exit'>
  readonly func: Layout<'old_name' | 'new_func' | 'old_sympos'>
  readonly object: Layout<'name' | 'funcs' | 'callbacks'>
  readonly patch: Layout<'mod' | 'objs' | 'states' | 'replace'>
  readonly callbacks: Layout<CallbackName>
  readonly state: Layout<'id' | 'version'>
}

export interface Layout<Member extends string> {
  readonly size: number
  /** Where a member lies. */
  at(name: Member): number
}

interface Told {
  /** EM_*. */
  readonly machine: number
  readonly vermagic: string | undefined
  readonly buildId: Uint8Array
  readonly types: Uint8Array
  readonly exports: ReadonlyMap<string, Export>
  readonly hasOrc: boolean
  readonly unreadable: (why: string) => InputError
}

const KNOWN: readonly (readonly [RegExp, LinuxRules])[] = [
  [/^6\.1\./, '6.1'],
  [/^6\.12\./, '6.12'],
]

/** Whose rules the kernel has that calls itself so (`uname -r`); undefined where they are not known. */
export const rulesOf = (release: string): LinuxRules | undefined =>
  KNOWN.find(([pattern]) => pattern.test(release))?.[1]

const STRUCTURES = ['module', 'klp_func', 'klp_object', 'klp_patch', 'klp_callbacks', 'klp_state'] as const
/** Bytes of struct orc_entry. */
const ORC_ENTRY = 6
const ENTRIES: ReadonlyMap<string, string> = new Map(Object.entries(ENTRY_STRUCTURES))

export function kernelFacts({ machine, vermagic, buildId, types, exports, hasOrc, unreadable }: Told): KernelFacts {
  const release = vermagic?.split(' ')[0]
  if (vermagic === undefined || release === undefined) throw unreadable('it does not say its version (vermagic)')
  const version = rulesOf(release)
  if (version === undefined) {
    throw new InputError(
      'linux/unknown-version',
      `the kernel is ${release}; so far the rules of its loader are known of 6.1 and 6.12 only, and a module that was made by another version’s may stop the kernel`,
      'build for a kernel 6.1 or 6.12; other versions are to come',
    )
  }
  if (!/ modversions /.test(vermagic)) throw unreadable('it has no checksums of what it exports (CONFIG_MODVERSIONS)')
  const found = readStructures(types, new Set([...STRUCTURES, ...ENTRIES.values(), 'orc_entry']))
  for (const [section, name] of ENTRIES) {
    const [layout, said] = [linuxEntryLayout(section, machine), found?.get(name)?.size]
    if (layout === undefined || said === undefined || [layout.size, ...layout.otherSizes].includes(said)) continue
    throw unreadable(`an entry of ${section} has ${said} bytes in it, a form that is not known`)
  }
  const orcEntry = found?.get('orc_entry')?.size
  if (hasOrc && orcEntry !== undefined && orcEntry !== ORC_ENTRY)
    throw unreadable(`an entry of .orc_unwind has ${orcEntry} bytes in it, a form that is not known`)
  const of = (name: (typeof STRUCTURES)[number]) => found?.get(name)
  const layout = <Member extends string>(name: (typeof STRUCTURES)[number], members: readonly Member[]) => {
    const known = layoutOf(of(name), members)
    if (known === undefined) throw unreadable(`its type information does not say how struct ${name} is laid out`)
    return known
  }
  return {
    version,
    release,
    vermagic,
    buildId,
    hasOrc,
    entrySize: section => found?.get(ENTRIES.get(section) ?? '')?.size,
    layouts: {
      module: layout('module', ['name', 'init', 'exit']),
      func: layout('klp_func', ['old_name', 'new_func', 'old_sympos']),
      object: layout('klp_object', ['name', 'funcs', 'callbacks']),
      patch: layout('klp_patch', ['mod', 'objs', 'states', 'replace']),
      callbacks: layout('klp_callbacks', ['pre_patch', 'post_patch', 'pre_unpatch', 'post_unpatch']),
      state: layout('klp_state', ['id', 'version']),
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
