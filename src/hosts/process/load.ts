/**
 * From a payload's bytes to what goes into the pools: checked, placed, resolved, relocated. Nothing is written to the
 * process here, but for questions to its dynamic linker.
 */

import { SHF_WRITE } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { EXPECTATION_LIMIT, FUNC_FIELDS, FUNC_SIZE, FUNC_VERSION, readFunc } from '../../loaders/func-entry.ts'
import { FUNCS, HOOK_PREFIX } from '../../loaders/payload-sections.ts'
import { smallestFunction, startsWithLandingPad } from '../../machines/machine.ts'
import { findFunction } from '../../program/replaced-code.ts'
import { type About, type AboutFunction, encodeAbout, SAVED_SIZE } from './about.ts'
import { refuseEntered } from './entered.ts'
import type { Areas, Slot } from './layout.ts'
import { refuseLibraryFunction, refuseLibraryPayload } from './libraries.ts'
import { PATCHING } from './machine.ts'
import { checkLeftCode, checkOldCode } from './old-code.ts'
import { type LoadablePayload, readPayload } from './payload.ts'
import { Pools } from './pools.ts'
import { hex, type ProcessMemory } from './proc.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'
import { layOut, PlacedPayload } from './relocate.ts'
import { askLinker, type ResolveContext, resolveNames } from './resolve.ts'

export interface LoadContext extends ResolveContext {
  readonly memory: ProcessMemory
  readonly slots: readonly Slot[]
  readonly now: string
}

/** Everything to be written, and where. */
export interface Load {
  readonly slot: Pick<Slot, 'name' | 'areas' | 'about'>
  readonly pieces: readonly { readonly address: number; readonly bytes: Uint8Array }[]
  readonly about: About
  /** What was not compared, in words. */
  readonly notes: readonly string[]
}

export async function prepareLoad(name: string, bytes: Uint8Array, context: LoadContext): Promise<Load> {
  const payload = readPayload(bytes)
  checkIdentity(payload, context)
  const names = await resolveNames(payload, context)
  const layout = layOut(payload)
  const pools = new Pools(context.agent.header, context.slots)
  const count = functionCount(payload)
  const readOnlyEnd = Math.ceil(layout.lengths.readOnly / 64) * 64
  const extra = count * SAVED_SIZE + layout.lengths.writable
  const areas: Areas = {
    code: pools.take('code', layout.lengths.code),
    readOnly: pools.take('readOnly', readOnlyEnd + extra),
    writable: pools.take('writable', layout.lengths.writable),
  }
  const placed = new PlacedPayload(payload, layout, areas)
  placed.relocate(names)
  await refuseLibraries(placed, context)
  const saved = areas.readOnly.address + readOnlyEnd
  const pristine = saved + count * SAVED_SIZE
  const read = functionsOf(placed, context)
  const functions = read.map(({ entry }) => entry)
  const leftNotes = checkLeftCode(payload.originals, functions, context)
  const about = describe(placed, context, { functions, saved, pristine })
  refuseEntered(placed, about.functions, { ...context, names })
  const text = encodeAbout(about)
  const aboutArea = pools.take('readOnly', text.length)
  return {
    slot: { name, areas, about: aboutArea },
    about,
    notes: [...read.flatMap(({ notes }) => notes), ...leftNotes],
    pieces: [
      { address: areas.code.address, bytes: placed.images.code },
      { address: areas.readOnly.address, bytes: placed.images.readOnly },
      { address: areas.writable.address, bytes: placed.images.writable },
      { address: pristine, bytes: placed.images.writable },
      { address: aboutArea.address, bytes: text },
    ].filter(({ bytes }) => bytes.length > 0),
  }
}

function checkIdentity(payload: LoadablePayload, { program, loaded, memory }: LoadContext): void {
  const { programDepends, buildId } = payload
  if (programDepends !== null && programDepends !== program.buildId) {
    refuseLibraryPayload(programDepends, memory)
    throw new Refused('EINVAL', `it is for build-id ${programDepends}; the process runs ${program.buildId ?? 'none'}`)
  }
  if (buildId !== null && (buildId === program.buildId || loaded.some(other => other.buildId === buildId))) {
    throw new Refused('EEXIST', `a payload with build-id ${buildId} is there already`)
  }
}

const functionCount = ({ loaded }: LoadablePayload) =>
  Math.floor((loaded.find(({ section }) => section.name === FUNCS)?.section.size ?? 0) / FUNC_SIZE)

