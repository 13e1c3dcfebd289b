/**
 * What a live patch for Linux says about itself, read from its bytes alone: no kernel is asked. Modules of any builder are
 * welcome; what only their code knows is not told. Sources: Linux 6.1 include/linux/livepatch.h (what a module sets of
 * klp_object and klp_func stands first in them), Documentation/livepatch/module-elf-format.rst, kernel/module/version.c.
 *
 * How large the structures are, differs from kernel to kernel; the module's own relocations tell it.
 */
import { readElf } from '../../elf/index.ts'
import { SHF_ALLOC, SHN_LIVEPATCH } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { splitModule } from '../module-trailer.ts'
import {
  type LoadedSection,
  loadedSection,
  noteOf,
  type PayloadObject,
  placeWords,
  type Reached,
  reachedFrom,
  sectionNamed,
  stringsOf,
  textAt,
} from '../payload-parts.ts'
import { BUILD_ID, LIVEPATCH_TABLES, MODINFO, MODULE_VERSIONS } from '../payload-sections.ts'
import type { CallbackName } from './hooks.ts'
import { rulesOf } from './kernel-facts.ts'
import { MADE_FOR, readModinfo } from './modinfo.ts'

export interface ModuleModel {
  readonly name: string | null
  /** Hexadecimal digits; null where there is no note. */
  readonly buildId: string | null
  /** The build-id of the kernel that it was made for; null where it does not say. */
  readonly madeFor: string | null
  readonly isLivePatch: boolean
  readonly isSigned: boolean
  /** Whether it takes the place of all that are enabled; null where that is not told. */
  readonly replaces: boolean | null
  /** Null where no table of a known form tells them. */
  readonly functions: readonly ModuleFunction[] | null
  /** What the kernel calls besides, by the object whose code comes and goes; null where no table of a known form tells them. */
  readonly callbacks: readonly ModuleCallback[] | null
  /** What of the system it says to have changed (klp_state); null where that is not told. */
  readonly states: readonly ModuleState[] | null
  /** What it uses of the kernel by names that are exported. */
  readonly exported: readonly { readonly name: string; readonly checksum: string | null }[]
  /** What the live patching core looks up for it. */
  readonly lookedUp: readonly LookedUp[]
  readonly modinfo: readonly string[]
  readonly sections: readonly LoadedSection[]
}

/** Something by its name, in the kernel proper (`vmlinux`) or a module. */
export interface LookedUp {
  readonly object: string
  readonly name: string
  /** Counted from 1 where several have that name; 0 where it is to be the only one. */
  readonly position: number
}

export interface ModuleFunction extends LookedUp {
  /** Bytes of the new code; null where no symbol says so. */
  readonly newSize: number | null
}

export interface ModuleCallback {
  readonly object: string
  readonly callback: CallbackName
  readonly function: string
}

/** `id` in decimal digits, as it has 64 bits. */
export interface ModuleState {
  readonly id: string
  readonly version: number
}

/** Undefined where `bytes` are no module of Linux. Throws `InputError` when they are no ELF object that can be read. */
export function inspectModule(bytes: Uint8Array): ModuleModel | undefined {
  const elf = readElf<'payload'>(bytes)
  const words = readModinfo(bytes)
  if (words === undefined) return undefined
  const nowhere = elf.symbols.flatMap(symbol => {
    const { name, place } = symbol
    return place.in === 'nowhere' && name !== '' ? [{ name, reserved: place.reserved }] : []
  })
  const checksums = checksumsIn(elf)
  return {
    name: words.get('name') ?? null,
    buildId: noteOf(elf, BUILD_ID),
    madeFor: words.get(MADE_FOR) ?? null,
    isLivePatch: words.has('livepatch'),
    isSigned: splitModule(bytes) !== undefined,
    replaces: replacesAll(elf, words.get('vermagic') ?? ''),
    functions: functionsIn(elf) ?? null,
    callbacks: callbacksIn(elf) ?? null,
    states: statesIn(elf, words.get('vermagic') ?? ''),
    exported: nowhere.flatMap(({ name, reserved }) =>
      reserved === undefined ? [{ name, checksum: checksums.get(name) ?? null }] : [],
    ),
    lookedUp: nowhere.flatMap(({ name, reserved }) => (reserved === SHN_LIVEPATCH ? [lookedUp(name)] : [])),
    modinfo: stringsOf(sectionNamed(elf, MODINFO)),
    sections: elf.sections.filter(({ flags }) => hasFlag(flags, SHF_ALLOC)).map(loadedSection),
  }
}

/** `.klp.sym.OBJECT.NAME,POSITION`; what has another form is shown as it is. */
function lookedUp(symbol: string): LookedUp {
  const [, object = '', name = symbol, position = '0'] = /^\.klp\.sym\.([^.]+)\.(.+),(\d+)$/.exec(symbol) ?? []
  return { object, name, position: Number(position) }
}

const POINTER = 8
/** Of klp_patch, behind the module. */
const OBJECTS_AT = POINTER
/** Of klp_object, behind its name. */
const FUNCTIONS_AT = POINTER
/** Bytes of klp_state: an id, a version, and a pointer for whoever uses it. */
const STATE = 3 * POINTER
/** Of klp_object, behind its functions. */
const CALLBACKS_AT = 2 * POINTER
const CALLBACKS = ['pre_patch', 'post_patch', 'pre_unpatch', 'post_unpatch'] as const satisfies readonly CallbackName[]
/** Of klp_func. */
const FUNC = { name: 0, code: POINTER, position: 2 * POINTER }
/** Of klp_patch, behind the objects. */
const STATES_AT = 2 * POINTER
/** Behind the module, the objects and the states, in all versions whose rules are known. */
const REPLACE_AT = 3 * POINTER

