/** What a compile can be asked to leave, and the options that ask for it. To add one: a row. */
import { liveText } from '../ctext/live-text.ts'
import { outlineOf } from '../ctext/outline.ts'
import { packUsed } from '../ctext/used-names.ts'
import { debugSections, packSections } from '../dwarf/index.ts'
import { checkWhole32, isClass32, readElf } from '../elf/index.ts'

export type Product =
  | 'object'
  /** The text without line markers. */
  | 'preprocessed'
  /** An `Outline` of that text, as JSON: enough to tell whether two texts declare the same. */
  | 'outline'
  /** A digest of that text without what nobody uses; empty where that cannot be told. */
  | 'live'
  /** What the text uses of macros and inline functions, by their names; empty where that cannot be told. */
  | 'used'
  /** The macros that are defined at the end of the text, a line each. */
  | 'macros'
  | 'assembler'
  /** Nothing but the names of what was read. */
  | 'reads'
  /** Debug information, written before optimisation; empty where the compiler does not do that. */
  | 'types'
  /** Debug information as any compiler writes it. */
  | 'clang-types'
  | 'plain-types'
  /** The object as it is, with its debug information. */
  | 'debug-object'

export interface Making {
  readonly options: readonly string[]
  /** Options of the unit's command that would leave what nobody here reads. */
  readonly without?: ReadonlySet<string>
  /** Whether the compiler makes an object on the way, so that `-c` stays. */
  readonly compiles: boolean
  /** What is kept of the compiler's file; an InputError where it is not what was asked for. */
  readonly keep: (made: Uint8Array) => Uint8Array
  /** Goes up where `keep` makes another thing of the same file, so that nothing older is taken for it. */
  readonly version?: number
}

/**
 * Nothing is kept that cannot be read: a full disk behind a wrapper leaves half an object, and all is said to be well.
 * Boot code is compiled for 32 bits. Nobody looks into it, but it is compared with what it was.
 */
const readable = (made: Uint8Array) => {
  if (isClass32(made)) checkWhole32(made)
  else readElf(made)
  return made
}

const whole = (made: Uint8Array) => made

/** Warnings were given when the tree was built; another pass of the compiler may have others. */
const DEBUG = ['-w', '-g', '-gdwarf-5', '-gno-split-dwarf', '-fno-debug-types-section', '-gz=none']
/** Offsets of 64 bits in debug information are for objects of more than 4 GiB. */
const WIDE = new Set(['-gdwarf64'])
/** Nothing is generated: the linker would do that. The passes that are left out change no declaration. */
const EARLY = ['-flto', '-fno-fat-lto-objects', '-fno-early-inlining', '-fno-tree-fre', '-fno-tree-vrp']

/** gcc tells of a class of C++ with virtual functions in one unit only, unless it is told to always do so. */
const CLASSES = ['-femit-class-debug-always']
/** clang tells of classes, and of structures, where they are made; gcc does not know the option. */
const ALONE = ['-fstandalone-debug']

/**
 * gcc then does not remember which macro each word came from, which takes a quarter of the time and is only for what it says of
 * mistakes. Compilers that do not know it do not know `-dU` either.
 */
const WITHOUT_PLACES = '-ftrack-macro-expansion=0'

export const PRODUCTS: Readonly<Record<Product, Making>> = {
  object: { options: [], compiles: true, keep: readable },
  preprocessed: { options: ['-E', '-P'], compiles: false, keep: whole },
  outline: { options: ['-E', '-P'], compiles: false, keep: outline, version: 4 },
  live: { options: ['-E'], compiles: false, keep: live, version: 9 },
  used: { options: ['-E', '-dU', WITHOUT_PLACES], compiles: false, keep: used, version: 3 },
  macros: { options: ['-E', '-dM'], compiles: false, keep: whole },
  assembler: { options: ['-S', '-g0'], compiles: false, keep: whole },
  reads: { options: ['-E'], compiles: false, keep: () => new Uint8Array() },
  types: { options: [...DEBUG, ...CLASSES, ...EARLY], without: WIDE, compiles: true, keep: types },
  'clang-types': { options: [...DEBUG, ...ALONE], without: WIDE, compiles: true, keep: types },
  'plain-types': { options: DEBUG, without: WIDE, compiles: true, keep: types },
  'debug-object': { options: DEBUG, without: WIDE, compiles: true, keep: readable, version: 2 },
}

function outline(made: Uint8Array): Uint8Array {
  return Buffer.from(JSON.stringify(outlineOf(textOf(made))))
}

function live(made: Uint8Array): Uint8Array {
  return Buffer.from(liveText(made) ?? '')
}

function used(made: Uint8Array): Uint8Array {
  return Buffer.from(packUsed(made), 'latin1')
}

const textOf = (made: Uint8Array) => Buffer.from(made.buffer, made.byteOffset, made.length).toString('latin1')

/** Only the debug information: what is compiled beside it is many times as much. */
function types(made: Uint8Array): Uint8Array {
  // Some compilers leave no ELF file when code generation is put off.
  const isElf = made[0] === 0x7f && made[1] === 0x45
  const sections = isElf ? debugSections(readElf<'original'>(made)) : undefined
  return sections === undefined ? new Uint8Array() : packSections(sections)
}

/**
 * What takes the place of a product where a source is assembled as it is: its text is its preprocessed text, and what it
 * reads only the assembler knows. Undefined for the text.
 */
export function plainMaking(product: Product): Making | undefined {
  if (product === 'object') return PRODUCTS.object
  return product === 'reads' ? { ...PRODUCTS.object, keep: PRODUCTS.reads.keep } : undefined
}
