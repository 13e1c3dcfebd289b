/**
 * Writes the payload: the selected pieces, moved together by kind, with relocations that lead where their links say,
 * and the tables that tell the loader what it has before it.
 *
 * The loader checks little and trusts much, so what it would mistake is refused here by name: a relocation type that it
 * does not take, a second hook where one may be, code that leads out of itself without a relocation.
 *
 * The same selection gives the same bytes in any folder and on any machine: sections come in a fixed order, pieces in
 * the order of unit and place, and the build-id is computed from all the rest. It is tempting to take the build-id from
 * the patch's text or the time; then two payloads could differ and share one, and Xen would load only the first.
 *
 * In:  a selection, unchanged, and the facts of the target.
 * Out: the payload's bytes with a map of what went where; or all refusals, the selection's own among them.
 */
import { createHash } from 'node:crypto'
import { InputError, InternalError } from '../base/errors.ts'
import type { Reason, Refusal } from '../base/refusal.ts'
import { type NewSection, writeElf } from '../elf/index.ts'
import { SHF_WRITE, SHT_NOBITS } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import type { KernelSpelling } from '../loaders/linux/named-kernel.ts'
import { payloadKnowledge } from '../loaders/loader.ts'
import { ORIGINALS } from '../loaders/original-code.ts'
import { BUILD_ID, DEPENDS, FUNCS, MODINFO, STRINGS, XEN_DEPENDS } from '../loaders/payload-sections.ts'
import type { Selection } from '../select/model.ts'
import { checkPlaced } from './check.ts'
import { isExported, kernelSymbol, objectToWaitFor, splitRelocations } from './linux/kernel-symbols.ts'
import { type ModuleTask, moduleSections } from './linux/module.ts'
import { functionTable, moduleInfo, notes, oldCode } from './metadata.ts'
import type { AssembleOptions, Assembly, Payload, PayloadTarget, WriteOptions } from './model.ts'
import { nameSymbols } from './names.ts'
import type { OutputRelocation, OutputSection } from './output-section.ts'
import { type Placed, placePieces } from './place.ts'
import { PlaceIndex } from './place-index.ts'
import { readyHooks } from './ready-hooks.ts'
import { relocatePieces } from './relocate.ts'
import { markOf, NO_MARK, SymbolBook } from './symbol-book.ts'

export type * from './model.ts'

/** Bytes of a SHA-1. */
const BUILD_ID_SIZE = 20

export function assemble(selection: Selection, given: AssembleOptions): Assembly {
  const known = payloadKnowledge(given.target)
  if (known === undefined) return { kind: 'refused', refusals: [...selection.refusals, unknownTarget(given)] }
  const target: PayloadTarget = { ...given.target, ...known }
  const options: WriteOptions = { ...given, target }
  checkTask(selection, options)
  // Every piece has a place.
  const placed = placePieces(selection, target)
  const places = new PlaceIndex(placed.pieces)
  const book = new SymbolBook()
  // Every symbol that a later payload may ask for exists.
  const nameRefusals = nameSymbols(selection, placed, { places, book, target, below: options.taken ?? new Set() })
  // Every relocated field leads where its link says.
  const { tables, refusals } = relocatePieces(placed, { selection, target, places, book })
  const metadata = ownSections(selection, options, { placed, places, book })
  const obstacles = [
    ...selection.refusals,
    ...checkPlaced(selection, placed, { target, places }),
    ...nameRefusals,
    ...refusals,
  ]
  if (obstacles.length > 0) return { kind: 'refused', refusals: obstacles }
  const written = { selection, placed, book, options }
  const payload = write([...placed.sections.values(), ...tables, ...metadata], written)
  const tooLarge = sizeRefusals(payload, target)
  return tooLarge.length > 0 ? { kind: 'refused', refusals: tooLarge } : { kind: 'payload', payload }
}

type Ground = Omit<ModuleTask, 'kernel' | 'code'>

/** What tells the loader what the payload is. */
function ownSections(selection: Selection, options: WriteOptions, ground: Ground): readonly OutputSection[] {
  const { target, kernel } = options
  if (target.writer === 'kernel-module') {
    const code = target.patching.moduleCode
    if (kernel === undefined || code === undefined)
      throw new InternalError('a module is to be made, and of the kernel or its machine too little is known')
    return moduleSections(selection, { ...ground, kernel, code })
  }
  return [
    ...readyHooks(ground.placed, target, ground.book),
    ...functionTable(selection, options, ground),
    ...moduleInfo(options),
    ...oldCode(options),
  ]
}

function unknownTarget({ target: { loader, machine } }: AssembleOptions): Refusal {
  return {
    code: 'unknown-machine',
    unit: '',
    symbol: '',
    text: `no payload for ${loader.title} can be made on ${machine.name}: how is not known`,
    hint: 'hotsplice diff compares objects of any machine; payloads can be made for x86-64, and for Xen on AArch64',
  }
}

/** What the caller should have seen to. */
function checkTask(selection: Selection, { target, depends, xenDepends }: AssembleOptions): void {
  if (selection.machine !== target.machine.number) {
    throw new InternalError(`the selection is for machine ${selection.machine}, the target for ${target.machine.name}`)
  }
  const hooks = selection.pieces.some(({ role }) => role === 'hook')
  const changes = selection.replacements.length + selection.switchedOff.length
  if (changes === 0 && selection.refusals.length === 0 && !hooks) {
    throw new InternalError('there is nothing to assemble: no function is replaced and there is no hook')
  }
  if (!target.loader.needsDependencies) return
  const missing = depends === undefined ? DEPENDS : xenDepends === undefined ? XEN_DEPENDS : undefined
  if (missing === undefined) return
  throw new InputError(
    'assemble/no-build-id',
    `the payload needs ${missing}, but the running system's build-id is not known`,
    'give --symbols a file with a build-id (readelf -n shows it), or --depends and --xen-depends themselves; the payload of a program takes --target process',
  )
}