function replacesAll(elf: PayloadObject, vermagic: string): boolean | null {
  const byte = sectionNamed(elf, LIVEPATCH_TABLES)?.bytes[REPLACE_AT]
  return byte === undefined || rulesOf(vermagic) === undefined ? null : byte !== 0
}

type TableSection = NonNullable<ReturnType<typeof sectionNamed>>

/** A list of functions, and whose they are; `at`: where the table has that object. */
interface FunctionList {
  readonly object: string
  readonly at: number
  readonly start: number
  readonly end: number
}

/** Of the form that this tool writes: the patch, its objects and the list's end, the functions of each and their list's end. */
function functionsIn(elf: PayloadObject): readonly ModuleFunction[] | undefined {
  const table = sectionNamed(elf, LIVEPATCH_TABLES)
  const lists = table && listsIn(elf, table)
  const relocated = table === undefined ? [] : (elf.relocations[table.id] ?? []).map(({ offset }) => offset)
  const found = lists?.map(list => functionsOf(elf, list, relocated))
  return found?.every(each => each !== undefined) === true ? found.flatMap(each => each ?? []) : undefined
}

function listsIn(elf: PayloadObject, table: TableSection): readonly FunctionList[] | undefined {
  const within = (offset: number): number | undefined => {
    const reached = reachedFrom(elf, table, offset)
    return reached?.section === table ? reached.offset : undefined
  }
  const objects = within(OBJECTS_AT)
  const first = objects === undefined ? undefined : within(objects + FUNCTIONS_AT)
  if (objects === undefined || first === undefined) return undefined
  const fields = (elf.relocations[table.id] ?? []).map(({ offset }) => offset)
  const starts = fields
    .filter(offset => offset >= objects && offset < first)
    .flatMap(offset => {
      const start = within(offset)
      return start === undefined
        ? []
        : [{ start, at: offset - FUNCTIONS_AT, object: objectAt(elf, table, offset - FUNCTIONS_AT) }]
    })
    .sort((a, b) => a.start - b.start)
  const end = within(STATES_AT) ?? table.size
  return starts.map(({ start, object, at }, index) => ({ object, at, start, end: starts[index + 1]?.start ?? end }))
}

function objectAt(elf: PayloadObject, table: TableSection, offset: number): string {
  const name = reachedFrom(elf, table, offset)
  return name?.section === undefined ? 'vmlinux' : textAt(name.section, name.offset)
}

function functionsOf(
  elf: PayloadObject,
  { object, start, end }: FunctionList,
  relocated: readonly number[],
): readonly ModuleFunction[] | undefined {
  const table = sectionNamed(elf, LIVEPATCH_TABLES)
  if (table === undefined) return undefined
  const count = relocated.filter(offset => offset >= start && offset < end).length / 2
  const size = (end - start) / (count + 1)
  if (!Number.isInteger(size) || size < FUNC.position + POINTER) return undefined
  const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength)
  const found: ModuleFunction[] = []
  for (let index = 0; index < count; index++) {
    const at = start + index * size
    const name = reachedFrom(elf, table, at + FUNC.name)
    const code = reachedFrom(elf, table, at + FUNC.code)
    if (name?.section === undefined || code === undefined) return undefined
    const position = Number(view.getBigUint64(at + FUNC.position, true))
    const old = { object, name: textAt(name.section, name.offset), position }
    found.push({ ...old, newSize: sizeOf(elf, code) ?? null })
  }
  return found
}

const sizeOf = (elf: PayloadObject, reached: Reached): number | undefined => functionAt(elf, reached)?.size

function functionAt({ symbols }: PayloadObject, { section, offset }: Reached) {
  return symbols.find(
    ({ kind, place }) =>
      kind === 'function' && place.in === 'section' && place.section === section?.id && place.offset === offset,
  )
}

function callbacksIn(elf: PayloadObject): readonly ModuleCallback[] | undefined {
  const table = sectionNamed(elf, LIVEPATCH_TABLES)
  const lists = table && listsIn(elf, table)
  return lists?.flatMap(({ object, at }) =>
    CALLBACKS.flatMap((callback, index) => {
      const reached = table && reachedFrom(elf, table, at + CALLBACKS_AT + index * POINTER)
      if (reached === undefined) return []
      return [{ object, callback, function: functionAt(elf, reached)?.name ?? placeWords(reached) }]
    }),
  )
}

/** A list of klp_state, of which one without an id is the end. */
function statesIn(elf: PayloadObject, vermagic: string): ModuleModel['states'] {
  const table = sectionNamed(elf, LIVEPATCH_TABLES)
  if (table === undefined || rulesOf(vermagic) === undefined) return null
  const reached = reachedFrom(elf, table, STATES_AT)
  if (reached === undefined) return []
  if (reached.section !== table) return null
  const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength)
  const states: ModuleState[] = []
  for (let at = reached.offset; at + STATE <= table.bytes.length; at += STATE) {
    const id = view.getBigUint64(at, true)
    if (id === 0n) return states
    states.push({ id: String(id), version: view.getUint32(at + POINTER, true) })
  }
  return null
}

const VERSION = 64
const VERSION_NAME = 8

function checksumsIn(elf: PayloadObject): ReadonlyMap<string, string> {
  const section = sectionNamed(elf, MODULE_VERSIONS)
  if (section === undefined) return new Map()
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength)
  const count = Math.floor(section.bytes.length / VERSION)
  return new Map(
    Array.from({ length: count }, (_, index): [string, string] => {
      const at = index * VERSION
      return [textAt(section, at + VERSION_NAME), `0x${view.getUint32(at, true).toString(16).padStart(8, '0')}`]
    }),
  )
}
