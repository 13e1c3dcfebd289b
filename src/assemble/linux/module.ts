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
import type { KernelFacts } from '../../loaders/linux/kernel-facts.ts'
import { MODINFO } from '../../loaders/payload-sections.ts'
import {
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_PLT32,
} from '../../machines/x86-64/relocation-numbers.ts'
import type { Selection } from '../../select/model.ts'
import type { KernelModule } from '../model.ts'
import { OutputSection } from '../output-section.ts'
import { type Placed, readOnly } from '../place.ts'
import type { PlaceIndex } from '../place-index.ts'
import type { SymbolBook } from '../symbol-book.ts'
import { isExported } from './kernel-symbols.ts'
import { unwindTables } from './unwind.ts'

const TABLES = '.data.livepatch'
const WORDS = '.rodata.livepatch'
const INIT = '.init.text'
const EXIT = '.exit.text'
const MODULE = '.gnu.linkonce.this_module'
const VERSIONS = '__versions'
const RETURN_THUNK = '__x86_return_thunk'

export interface ModuleTask {
  readonly kernel: KernelModule
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
  const code = [initCode(id, task), exitCode(task)]
  const unwinding = kernel.facts.hasOrc ? unwindTables(selection, placed, book) : []
  return [tables, words, ...code, ...unwinding, moduleStructure(task), modinfo(kernel), versions(task)]
}

const writable = (name: string) => ({ name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_WRITE })
const executable = (name: string) => ({ name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_EXECINSTR, padding: 0xcc })

/** One patch of one object, the kernel itself: functions, the object, the patch, in this order. */
function livepatchTables(selection: Selection, words: OutputSection, { kernel, places, book }: ModuleTask) {
  const { func, object, patch } = kernel.facts.layouts
  const tables = new OutputSection(writable(TABLES))
  const ordered = selection.replacements.toSorted(
    (a, b) => a.address.unit - b.address.unit || a.address.piece - b.address.piece,
  )
  const point = (offset: number, to: { readonly symbol: number; readonly addend: bigint }) =>
    tables.relocations.push({ offset, type: R_X86_64_64, ...to })
  const bytes = new Uint8Array(patch.size + 2 * object.size + (ordered.length + 1) * func.size)
  tables.append(bytes, { alignment: 64, residue: 0 })
  const [objects, functions] = [patch.size, patch.size + 2 * object.size]
  const own = (addend: number) => ({ symbol: book.section(TABLES), addend: BigInt(addend) })
  // The address of the module's own structure, which the loader gives back as THIS_MODULE.
  point(patch.at.mod, { symbol: book.section(MODULE), addend: 0n })
  point(patch.at.objs, own(objects))
  // A newer payload takes the place of all that are there.
  bytes[patch.at.replace] = 1
  // No name: the kernel proper.
  point(objects + object.at.funcs, own(functions))
  ordered.forEach(({ address, runningName }, index) => {
    const at = functions + index * func.size
    const name = words.append(Buffer.from(`${runningName}\0`, 'latin1'), { alignment: 1, residue: 0 })
    point(at + func.at.old_name, { symbol: book.section(WORDS), addend: BigInt(name) })
    point(at + func.at.new_func, book.place(places.at(address)))
    // old_sympos stays 0: the name is the only one.
  })
  return tables
}

/** Bytes of a build-id that the kernel keeps (BUILD_ID_SIZE_MAX). */
const ID_SIZE = 20

/**
 *     endbr64
 *     mov  $vmlinux_build_id, %rsi
 *     mov  $id, %rdi
 *     mov  $20, %ecx
 *     repe cmpsb
 *     jne  1f
 *     mov  $patch, %rdi
 *     jmp  klp_enable_patch
 *  1: mov  $-ENOEXEC, %eax
 *     jmp  __x86_return_thunk
 */
function initCode(id: number, { kernel, book }: ModuleTask): OutputSection {
  if (kernel.facts.buildId.length !== ID_SIZE) throw new InternalError('the kernel’s build-id has not 20 bytes')
  const head = 'f30f1efa 48c7c600000000 48c7c700000000 b914000000 f3a6 750c'
  const code = Buffer.from(`${head} 48c7c700000000 e900000000 b8f8ffffff`.replaceAll(' ', ''), 'hex')
  const section = new OutputSection(executable(INIT))
  section.append(code, { alignment: 16, residue: 0 })
  const refer = (offset: number, type: number, symbol: number, addend: number) =>
    section.relocations.push({ offset, type, symbol, addend: BigInt(addend) })
  refer(7, R_X86_64_32S, book.running('vmlinux_build_id'), 0)
  refer(14, R_X86_64_32S, book.section(WORDS), id)
  refer(30, R_X86_64_32S, book.section(TABLES), 0)
  refer(35, R_X86_64_PLT32, book.running('klp_enable_patch'), -4)
  appendReturn(section, kernel.facts, book)
  return section
}

function exitCode({ kernel, book }: ModuleTask): OutputSection {
  const section = new OutputSection(executable(EXIT))
  section.append(Buffer.from('f30f1efa', 'hex'), { alignment: 16, residue: 0 })
  appendReturn(section, kernel.facts, book)
  return section
}

/** A kernel with return thunks has a mitigation in them; another has none. */
function appendReturn(section: OutputSection, facts: KernelFacts, book: SymbolBook): void {
  if (facts.checksumOf(RETURN_THUNK) === undefined) {
    section.append(Uint8Array.of(0xc3, 0xcc), { alignment: 1, residue: 0 })
    return
  }
  const at = section.append(Uint8Array.of(0xe9, 0, 0, 0, 0), { alignment: 1, residue: 0 })
  section.relocations.push({ offset: at + 1, type: R_X86_64_PLT32, symbol: book.running(RETURN_THUNK), addend: -4n })
}

function moduleStructure({ kernel, book }: ModuleTask): OutputSection {
  const { size, at } = kernel.facts.layouts.module
  const section = new OutputSection(writable(MODULE))
  const bytes = new Uint8Array(size)
  bytes.set(Buffer.from(kernel.name, 'latin1'), at.name)
  section.append(bytes, { alignment: 64, residue: 0 })
  section.relocations.push(
    { offset: at.init, type: R_X86_64_64, symbol: book.section(INIT), addend: 0n },
    { offset: at.exit, type: R_X86_64_64, symbol: book.section(EXIT), addend: 0n },
  )
  return section
}

function modinfo({ name, facts }: KernelModule): OutputSection {
  const hasRetpolines = facts.checksumOf('__x86_indirect_thunk_rax') !== undefined
  const lines = ['license=GPL', 'livepatch=Y', ...(hasRetpolines ? ['retpoline=Y'] : []), 'depends=']
  const section = new OutputSection(readOnly(MODINFO))
  for (const line of [...lines, `name=${name}`, `vermagic=${facts.vermagic}`]) {
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
