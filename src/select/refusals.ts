/**
 * What cannot be hotpatched, by the class of the section that the changed thing lies in: a table, with the words.
 * Each row says what is so and the way out; docs/findings has a page for each code.
 */
import type { Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { Judged } from '../compare/model.ts'
import type { Loader, WaysOut } from '../loaders/loader.ts'
import type { SectionClass } from '../loaders/sections.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { hidesDistances } from '../pieces/names.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import type { Unwritten } from './model.ts'
import { verdictReason } from './words.ts'

interface Words {
  readonly code: string
  readonly what: string
  readonly hint: string | ((ways: WaysOut) => string)
}

/** The same to whoever takes payloads. */
type PlainWords = Words & { readonly hint: string }

const HOOK =
  'change the value from a hook that checks it first, and put it back from another (HOTSPLICE_SET of hotsplice.h)'

const INIT_CODE: Words = {
  code: 'init-code',
  what: 'runs only while the system boots, and its memory is gone by now',
  hint: ({ hook }) =>
    `leave the change of boot code out of this patch (--leave-init says what then does not happen); do what it would have done from ${hook} if the running system needs it`,
}
/** Of the Linux kernel (__exit): ftrace has no place in it. */
const EXIT_CODE: Words = {
  code: 'init-code',
  what: 'runs only when its module is unloaded, and not at all where it is built in; the kernel’s live patching cannot take such code over (__exit)',
  hint: 'leave the change of exit code out of this patch (--leave-init); do what it would have done before the module is unloaded',
}
const FIXED_CODE: Words = {
  code: 'assembly-code',
  what: 'is code whose place matters (entry points, assembly); a jump cannot be written there',
  hint: ({ writesCode }) =>
    `change the C code around it${writesCode ? ', or patch the instruction bytes from an apply hook' : ''}`,
}
const UNKNOWN: Words = {
  code: 'unknown-section',
  what: 'lies in a section that the loader of the running system does not know; what gathers such sections has done so, and would never look at a new one',
  hint: ({ hook }) =>
    `keep the change out of this section; what the section registers can often be registered from ${hook}`,
}
export const BOOT_CONSTANT: PlainWords = {
  code: 'boot-constant',
  what: 'says where in code the starting system writes a constant (runtime_const_shift_right_32, runtime_const_ptr); in code that comes later the placeholder would stay',
  hint: 'leave functions that have such a place as they are, and change what they call or who calls them; in new code read the variable that the constant is made from',
}
const PERCPU: Words = {
  code: 'percpu-data',
  what: 'is per-CPU data; the running system has set its blocks up and a payload cannot add to or change them',
  hint: ({ hook, assisted }) =>
    `use an array indexed by smp_processor_id() of NR_CPUS elements${assisted ? ', as hotsplice assist writes it for a new one' : ''}, or ${hook} that sets each CPU\u2019s copy`,
}
const TLS: Words = {
  code: 'thread-local-data',
  what: 'is thread-local data; the blocks of the running threads exist and cannot change shape',
  hint: 'keep the state elsewhere, keyed by thread',
}
const INIT_DATA: Words = {
  code: 'init-data',
  what: 'is read only while the system boots (init calls, boot parameters and their data)',
  hint: ({ hook }) =>
    `leave it out of this patch (--leave-init); set what it would have set from ${hook} if the running system needs it`,
}
/** Programs free nothing, but what ran at their start does not run again. */
const START_CODE: Words = {
  code: 'init-code',
  what: 'runs once, when the program starts (main, a constructor): it has run, or is running and is never entered again',
  hint: 'change a function that it calls instead; what has been done wrong by now can be mended from an apply hook',
}
const START_DATA: Words = {
  code: 'init-data',
  what: 'is read only while the program starts or ends (lists of constructors and destructors)',
  hint: 'leave it out of this patch; what a constructor would have done can be done from an apply hook',
}
const DATA: Words = {
  code: 'changed-data',
  what: 'is initialised data, and the running system has its own value by now',
  hint: HOOK,
}
const CONSTANT: Words = {
  code: 'changed-constant',
  what: 'is a named constant that code which is not replaced may hold a pointer to',
  hint: 'leave it as it is, add a copy under another name with the new values, and use that in the functions you change',
}

const CONST_HINT =
  'declare it const in the patch if its new first value is meant; else take that change out of the patch'
const UNWRITTEN: Readonly<Record<Unwritten, PlainWords>> = {
  variable: {
    code: 'changed-constant',
    what: 'is a variable by its source, of which the compiler made a constant since nothing writes it: by the source it would go on with the value that it has',
    hint: CONST_HINT,
  },
  unknown: {
    code: 'changed-constant',
    what: 'is a constant in the object, and whether the source declares a variable, which would go on with the value that it has, the compiler does not tell',
    hint: CONST_HINT,
  },
}

/** Its callers would be led to what chooses the function, as if that were the function. */
const INDIRECT: Words = {
  code: 'relocation-not-allowed',
  what: 'is an indirect function (ifunc): loaders of payloads do not ask it which function is meant',
  hint: 'indirect functions are chosen while a program starts; call the one that was chosen through a pointer',
}

type WordsByClass = Partial<Record<SectionClass, Words>>

const OF_CODE: WordsByClass = {
  'init-code': INIT_CODE,
  'init-data': INIT_CODE,
  'fixed-code': FIXED_CODE,
  unknown: UNKNOWN,
}

const OF_DATA: WordsByClass = {
  data: DATA,
  'read-only': CONSTANT,
  'init-data': INIT_DATA,
  'init-code': INIT_DATA,
  percpu: PERCPU,
  tls: TLS,
  unknown: UNKNOWN,
  'boot-constants': BOOT_CONSTANT,
  code: CONSTANT,
  'fixed-code': FIXED_CODE,
}

const OF_UNNAMED: WordsByClass = {
  ...OF_DATA,
  code: FIXED_CODE,
  'init-code': INIT_CODE,
  entries: {
    code: 'unowned-entry',
    what: 'is an entry of a special section that belongs to no function',
    hint: 'see what the patch changes in assembly; such entries cannot be carried over',
  },
}

const OF_NEW_DATA: WordsByClass = { percpu: PERCPU, tls: TLS, unknown: UNKNOWN, 'boot-constants': BOOT_CONSTANT }

/** What the running system has gathered: whether one comes or goes, nobody would look at it again. */
const GATHERED: WordsByClass = { unknown: UNKNOWN, 'boot-constants': BOOT_CONSTANT }

/** What the words for a system that boots are in a program. */
const IN_PROGRAMS: ReadonlyMap<Words, Words> = new Map([
  [INIT_CODE, START_CODE],
  [INIT_DATA, START_DATA],
])

/** As a user of the loader can follow them. */
function wordsFor(words: Words, { startMemory, waysOut }: Loader): PlainWords {
  const own = startMemory === 'kept' ? (IN_PROGRAMS.get(words) ?? words) : words
  const { hint } = own
  return { ...own, hint: typeof hint === 'string' ? hint : hint(waysOut) }
}

const LAYOUT: Words = {
  code: 'data-layout',
  what: 'exists in the running system with another size, alignment or kind of section',
  hint: 'keep the object as it is and put what is new into an object of its own',
}

/** It went from `.bss` to `.data`, or back, and is what it was otherwise. */
const FIRST_VALUE: Words = {
  code: 'data-layout',
  what: 'is given a first value where it had none, or the other way round, so that its kind of section is another; the running system has its own value by now',
  hint: HOOK,
}

/** New data of these classes is a request that the running system can no longer fulfil, even if nothing refers to it. */
const NEVER_NEW: readonly string[] = [
  ...['.initcall', '.init.setup', '.init_array', '.fini_array', '.ctors', '.dtors'],
  ...['.init.rodata.cf_clobber', '.init.data.cf_clobber'],
]

export interface UnitContext {
  readonly unit: string
  readonly loader: Loader
}

/** The refusal for a changed function; undefined when its section is ordinary code. */
export function functionRefusal(
  context: UnitContext,
  judged: Judged,
  map: PieceMap<Side>,
  piece: Piece<Side>,
): Refusal | undefined {
  const isEntry = context.loader.entersOnce(judged.name) && !piece.local
  // Without optimisation, `main` lies among other code.
  const ofItsPlace = isEntry ? START_CODE : isExit(map, piece) ? EXIT_CODE : OF_CODE[sectionClassOf(map, piece)]
  const words = (isPlain(context, map, piece) && !isEntry ? undefined : ofItsPlace) ?? indirectWords(map, piece)
  return words === undefined ? undefined : refusal(context, judged, words)
}

const isExit = ({ object }: PieceMap<Side>, { section }: Piece<Side>) =>
  object.sections[section]?.name.startsWith('.exit.text') === true

/**
 * Whether code is ordinary, whatever its section's name says: it runs wherever it was put; and `.text.startup` is where
 * -ffunction-sections puts a function that is called startup. What a compiler takes for start-up code, `main` and
 * constructors, has its own name behind that.
 */
function isPlain({ loader }: UnitContext, map: PieceMap<Side>, piece: Piece<Side>): boolean {
  if (!loader.runsAnywhere) return false
  const isOfItsName = map.object.sections[piece.section]?.name === `.text.${piece.name}`
  return isOfItsName || sectionClassOf(map, piece) === 'unknown'
}

/** The refusal for a data object with a verdict other than same; undefined when it is no obstacle. */
export function dataRefusal(
  context: UnitContext,
  judged: Judged,
  map: PieceMap<Side>,
  piece: Piece<Side>,
): Refusal | undefined {
  const sectionClass = sectionClassOf(map, piece)
  if (sectionClass === 'hooks' || sectionClass === 'directive' || isOfStart(context, map, piece)) return undefined
  if (judged.verdict.kind === 'new' || judged.verdict.kind === 'gone') {
    const gathered = GATHERED[sectionClass]
    if (gathered !== undefined) return refusal(context, judged, gathered)
    const name = map.object.sections[piece.section]?.name ?? ''
    return NEVER_NEW.some(prefix => name.startsWith(prefix)) ? refusal(context, judged, INIT_DATA) : undefined
  }
  const isOrdinary = sectionClass === 'data' || sectionClass === 'read-only'
  const because = judged.verdict.kind === 'changed' ? judged.verdict.because.what : undefined
  if (isOrdinary && (because === 'size' || because === 'section' || because === 'alignment')) {
    return refusal(context, judged, isFirstValue(judged) ? FIRST_VALUE : LAYOUT)
  }
  const words = OF_DATA[sectionClass]
  return words === undefined ? undefined : refusal(context, judged, words)
}

/** Of a changed constant that is a variable, or may be, in the source. */
export function unwrittenRefusal(context: UnitContext, judged: Judged, kind: Unwritten): Refusal {
  return refusal(context, judged, UNWRITTEN[kind])
}

/** The same of one that no verdict is about, since it lies among those that linkers merge. */
export function mergedRefusal(unit: string, symbol: string, kind: Unwritten): Refusal {
  const { code, what, hint } = UNWRITTEN[kind]
  return { code, unit, symbol, text: `${symbol} changed; it ${what}`, hint }
}

/** One that is of another size besides no hook can set: it has no room. */
function isFirstValue({ verdict, ...pieces }: Judged): boolean {
  if (verdict.kind !== 'changed' || verdict.because.what !== 'section') return false
  if (pieces.original?.size !== pieces.patched?.size) return false
  const { original, patched } = verdict.because
  const [zeros, values] = [/^\.bss(?:\.|$)/, /^\.data(?!\.rel\.ro|\.read_mostly|\.ro)(?:\.|$)/]
  return (zeros.test(original) && values.test(patched)) || (values.test(original) && zeros.test(patched))
}

/** The refusal for bytes that nothing names. */
export function unnamedRefusal(
  context: UnitContext,
  judged: Judged,
  map: PieceMap<Side>,
  piece: Piece<Side>,
): Refusal | undefined {
  if (isOfStart(context, map, piece)) return undefined
  return refusal(context, judged, OF_UNNAMED[sectionClassOf(map, piece)] ?? UNKNOWN)
}

/** Whether it only says where the starting system writes: `start-constants.ts` sees to the code. */
export function isOfStart({ loader }: Pick<UnitContext, 'loader'>, map: PieceMap<Side>, piece: Piece<Side>): boolean {
  return loader.writtenAtStart(map.object.sections[piece.section]?.name ?? '') !== undefined
}

/** Whether `piece` is freed once the system is up, by its section. */
export function isFreedAfterStart({ loader }: UnitContext, map: PieceMap<Side>, piece: Piece<Side>): boolean {
  const sectionClass = sectionClassOf(map, piece)
  return loader.startMemory === 'freed' && (sectionClass === 'init-code' || sectionClass === 'init-data')
}

/** Why a reference to what was freed after boot is not allowed (`boot-time.ts`). */
export type ReachesInit = 'new' | 'followed' | 'entries-not-known'

const WHY_NOT: Readonly<Record<ReachesInit, string>> = {
  new: 'the running code does not refer to it in the same way',
  followed: 'the reference stands where the loader reads it while it loads the payload, whether it is ever run or not',
  'entries-not-known':
    'special entries of the function are of a kind of which it is not known what the loader reads while it loads the payload',
}

/** The words for a reference to what was freed after boot. */
export function reachesInit(from: string, name: string, why: ReachesInit): Omit<Refusal, 'unit'> {
  return {
    code: 'reaches-init',
    symbol: from,
    text: `${from} refers to ${name}, whose memory is freed once the system is up, and ${WHY_NOT[why]}`,
    hint: 'change a function that it calls instead, or move the change to where no boot-time code or data is used',
  }
}

/** The refusal for what is new and the payload would have to bring; undefined when it can. */
const HIDDEN: Words = {
  code: 'hidden-reference',
  what: 'holds distances within its own section, of which no relocation tells where they lead',
  hint: 'let the compiler give each object a section of its own: -fdata-sections, and no section attribute on what the table leads to',
}

export function newRefusal(
  context: UnitContext,
  from: string,
  map: PieceMap<Side>,
  piece: Piece<Side>,
): Refusal | undefined {
  const sectionClass = sectionClassOf(map, piece)
  const isCode = piece.kind === 'function' && isPlain(context, map, piece)
  const hidden = hidesDistances(piece) ? HIDDEN : undefined
  const words = hidden ?? (isCode ? undefined : OF_NEW_DATA[sectionClass]) ?? indirectWords(map, piece)
  if (words === undefined) return undefined
  const { code, what, hint } = wordsFor(words, context.loader)
  return {
    code,
    unit: context.unit,
    symbol: piece.name,
    text: `${piece.name}, which ${from} uses, is new and ${what}`,
    hint,
  }
}

function indirectWords(map: PieceMap<Side>, { symbols }: Piece<Side>): Words | undefined {
  return symbols.some(id => map.object.symbols[id]?.kind === 'indirect-function') ? INDIRECT : undefined
}

function refusal({ unit, loader }: UnitContext, judged: Judged, words: Words): Refusal {
  const { code, what, hint } = wordsFor(words, loader)
  const verdict = judged.verdict.kind === 'new' ? 'is new' : judged.verdict.kind === 'gone' ? 'is gone' : 'changed'
  const detail = judged.verdict.kind === 'changed' ? ` (${verdictReason(judged.verdict).text})` : ''
  return { code, unit, symbol: judged.name, text: `${judged.name} ${verdict}${detail}; it ${what}`, hint }
}