function describe(
  placed: PlacedPayload,
  context: LoadContext,
  { functions, ...places }: Pick<About, 'functions' | 'saved' | 'pristine'>,
): About {
  const { payload } = placed
  return {
    format: 1,
    uploaded: context.now,
    buildId: payload.buildId,
    depends: payload.depends,
    programDepends: payload.programDepends,
    functions,
    hooks: hooksOf(placed),
    symbols: newSymbols(placed, context, new Set(functions.map(entry => entry.new))),
    metadata: payload.metadata,
    ...places,
  }
}

/** Functions that the program lacks and a library has. */
async function refuseLibraries(placed: PlacedPayload, { agent, program, memory }: LoadContext): Promise<void> {
  const table = tableOf(placed)
  const names = Array.from({ length: functionCount(placed.payload) }, (_, index) =>
    nameOf(table, index * FUNC_SIZE, placed),
  )
  const absent = names.filter(name => name !== '' && !name.includes('#') && program.find(name).length === 0)
  for (const [name, address] of await askLinker(agent, absent)) refuseLibraryFunction(name, address, memory)
}

function tableOf(placed: PlacedPayload): Uint8Array {
  const found = placed.payload.loaded.find(({ section }) => section.name === FUNCS)
  return (found && placed.bytesFrom(placed.addressOf(found.section))) ?? new Uint8Array()
}

const pointerIn = (table: Uint8Array, at: number): number =>
  Number(new DataView(table.buffer, table.byteOffset + at, 8).getBigUint64(0, true))

function nameOf(table: Uint8Array, at: number, placed: PlacedPayload): string {
  const text = placed.bytesFrom(pointerIn(table, at + FUNC_FIELDS.name))
  return text === undefined ? '' : Buffer.from(text.subarray(0, Math.max(0, text.indexOf(0)))).toString('latin1')
}

interface ReadEntry {
  readonly entry: AboutFunction
  readonly notes: readonly string[]
}

function functionsOf(placed: PlacedPayload, context: LoadContext): readonly ReadEntry[] {
  const table = tableOf(placed)
  const count = functionCount(placed.payload)
  const functions = Array.from({ length: count }, (_, index) => readEntry(table, index * FUNC_SIZE, placed, context))
  const twice = functions.find(
    ({ entry: { old } }, index) => functions.findIndex(({ entry }) => entry.old === old) !== index,
  )
  if (twice !== undefined) throw new Refused('EINVAL', `${twice.entry.name} is replaced twice`)
  return functions
}

function readEntry(table: Uint8Array, at: number, placed: PlacedPayload, context: LoadContext): ReadEntry {
  const fields = readFunc(table, at)
  const pointer = (offset: number) => pointerIn(table, at + offset)
  const name = nameOf(table, at, placed)
  if (fields.version !== FUNC_VERSION)
    throw new Refused('EOPNOTSUPP', `${name} has an entry of version ${fields.version}`)
  const old = fields.oldAddress === 0n ? oldAddress(name, fields.oldSize, context.program) : Number(fields.oldAddress)
  const entry = { name, old, oldSize: fields.oldSize, new: pointer(FUNC_FIELDS.newAddress), newSize: fields.newSize }
  const running = runningCode(entry, context)
  const notes = fields.oldAddress === 0n ? checkOldCode(entry, placed.payload.originals, context) : []
  const { offset, bytes } = replacementOf(entry, running, placed)
  const about = {
    ...entry,
    at: old + offset,
    bytes: Buffer.from(bytes).toString('hex'),
    expectation: Buffer.from(fields.expectation ?? new Uint8Array()).toString('hex'),
    ranges: rangesOf(entry, context.program),
  }
  return { entry: about, notes }
}

type Entry = Pick<AboutFunction, 'name' | 'old' | 'oldSize' | 'new' | 'newSize'>

const ERRNO = { absent: 'ENOENT', several: 'EINVAL', 'other-size': 'EINVAL' } as const

function oldAddress(name: string, oldSize: number, program: Program): number {
  const found = findFunction(name, oldSize, program)
  if ('fault' in found) throw new Refused(ERRNO[found.missing], found.fault)
  return found.address
}

