/**
 * A payload's file as the loader for processes sees it: which sections go where, and the first checks. The form is
 * Xen's; the errors are the ones that Xen gives for the same mistake, wherever the mistake can be made here at all.
 */
import { InputError } from '../../base/errors.ts'
import { type ElfObject, type ElfSection, readElf } from '../../elf/index.ts'
import { ET_REL, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_WRITE } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { buildIdOf } from '../../loaders/build-id-note.ts'
import { decodeOriginals, ORIGINALS, type OriginalCode } from '../../loaders/original-code.ts'
import { BUILD_ID, DEPENDS, FUNCS, HOOK_PREFIX, MODINFO, XEN_DEPENDS } from '../../loaders/payload-sections.ts'
import { PROCESS } from '../../loaders/process/process.ts'
import type { Pool } from './layout.ts'
import { MACHINE } from './machine.ts'
import { Refused } from './refused.ts'

type Elf = ElfObject<'payload'>
export type PayloadSection = ElfSection<'payload'>

export interface LoadablePayload {
  readonly elf: Elf
  /** In the order of the file. */
  readonly loaded: readonly { readonly section: PayloadSection; readonly pool: Pool }[]
  readonly buildId: string | null
  readonly depends: string | null
  readonly programDepends: string | null
  readonly metadata: string
  /** What it was made for; empty where it does not say. */
  readonly originals: readonly OriginalCode[]
  /** Names that are asked of the process. */
  readonly needed: readonly string[]
  /** Those of them that it need not have; their address is 0 then. */
  readonly optional: ReadonlySet<string>
}

/** Sections that only a dynamic linker or start-up code would give their meaning. */
const NEVER_RUN = /^\.(?:preinit_array|init_array|fini_array|ctors|dtors|init|fini)(?:\.|$)/

export function readPayload(bytes: Uint8Array): LoadablePayload {
  const { limits } = PROCESS
  if (bytes.length === 0 || bytes.length > limits.size) {
    throw new Refused('EINVAL', `a payload of ${bytes.length} bytes; 1 to ${limits.size} are taken`)
  }
  const elf = readObject(bytes)
  const { type, machine } = elf.header
  if (machine !== MACHINE.number)
    throw new Refused('EOPNOTSUPP', `it is for machine ${machine}, the process for ${MACHINE.number}`)
  if (type !== ET_REL)
    throw new Refused('EOPNOTSUPP', `an ELF file of type ${type}; payloads are relocatable (${ET_REL})`)
  if (elf.sections.length >= limits.sections) throw new Refused('EOPNOTSUPP', `${elf.sections.length} sections`)
  const loaded = elf.sections
    .filter(({ flags, size }) => hasFlag(flags, SHF_ALLOC) && size > 0)
    .map(section => ({ section, pool: poolOf(section) }))
  checkContents(elf)
  const asked = elf.symbols.filter(({ place, name }) => place.in === 'nowhere' && name !== '')
  return {
    elf,
    loaded,
    buildId: noteId(elf, BUILD_ID),
    depends: noteId(elf, DEPENDS),
    programDepends: noteId(elf, XEN_DEPENDS),
    metadata: metadataOf(elf),
    originals: originalsOf(elf),
    needed: asked.map(({ name }) => name),
    optional: new Set(asked.filter(({ binding }) => binding === 'weak').map(({ name }) => name)),
  }
}

function readObject(bytes: Uint8Array): Elf {
  try {
    return readElf<'payload'>(bytes)
  } catch (error) {
    if (error instanceof InputError) throw new Refused('EINVAL', `it cannot be read: ${error.message}`)
    throw error
  }
}

export function poolOf(section: PayloadSection): Pool {
  const { name, flags, alignment, size } = section
  const writable = hasFlag(flags, SHF_WRITE)
  if (hasFlag(flags, SHF_EXECINSTR)) {
    if (writable) throw new Refused('EOPNOTSUPP', `section ${name} is both writable and executable`)
    return 'code'
  }
  if (hasFlag(flags, SHF_TLS)) throw new Refused('EOPNOTSUPP', `section ${name} is thread-local`)
  if (NEVER_RUN.test(name))
    throw new Refused('EOPNOTSUPP', `section ${name} holds code that a loader would have to run`)
  if (alignment > 4096) throw new Refused('EOPNOTSUPP', `section ${name} wants an alignment of ${alignment}`)
  if (size > PROCESS.limits.size) throw new Refused('EINVAL', `section ${name} has ${size} bytes`)
  // The table of functions is never written to by this loader.
  return writable && name !== FUNCS ? 'writable' : 'readOnly'
}

function checkContents(elf: Elf): void {
  const something = elf.sections.some(({ name, size }) => (name === FUNCS || name.startsWith(HOOK_PREFIX)) && size > 0)
  if (!something) throw new Refused('EINVAL', 'it replaces no function and has no hook')
  for (const { name, size } of elf.sections) {
    if (name === FUNCS && size % 104 !== 0)
      throw new Refused('EINVAL', `${FUNCS} has ${size} bytes, no multiple of 104`)
    if (name.startsWith(HOOK_PREFIX)) checkHooks(name, size)
  }
  const common = elf.symbols.find(({ place }) => place.in === 'common')
  if (common !== undefined) throw new Refused('EINVAL', `${common.name} is a common symbol`)
}

function checkHooks(name: string, size: number): void {
  const { lists, single } = PROCESS.hooks
  if (single.includes(name) && size !== 8)
    throw new Refused('EINVAL', `${name} has ${size} bytes; it holds one pointer`)
  if (lists.includes(name) && (size === 0 || size % 8 !== 0)) {
    throw new Refused('EINVAL', `${name} has ${size} bytes, no list of pointers`)
  }
  if (!single.includes(name) && !lists.includes(name)) throw new Refused('EOPNOTSUPP', `no hook is called ${name}`)
}

function noteId(elf: Elf, name: string): string | null {
  const section = elf.sections.find(candidate => candidate.name === name)
  if (section === undefined) return null
  const id = buildIdOf(section.bytes)
  if (id === undefined) throw new Refused('EINVAL', `${name} holds no build-id`)
  return Buffer.from(id).toString('hex')
}

function metadataOf(elf: Elf): string {
  const section = elf.sections.find(({ name }) => name === MODINFO)
  if (section === undefined || section.size === 0) return ''
  if (section.bytes.at(-1) !== 0) throw new Refused('EINVAL', `${MODINFO} does not end with a NUL`)
  return Buffer.from(section.bytes).toString('utf8').replaceAll('\0', ' ').trim()
}

function originalsOf(elf: Elf): readonly OriginalCode[] {
  const section = elf.sections.find(({ name }) => name === ORIGINALS)
  if (section === undefined) return []
  const found = decodeOriginals(section.bytes)
  if (found === undefined) throw new Refused('EINVAL', `${ORIGINALS} does not say which code it was made for`)
  return found
}