interface WriteTask {
  readonly selection: Selection
  readonly placed: Placed
  readonly book: SymbolBook
  readonly options: WriteOptions
}

function write(sections: readonly OutputSection[], task: WriteTask): Payload {
  const { placed, book, options } = task
  const written = (mark: string, id = new Uint8Array(BUILD_ID_SIZE)) => {
    const all = [...sections, ...notes(options, id)].toSorted(bySectionOrder)
    const index = new Map(all.map(({ kind }, position) => [kind.name, position]))
    const apart = symbolsApart(options, book)
    const spell = options.kernel?.spell
    const symbols = book.toElf(index, mark).map((symbol, at) => {
      return spell === undefined ? symbol : kernelSymbol(symbol, spell(symbol.name), apart.has(at))
    })
    const list = all.map(section => toElf(section, waiting(task, apart)))
    return { all, bytes: writeElf({ header: { machine: options.target.machine.number }, sections: list, symbols }) }
  }
  const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()
  const mark = markOf(digest(written(NO_MARK).bytes).toString('hex'))
  const id = digest(written(mark).bytes)
  const { all, bytes } = written(mark, id)
  return {
    bytes,
    buildId: id.toString('hex'),
    sections: all.map(({ kind, alignment, size }) => {
      return { name: kind.name, type: kind.type, flags: kind.flags, alignment, size }
    }),
    map: placed.pieces,
    symbols: book.named(mark),
    notices: notices(all, options.target),
  }
}

/** Symbols of a kernel that the live patching core resolves, by index. */
function symbolsApart({ kernel }: WriteOptions, book: SymbolBook): ReadonlyMap<number, KernelSpelling> {
  if (kernel === undefined) return new Map()
  const all = book.runningSymbols()
  return new Map(
    all.flatMap(({ index, name }) => (isExported(name, kernel.facts) ? [] : [[index, kernel.spell(name)]])),
  )
}

type Waiting = (relocation: OutputRelocation) => string | undefined

/** For whom the live patching core waits before it fills a field; undefined where it is not the one who fills it. */
function waiting({ selection, options: { kernel } }: WriteTask, apart: ReadonlyMap<number, KernelSpelling>): Waiting {
  return ({ symbol, unit = -1 }) => {
    const spelled = apart.get(symbol)
    const owner = kernel?.moduleOf.get(selection.units[unit]?.unit ?? '')
    return spelled && objectToWaitFor(spelled, owner)
  }
}

function toElf(section: OutputSection, waitsFor: Waiting): NewSection {
  const { name, type, flags, entrySize } = section.kind
  const { relocations, furtherRelocations } = splitRelocations(
    name,
    section.relocations.toSorted((a, b) => a.offset - b.offset),
    waitsFor,
  )
  return {
    name,
    type,
    flags,
    alignment: section.alignment,
    ...(entrySize === undefined ? {} : { entrySize }),
    ...(type === SHT_NOBITS ? { size: section.size } : { bytes: section.bytes() }),
    ...(relocations.length === 0 ? {} : { relocations }),
    ...(furtherRelocations.length === 0 ? {} : { furtherRelocations }),
  }
}

/** What the pieces became comes first, then what the target makes of it, then the tool's own; in each by name. */
const SECTION_ORDER: readonly string[] = [
  '.text',
  '.fixup',
  '.altinstr_replacement',
  '.plt',
  '.rodata',
  '.rodata.str',
  '.got',
  '.data',
  '.bss',
]
const OWN: readonly string[] = [FUNCS, STRINGS, DEPENDS, XEN_DEPENDS, BUILD_ID, MODINFO, ORIGINALS]

function bySectionOrder(a: OutputSection, b: OutputSection): number {
  const difference = rank(a.kind.name) - rank(b.kind.name)
  return difference !== 0 ? difference : a.kind.name < b.kind.name ? -1 : 1
}

function rank(name: string): number {
  const own = OWN.indexOf(name)
  if (own !== -1) return SECTION_ORDER.length + 1 + own
  const content = SECTION_ORDER.indexOf(name)
  return content === -1 ? SECTION_ORDER.length : content
}

function notices(sections: readonly OutputSection[], target: PayloadTarget): readonly Reason[] {
  // The table of functions alone is what Xen itself writes, and puts back when it reverts.
  const writable = sections.filter(
    ({ kind, size }) => hasFlag(kind.flags, SHF_WRITE) && size > 0 && kind.name !== FUNCS,
  )
  if (writable.length === 0 || !target.loader.writableForbidsReapply) return []
  const names = writable.map(({ kind }) => kind.name).join(' and ')
  return [
    {
      code: 'apply-once',
      text: `the payload brings writable data (${names}), so after a revert it must be unloaded and uploaded again before it can be applied again`,
    },
  ]
}

function sizeRefusals({ bytes, sections }: Payload, { loader: { limits } }: PayloadTarget): readonly Refusal[] {
  const refuse = (text: string): Refusal => ({
    code: 'payload-too-large',
    unit: '',
    symbol: '',
    text,
    hint: 'split the patch into several payloads that depend on each other, or make it change fewer functions',
  })
  const large = sections.filter(({ type, size }) => type === SHT_NOBITS && size > limits.size)
  return [
    ...(bytes.length > limits.size
      ? [refuse(`the payload has ${bytes.length} bytes; the loader takes ${limits.size}`)]
      : []),
    ...large.map(({ name, size }) => refuse(`${name} has ${size} bytes; the loader takes ${limits.size}`)),
  ]
}