/** The running code is the program file's, but for the jumps of payloads that are applied. */
function runningCode({ name, old, oldSize }: Entry, { program, loaded, memory }: LoadContext): Uint8Array {
  const file = program.codeAt(old, oldSize)
  if (file === undefined) throw new Refused('EINVAL', `${name} is no code of the program`)
  const running = memory.read(old, oldSize)
  const jumps = loaded.flatMap(({ functions }) => functions.filter(other => other.old === old))
  const isJump = (place: number) => jumps.some(({ at, bytes }) => place >= at && place < at + bytes.length / 2)
  const differs = running.findIndex((byte, index) => byte !== file[index] && !isJump(old + index))
  if (differs !== -1) {
    throw new Refused('EINVAL', `the running code of ${name} is not that of its file, at ${hex(old + differs)}`)
  }
  return running
}

function replacementOf(entry: Entry, running: Uint8Array, placed: PlacedPayload) {
  const { name, old, oldSize, newSize } = entry
  if (entry.new === 0) {
    if (newSize === 0 || newSize > EXPECTATION_LIMIT || newSize > oldSize) {
      throw new Refused('EOPNOTSUPP', `${newSize} bytes of NOPs over ${oldSize} of ${name}`)
    }
    return { offset: 0, bytes: PATCHING.nops(newSize) }
  }
  if (!placed.isCode(entry.new, newSize)) throw new Refused('EINVAL', `the new ${name} is not in the payload's code`)
  const pad = startsWithLandingPad(PATCHING, running)
  const offset = pad ? PATCHING.trampoline.landingPad.length : 0
  if (oldSize < smallestFunction(PATCHING, pad)) {
    throw new Refused('EINVAL', `${name} has ${oldSize} bytes, too few for a jump`)
  }
  return { offset, bytes: jump(old + offset, entry.new, name) }
}

function jump(from: number, to: number, name: string): Uint8Array {
  const { size, reach } = PATCHING.trampoline
  const distance = to - (from + size)
  if (distance >= reach || distance < -reach) throw new Refused('EOVERFLOW', `${name} is too far from its replacement`)
  return PATCHING.trampoline.jump(distance)
}

/** The function, and parts that the compiler put elsewhere (`f.cold`). */
function rangesOf({ name, old, oldSize }: Entry, program: Program): About['functions'][number]['ranges'] {
  const parts = program.partsOf(name)
  return [
    { start: old, end: old + oldSize },
    ...parts.map(({ address, size }) => ({ start: address, end: address + size })),
  ]
}

function hooksOf(placed: PlacedPayload): Record<string, number[]> {
  const hooks: Record<string, number[]> = {}
  for (const { section } of placed.payload.loaded) {
    if (!section.name.startsWith(HOOK_PREFIX)) continue
    const bytes = placed.bytesFrom(placed.addressOf(section)) ?? new Uint8Array()
    const view = new DataView(bytes.buffer, bytes.byteOffset, section.size)
    const pointers = Array.from({ length: section.size / 8 }, (_, index) => Number(view.getBigUint64(8 * index, true)))
    if (!pointers.every(pointer => placed.isCode(pointer, 1))) {
      throw new Refused('EINVAL', `${section.name} points outside of the payload's code`)
    }
    hooks[section.name.slice(HOOK_PREFIX.length)] = pointers
  }
  return hooks
}

/**
 * Names that the payload brings. None may be the program's, and no variable another payload's: it would begin afresh. A
 * function or constant that another payload brought too comes again, as where one takes the place of all the others; who
 * asks for the name while both are loaded is refused (`resolve.ts`).
 */
function newSymbols(placed: PlacedPayload, context: LoadContext, replacements: ReadonlySet<number>) {
  const symbols: Record<string, number> = {}
  const { elf } = placed.payload
  for (const symbol of elf.symbols) {
    const { name, kind, place } = symbol
    if (name === '' || name.startsWith('.L') || kind === 'section' || kind === 'file' || place.in !== 'section')
      continue
    const address = placed.symbolAddress(symbol)
    if (address === undefined || replacements.has(address)) continue
    const isVariable = hasFlag(elf.sections[place.section]?.flags ?? SHF_WRITE, SHF_WRITE)
    if (isVariable && context.loaded.some(other => name in other.symbols))
      throw new Refused('EEXIST', broughtTwice(name))
    if (context.program.find(name).length > 0)
      throw new Refused(
        'EEXIST',
        `the symbol ${name} is there already, in the program; call what the patch adds otherwise, or make it static`,
      )
    symbols[name] = address
  }
  return symbols
}

const broughtTwice = (name: string) =>
  `the symbol ${name} is there already: a payload that is loaded has brought that variable, and a second one would begin afresh; build this payload with --on and that one's file, so that it goes on with the variable, and apply it on top, or revert and unload that one first, with which the variable's value is lost`
