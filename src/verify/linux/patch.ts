/**
 * The live patch in a module, read out of its sections as they stand after relocation: the code that runs at first, which
 * build-id it asks for, and the structures that it hands to the live patching core.
 *
 * Only code of the form that this tool writes is understood, as what any other does is for the processor to say; then
 * what rests on it is not told. Sources: Linux 6.1 include/linux/livepatch.h; kernel/livepatch/core.c.
 */
import { machineOf } from '../../machines/machines.ts'
import { NotReached } from '../finding.ts'
import type { ModuleLoadContext } from './load-context.ts'
import { relocatedOf } from './relocating.ts'

export interface PatchedFunction {
  readonly oldName: string | undefined
  readonly hasNew: boolean
  readonly position: bigint
}

export interface PatchedObject {
  /** Undefined for the kernel proper. */
  readonly name: string | undefined
  readonly hasFunctions: boolean
  readonly functions: readonly PatchedFunction[]
}

export interface LivePatch {
  /** What the module asks of the kernel's build-id. */
  readonly buildId: Uint8Array
  /** Whether it says which module it is of. */
  readonly module: 'own' | 'none' | 'another'
  readonly replaces: boolean
  /** Undefined where it has none. */
  readonly objects: readonly PatchedObject[] | undefined
}

const MODULE = '.gnu.linkonce.this_module'
/** No table is that long. */
const MOST = 65_536
const LONGEST = 512

/** Where the module's own structure says that the code to run at first is; 0 where it says nothing. */
export function initOf(loading: ModuleLoadContext, what: 'init' | 'exit' = 'init'): bigint {
  const section = loading.find(MODULE)
  const address = section === undefined ? 0n : (loading.placed.addresses[section.index] ?? 0n)
  return pointerAt(loading, address + BigInt(loading.kernel.facts.layouts.module.at(what))) ?? 0n
}

/** Throws `NotReached` where the code that runs at first is not of a known form. */
export function livePatchOf(loading: ModuleLoadContext): LivePatch {
  const init = initOf(loading)
  const { buildId, layouts } = loading.kernel.facts
  const fields = fieldsOf(loading, init, buildId.length)
  const [id, patch] = fields
  const own = loading.find(MODULE)
  const at = (offset: number) => pointerAt(loading, patch + BigInt(offset)) ?? 0n
  const module = at(layouts.patch.at('mod'))
  const objects = at(layouts.patch.at('objs'))
  const isOwn = own !== undefined && module === loading.placed.addresses[own.index]
  return {
    buildId: memory(loading, id, buildId.length) ?? new Uint8Array(),
    module: module === 0n ? 'none' : isOwn ? 'own' : 'another',
    replaces: (memory(loading, patch + BigInt(layouts.patch.at('replace')), 1)?.[0] ?? 0) !== 0,
    objects: objects === 0n ? undefined : objectsAt(loading, objects),
  }
}

/** Where the build-id is, and the patch. */
function fieldsOf(loading: ModuleLoadContext, init: bigint, idSize: number): readonly [bigint, bigint] {
  const own = machineOf(loading.header.machine).patching?.moduleCode
  const known = own === undefined ? [] : [true, false].map(hasThunk => own.init(idSize, hasThunk))
  for (const { bytes, fields } of known) {
    const code = memory(loading, init, bytes.length)
    if (code === undefined) continue
    const plain = Uint8Array.from(code)
    for (const { offset } of fields) plain.fill(0, offset, offset + 4)
    if (Buffer.compare(plain, bytes) !== 0) continue
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
    const place = (to: 'id' | 'patch') => {
      const field = fields.find(each => each.to === to)
      return BigInt.asUintN(64, BigInt(view.getInt32(field?.offset ?? 0, true)))
    }
    return [place('id'), place('patch')]
  }
  throw new NotReached(
    'the code that runs when the module is loaded is not of a known form: what it patches is not told',
    'absent',
  )
}

function objectsAt(loading: ModuleLoadContext, start: bigint): readonly PatchedObject[] {
  const { object, func } = loading.kernel.facts.layouts
  const objects: PatchedObject[] = []
  for (let index = 0; index < MOST; index++) {
    const at = start + BigInt(index * object.size)
    const name = pointerAt(loading, at + BigInt(object.at('name')))
    const functions = pointerAt(loading, at + BigInt(object.at('funcs')))
    if (name === undefined || functions === undefined)
      throw new NotReached('the list of objects runs out of the module')
    if (name === 0n && functions === 0n) return objects
    objects.push({
      name: name === 0n ? undefined : textAt(loading, name),
      hasFunctions: functions !== 0n,
      functions: functions === 0n ? [] : functionsAt(loading, functions, func),
    })
  }
  throw new NotReached('the list of objects does not end')
}

type FunctionLayout = ModuleLoadContext['kernel']['facts']['layouts']['func']

function functionsAt(
  loading: ModuleLoadContext,
  start: bigint,
  { size, at }: FunctionLayout,
): readonly PatchedFunction[] {
  const functions: PatchedFunction[] = []
  for (let index = 0; index < MOST; index++) {
    const [name, code, position] = (['old_name', 'new_func', 'old_sympos'] as const).map(member => {
      return pointerAt(loading, start + BigInt(index * size + at(member)))
    })
    if (name === undefined || code === undefined || position === undefined) {
      throw new NotReached('a list of functions runs out of the module')
    }
    if (name === 0n && code === 0n && position === 0n) return functions
    functions.push({ oldName: name === 0n ? undefined : textAt(loading, name), hasNew: code !== 0n, position })
  }
  throw new NotReached('a list of functions does not end')
}

/** What is there once the module is loaded; undefined where it has nothing. */
function memory(loading: ModuleLoadContext, address: bigint, size: number): Uint8Array | undefined {
  const { placed, sections } = loading
  for (const { index } of sections) {
    const bytes = relocatedOf(loading).contents.get(index)
    const from = Number(address - (placed.addresses[index] ?? 0n))
    if (bytes !== undefined && from >= 0 && from + size <= bytes.length) return bytes.subarray(from, from + size)
  }
  return undefined
}

function pointerAt(loading: ModuleLoadContext, address: bigint): bigint | undefined {
  const bytes = memory(loading, address, 8)
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
}

function textAt(loading: ModuleLoadContext, address: bigint): string {
  let text = ''
  for (let at = address; text.length <= LONGEST; at++) {
    const [byte = 0] = memory(loading, at, 1) ?? []
    if (byte === 0) break
    text += String.fromCharCode(byte)
  }
  return text
}
