/**
 * Entries in the special tables of a live patch that lead to something of a module. The module loader goes through these
 * tables when the live patch is loaded; what is of a module is filled in later, when that one is there: so the kernel would
 * follow an address of 0. Part of the pipeline.
 *
 * Where the entry only says where something may be watched (a trace event, a message for debugging), the code does without
 * it: it stands there switched off, as the compiler wrote it. Anything else is refused.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { ElfObject } from '../../elf/model.ts'
import type { NamedKernel } from '../../loaders/linux/named-kernel.ts'
import type { SelectedPiece, Selection } from '../../select/model.ts'

export interface WithoutWatching {
  readonly selection: Selection
  readonly notices: readonly Reason[]
}

/** The selection without entries of what only watches. */
export function withoutWatching(selection: Selection, kernel: NamedKernel | undefined): WithoutWatching {
  if (kernel === undefined || kernel.modules.length === 0) return { selection, notices: [] }
  const out = new Map<SelectedPiece, string>()
  for (const piece of selection.pieces) {
    const names = ofModules(piece, kernel)
    const { object } = selection.units[piece.address.unit]?.patched ?? {}
    const watched = names.flatMap(({ name }) => (isOther(object, name) ? [] : (WATCHING.exec(name)?.[1] ?? [])))
    if (names.length > 0 && watched.length === names.length) out.set(piece, watched[0] ?? '')
  }
  if (out.size === 0) return { selection, notices: [] }
  return {
    selection: { ...selection, pieces: selection.pieces.filter(piece => !out.has(piece)) },
    notices: silentNotices(out, selection),
  }
}

/**
 * What a trace event or a message for debugging asks whether it is switched on, and how an event is called. Messages for
 * debugging that are limited in number have a `descriptor` each (include/linux/dynamic_debug.h).
 */
const WATCHING = /^(?:__tracepoint_|__SCK__tp_func_|__UNIQUE_ID_(?=ddebug)|(?=descriptor(?:\.\d+)?$))(\w+)/

/** Where all messages for debugging are, by their section. */
const MESSAGES = '__dyndbg'

/** Whether something else goes by the name that messages have. */
function isOther(object: ElfObject<'patched'> | undefined, name: string): boolean {
  if (!name.startsWith('descriptor')) return false
  const alike = object?.symbols.filter(each => /^descriptor(?:\.\d+)?$/.test(each.name)) ?? []
  const isMessage = ({ place }: (typeof alike)[number]) =>
    place.in === 'section' && object?.sections[place.section]?.name === MESSAGES
  return alike.length === 0 || !alike.every(isMessage)
}

function silentNotices(out: ReadonlyMap<SelectedPiece, string>, { units }: Selection): readonly Reason[] {
  const told = new Set([...out].map(([{ address }, what]) => `${units[address.unit]?.unit}: ${what}`))
  return [...told].map(each => ({
    code: 'silent-event',
    text: `${each} is an event of a module, which the live patch cannot know when it is loaded: where new code has it, it does not happen`,
  }))
}

/** Entries, and code that stands in for other, with something of a module in them; each reason once for a function. */
export function moduleEntryRefusals(selection: Selection, kernel: NamedKernel): readonly Refusal[] {
  const refusals = selection.pieces.flatMap((piece): readonly Refusal[] => {
    const [found] = ofModules(piece, kernel)
    if (found === undefined) return []
    const unit = selection.units[piece.address.unit]
    const table = unit?.patched.object.sections[piece.piece.section]?.name ?? ''
    const owner = selection.pieces.find(({ address }) => isSame(address, piece.because))?.piece.name ?? piece.piece.name
    const what = WORDS.get(table) ?? `an entry in ${table}`
    const text = `${owner} has ${what} for ${found.name} of the module ${found.module}; the kernel goes through these when the live patch is loaded, before it fills in what is of a module`
    return [{ code: 'module-entry', unit: unit?.unit ?? '', symbol: owner, text, hint: HINT }]
  })
  return [...new Map(refusals.map(each => [`${each.unit} ${each.text}`, each])).values()]
}

const HINT =
  'ask in the new code for what the key holds by a plain read (static_key_enabled), or call the function by its name'

const WORDS: ReadonlyMap<string, string> = new Map([
  ['__jump_table', 'a static key'],
  ['.static_call_sites', 'a static call'],
  ['.altinstr_replacement', 'an alternative with a call'],
])

const isSame = (one: SelectedPiece['address'], other: SelectedPiece['because']) =>
  one.unit === other?.unit && one.piece === other.piece

/** What an entry refers to that is a module's. */
function ofModules({ piece, role, references }: SelectedPiece, kernel: NamedKernel) {
  if (role !== 'entry' && role !== 'chunk') return []
  return references.flatMap(({ link }) => {
    const { name, module } = link.to === 'running' ? kernel.spell(link.name) : { name: piece.name, module: undefined }
    return module === undefined || kernel.facts.checksumOf(name) !== undefined ? [] : [{ name, module }]
  })
}
