/**
 * What makes a payload a module of the Linux kernel that patches it: the tables of the live patching core, the module's
 * own structure and words, and the code that runs when it is loaded and unloaded.
 *
 * The kernel does not ask whether it is the kernel that a module was made for: with checksums of what it exports
 * (CONFIG_MODVERSIONS) it leaves the release aside, and functions that are not exported have no checksums. So the module
 * asks, before it changes anything: its first act is to compare the kernel's build-id.
 *
 * Sources: Linux 6.1 include/linux/livepatch.h (klp_patch, klp_object, klp_func; lists end with an empty one),
 * include/linux/module.h, kernel/module/main.c (check_modinfo, check_version: struct modversion_info).
 */
import { InternalError } from '../../base/errors.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_PROGBITS } from '../../elf/spec/constants.ts'
import { MADE_FOR } from '../../loaders/linux/modinfo.ts'
import {
  MODINFO,
  MODULE_STRUCTURE as MODULE,
  LIVEPATCH_TABLES as TABLES,
  MODULE_VERSIONS as VERSIONS,
} from '../../loaders/payload-sections.ts'
import type { ModuleCode } from '../../machines/machine.ts'
import { R_X86_64_64, R_X86_64_PC32 } from '../../machines/x86-64/relocation-numbers.ts'
import type { Replacement, Selection } from '../../select/model.ts'
import type { KernelModule } from '../model.ts'
import { OutputSection } from '../output-section.ts'
import { type Placed, readOnly } from '../place.ts'
import type { PlaceIndex } from '../place-index.ts'
import type { SymbolBook } from '../symbol-book.ts'
import { type Callbacks, callbacksOf, statesOf } from './callbacks.ts'
import { isExported } from './kernel-symbols.ts'
import { unwindTables } from './unwind.ts'

const WORDS = '.rodata.livepatch'
const INIT = '.init.text'
const EXIT = '.exit.text'
const RETURNS = '.return_sites'
/** Bytes of a distance in a table of places, and of a jump before its own. */
const SITE = 4
const JUMP_OPCODE = 1

/** Code that the kernel runs, with the places where it jumps back by the thunk. */
interface OwnCode {
  readonly section: OutputSection
  readonly returns: readonly number[]
}

export interface ModuleTask {
  readonly kernel: KernelModule
  readonly code: ModuleCode
  readonly placed: Placed
  readonly places: PlaceIndex
  readonly book: SymbolBook
}

/** All but the notes, after every other section has asked for the symbols that it needs. */
export function moduleSections(selection: Selection, task: ModuleTask): readonly OutputSection[] {
  const { kernel, placed, book } = task
  const words = new OutputSection(readOnly(WORDS))
  const tables = livepatchTables(selection, words, task)
  const id = words.append(kernel.facts.buildId, { alignment: 1, residue: 0 })
  const code = [ownCode('init', INIT, id, task), ownCode('exit', EXIT, id, task)]
  const unwinding = kernel.facts.hasOrc ? unwindTables(selection, placed, book) : []
  return [
    tables,
    words,
    ...code.map(({ section }) => section),
    ...returnSites(code, task),
    ...unwinding,
    moduleStructure(task),
    modinfo(kernel),
    versions(task),
  ]
}

const writable = (name: string) => ({ name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_WRITE })
const executable = (name: string) => ({ name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_EXECINSTR })

/** The patch, its objects (the kernel itself, and modules), and the functions of each, in this order. */
function livepatchTables(selection: Selection, words: OutputSection, { kernel, placed, places, book }: ModuleTask) {
  const { func, object, patch } = kernel.facts.layouts
  const tables = new OutputSection(writable(TABLES))
  const callbacks = callbacksOf(selection, { kernel, placed, places, book })
  const objects = patchedObjects(selection, kernel, callbacks)
  const count = objects.reduce((sum, { replacements }) => sum + replacements.length + 1, 0)
  const point = (offset: number, to: { readonly symbol: number; readonly addend: bigint }) =>
    tables.relocations.push({ offset, type: R_X86_64_64, ...to })
  const text = (said: string) => {
    const at = words.append(Buffer.from(`${said}\0`, 'latin1'), { alignment: 1, residue: 0 })
    return { symbol: book.section(WORDS), addend: BigInt(at) }
  }
  const first = patch.size + (objects.length + 1) * object.size
  const states = statesOf(selection, kernel.facts.layouts)
  const statesAt = first + count * func.size
  const bytes = new Uint8Array(statesAt + states.length)
  bytes.set(states, statesAt)
  const view = new DataView(bytes.buffer)
  const own = (addend: number) => ({ symbol: book.section(TABLES), addend: BigInt(addend) })
  // The address of the module's own structure, which the loader gives back as THIS_MODULE.
  point(patch.at('mod'), { symbol: book.section(MODULE), addend: 0n })
  point(patch.at('objs'), own(patch.size))
  if (states.length > 0) point(patch.at('states'), own(statesAt))
  // 1: it takes the place of all that are enabled.
  bytes[patch.at('replace')] = Number(kernel.replaces)
  let next = first
  objects.forEach(({ module, replacements }, index) => {
    const at = patch.size + index * object.size
    // No name: the kernel proper.
    if (module !== undefined) point(at + object.at('name'), text(module))
    point(at + object.at('funcs'), own(next))
    for (const { member, symbol, addend } of callbacks.get(module ?? '') ?? [])
      point(at + object.at('callbacks') + kernel.facts.layouts.callbacks.at(member), { symbol, addend })
    for (const { address, runningName } of replacements) {
      const spelled = kernel.spell(runningName)
      point(next + func.at('old_name'), text(spelled.name))
      point(next + func.at('new_func'), book.place(places.at(address)))
      view.setBigUint64(next + func.at('old_sympos'), BigInt(spelled.position), true)
      next += func.size
    }
    // A list ends with an empty one.
    next += func.size
  })
  tables.append(bytes, { alignment: 64, residue: 0 })
  return tables
}

