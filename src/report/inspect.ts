/**
 * What a payload contains, read from its bytes alone, whoever built it: the functions it replaces, its hooks, what it
 * is called and what it depends on, and what it needs of the running system.
 *
 * In:  any ELF object. It is not checked by the loader's rules (that is `verify`); what cannot be read is left empty.
 * Out: a PayloadSummary, also as JSON (docs/schema/inspect.json), and as text.
 */
import { InputError } from '../base/errors.ts'
import { readNotes } from '../elf/index.ts'
import type { ElfObject, ElfRelocation, ElfSection } from '../elf/model.ts'
import { SHF_ALLOC } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { FUNC_FIELDS, FUNC_SIZE, readFunc } from '../target/func-entry.ts'
import { BUILD_ID, DEPENDS, FUNCS, HOOK_PREFIX, MODINFO, XEN_DEPENDS } from '../target/payload-sections.ts'
import { type Ink, PLAIN } from './ink.ts'
import { counted } from './text.ts'

export interface PayloadSummary {
  readonly schema: 1
  readonly command: 'inspect'
  /** Build-ids in hexadecimal; null where there is none. */
  readonly buildId: string | null
  readonly depends: string | null
  readonly xenDepends: string | null
  readonly functions: readonly ReplacedFunction[]
  readonly hooks: readonly { readonly hook: string; readonly function: string }[]
  /** Symbols of the running system that it refers to. */
  readonly needs: readonly string[]
  readonly modinfo: readonly string[]
  readonly sections: readonly { readonly name: string; readonly size: number }[]
}

export interface ReplacedFunction {
  /** As the running system calls it: `common/irq.c#foo`. */
  readonly name: string
  readonly oldSize: number
  readonly newSize: number
  readonly expectation: string | null
}

type Payload = ElfObject<'payload'>

export function inspectPayload(elf: Payload, file: string): PayloadSummary {
  const functions = sectionNamed(elf, FUNCS)
  const hooks = elf.sections.filter(({ name }) => name.startsWith(HOOK_PREFIX))
  if (functions === undefined && hooks.length === 0) {
    throw new InputError(
      'inspect/no-payload',
      `${file} is an ELF file, but no payload: it has no section ${FUNCS} and no hooks`,
      `\`hotsplice dump ${file}\` prints any ELF file`,
    )
  }
  return {
    schema: 1,
    command: 'inspect',
    buildId: noteIn(elf, BUILD_ID),
    depends: noteIn(elf, DEPENDS),
    xenDepends: noteIn(elf, XEN_DEPENDS),
    functions: functions === undefined ? [] : replacedFunctions(elf, functions),
    hooks: hooks.flatMap(section => hookFunctions(elf, section)),
    needs: elf.symbols
      .filter(({ id, place, name }) => id !== 0 && place.in === 'nowhere' && name !== '')
      .map(({ name }) => name),
    modinfo: modinfoOf(elf),
    sections: elf.sections
      .filter(({ flags, size }) => hasFlag(flags, SHF_ALLOC) && size > 0)
      .map(({ name, size }) => ({ name, size })),
  }
}

const sectionNamed = (elf: Payload, wanted: string) => elf.sections.find(({ name }) => name === wanted)

const hexadecimal = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : Buffer.from(bytes).toString('hex'))

function noteIn(elf: Payload, name: string): string | null {
  const section = sectionNamed(elf, name)
  return section === undefined ? null : hexadecimal(readNotes(section)[0]?.descriptor)
}

function replacedFunctions(elf: Payload, section: ElfSection<'payload'>): readonly ReplacedFunction[] {
  const relocations = elf.relocations[section.id] ?? []
  const count = Math.floor(section.bytes.length / FUNC_SIZE)
  return Array.from({ length: count }, (_, index) => {
    const at = index * FUNC_SIZE
    const { oldSize, newSize, expectation } = readFunc(section.bytes, at)
    const name = relocations.find(({ offset }) => offset === at + FUNC_FIELDS.name)
    return {
      name: name === undefined ? '' : textAt(elf, name),
      oldSize,
      newSize,
      expectation: hexadecimal(expectation),
    }
  })
}

/** The NUL-terminated text that a relocation reaches. */
function textAt(elf: Payload, { symbol, addend }: ElfRelocation<'payload'>): string {
  const place = elf.symbols[symbol]?.place
  if (place?.in !== 'section') return ''
  const bytes = elf.sections[place.section]?.bytes ?? new Uint8Array()
  const start = place.offset + Number(addend)
  const end = bytes.indexOf(0, start)
  return Buffer.from(bytes.subarray(start, end === -1 ? bytes.length : end)).toString('latin1')
}

function hookFunctions(elf: Payload, section: ElfSection<'payload'>): PayloadSummary['hooks'] {
  const hook = section.name.slice(HOOK_PREFIX.length)
  return (elf.relocations[section.id] ?? []).map(relocation => ({ hook, function: functionAt(elf, relocation) }))
}

function functionAt(elf: Payload, { symbol, addend }: ElfRelocation<'payload'>): string {
  const target = elf.symbols[symbol]
  if (target === undefined) return ''
  if (target.kind !== 'section' || target.place.in !== 'section') return target.name
  const { section } = target.place
  const found = elf.symbols.find(
    ({ kind, place }) =>
      kind === 'function' && place.in === 'section' && place.section === section && BigInt(place.offset) === addend,
  )
  return found?.name ?? `${elf.sections[section]?.name}+0x${addend.toString(16)}`
}

function modinfoOf(elf: Payload): readonly string[] {
  const bytes = sectionNamed(elf, MODINFO)?.bytes ?? new Uint8Array()
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\0')
    .filter(text => text !== '')
}

export function describePayload(payload: PayloadSummary, file: string, ink: Ink = PLAIN): string {
  const { buildId, depends, xenDepends, functions, hooks, needs, modinfo, sections } = payload
  const width = Math.max(0, ...functions.map(({ name }) => name.length))
  const lines = [
    ink.strong(file),
    `  build-id     ${buildId ?? 'none'}`,
    `  depends      ${depends ?? 'none'}`,
    `  xen depends  ${xenDepends ?? 'none'}`,
    ...modinfo.map(line => `  modinfo      ${line}`),
    '',
    ink.strong(`replaces ${counted(functions.length, 'function')}`),
    ...functions.map(({ name, oldSize, newSize }) => `  ${name.padEnd(width)}  ${oldSize} → ${newSize} bytes`),
    '',
    ink.strong(counted(hooks.length, 'hook')),
    ...hooks.map(hook => `  ${hook.hook}: ${hook.function}`),
    '',
    ink.strong(`needs ${counted(needs.length, 'symbol')} of the running system`),
    ...needs.map(name => `  ${name}`),
    '',
    ink.strong(`loads ${counted(sections.length, 'section')}`),
    ...sections.map(({ name, size }) => `  ${String(size).padStart(7)}  ${name}`),
  ]
  return `${lines.join('\n')}\n`
}