interface PatchedObject {
  /** Undefined for the kernel itself. */
  readonly module: string | undefined
  readonly replacements: readonly Replacement[]
}

/** The kernel itself first; `callbacks` are of objects that may have nothing else. */
function patchedObjects(
  { replacements }: Selection,
  { spell }: KernelModule,
  callbacks: Callbacks,
): readonly PatchedObject[] {
  const ordered = replacements.toSorted((a, b) => a.address.unit - b.address.unit || a.address.piece - b.address.piece)
  const found = new Map<string, PatchedObject>(
    [...callbacks.keys()].map(name => [name, { module: name === '' ? undefined : name, replacements: [] }]),
  )
  for (const each of ordered) {
    const { module } = spell(each.runningName)
    const before = found.get(module ?? '')?.replacements ?? []
    found.set(module ?? '', { module, replacements: [...before, each] })
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
}

/** Code that asks for the build-id at `id` of the words, and hands the patch over; or that has nothing to do at the end. */
function ownCode(what: 'init' | 'exit', name: string, id: number, { kernel, code, book }: ModuleTask): OwnCode {
  const section = new OutputSection(executable(name))
  const hasThunk = kernel.facts.checksumOf(code.returnThunk) !== undefined
  const { bytes, fields } = code[what](kernel.facts.buildId.length, hasThunk)
  section.append(bytes, { alignment: 16, residue: 0 })
  for (const { offset, type, to, addend } of fields) {
    const own = to === 'id' ? book.section(WORDS) : to === 'patch' ? book.section(TABLES) : book.running(to.name)
    section.relocations.push({ offset, type, symbol: own, addend: BigInt(addend + (to === 'id' ? id : 0)) })
  }
  const returns = fields.flatMap(({ offset, to }) =>
    typeof to === 'object' && to.name === code.returnThunk ? [offset - JUMP_OPCODE] : [],
  )
  return { section, returns }
}

/**
 * Where code of the module's own returns by the kernel's thunk: the loader makes of each such jump what the processor needs
 * (apply_returns), and 6.12 warns of one that it was not told of.
 */
function returnSites(code: readonly OwnCode[], { placed, book }: ModuleTask): readonly OutputSection[] {
  const known = placed.sections.get(RETURNS)
  const sites = known ?? new OutputSection(readOnly(RETURNS))
  for (const { section, returns } of code) {
    for (const at of returns) {
      const offset = sites.append(new Uint8Array(SITE), { alignment: 1, residue: 0 })
      const symbol = book.section(section.kind.name)
      sites.relocations.push({ offset, type: R_X86_64_PC32, symbol, addend: BigInt(at) })
    }
  }
  return known !== undefined || sites.size === 0 ? [] : [sites]
}

function moduleStructure({ kernel, book }: ModuleTask): OutputSection {
  const { size, at } = kernel.facts.layouts.module
  const section = new OutputSection(writable(MODULE))
  const bytes = new Uint8Array(size)
  bytes.set(Buffer.from(kernel.name, 'latin1'), at('name'))
  section.append(bytes, { alignment: 64, residue: 0 })
  section.relocations.push(
    { offset: at('init'), type: R_X86_64_64, symbol: book.section(INIT), addend: 0n },
    { offset: at('exit'), type: R_X86_64_64, symbol: book.section(EXIT), addend: 0n },
  )
  return section
}

function modinfo({ name, facts }: KernelModule): OutputSection {
  const hasRetpolines = facts.checksumOf('__x86_indirect_thunk_rax') !== undefined
  const lines = ['license=GPL', 'livepatch=Y', ...(hasRetpolines ? ['retpoline=Y'] : []), 'depends=']
  const section = new OutputSection(readOnly(MODINFO))
  const madeFor = `${MADE_FOR}=${Buffer.from(facts.buildId).toString('hex')}`
  for (const line of [...lines, `name=${name}`, `vermagic=${facts.vermagic}`, madeFor]) {
    section.append(Buffer.from(`${line}\0`, 'latin1'), { alignment: 1, residue: 0 })
  }
  return section
}

const VERSION = 64
const SUM = 8

/** The checksum of everything exported that the module refers to, and of the module's structure itself. */
function versions({ kernel: { facts }, book }: ModuleTask): OutputSection {
  const used = book.runningSymbols().flatMap(({ name }) => (isExported(name, facts) ? [name] : []))
  const section = new OutputSection(readOnly(VERSIONS))
  for (const name of ['module_layout', ...used.toSorted()]) {
    const checksum = facts.checksumOf(name)
    if (checksum === undefined) throw new InternalError(`the kernel has no checksum of ${name}`)
    const bytes = new Uint8Array(VERSION)
    new DataView(bytes.buffer).setUint32(0, checksum, true)
    bytes.set(Buffer.from(name, 'latin1'), SUM)
    section.append(bytes, { alignment: 32, residue: 0 })
  }
  return section
}
