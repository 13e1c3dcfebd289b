// What 'hotsplice/elf' exports. Made from src/library/elf.ts by `npm run api`; not to be edited.

declare const owner: unique symbol;

/**
 * The parts of a file that can be printed, in their order.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { DUMP_VIEWS } from 'hotsplice/elf'
 *
 * assert.equal(DUMP_VIEWS[0], 'header')
 * ```
 */
export declare const DUMP_VIEWS: readonly DumpView[];

/** What `dumpElf` takes besides. */
export interface DumpOptions {
    /**
     * Which parts to print.
     *
     * @default all of them
     */
    readonly views?: readonly DumpView[];
}

/** A part of a file, as readelf prints it. */
export type DumpView = 'header' | 'sections' | 'groups' | 'relocations' | 'symbols' | 'notes';

/** A relocation that the dynamic linker does. */
export interface DynamicRelocation extends Pick<ElfRelocation<Side>, 'type' | 'addend'> {
    readonly address: bigint;
    /** Position in the dynamic symbols; 0 where there is none. */
    readonly symbol: number;
}

/** A section of such relocations. */
export interface DynamicRelocations<S extends Side> {
    readonly section: ElfSection<S>;
    readonly relocations: readonly DynamicRelocation[];
}

/** A symbol of `.dynsym`. Its position in the list is its number, and no `SymbolId`. */
export type DynamicSymbol<S extends Side> = Omit<ElfSymbol<S>, 'id'>;

/** SHT_GROUP: members live or die together (COMDAT). */
export interface ElfGroup<S extends Side> {
    readonly section: SectionId<S>;
    readonly signature: SymbolId<S>;
    readonly flags: number;
    readonly members: readonly SectionId<S>[];
}

/** What the ELF header says. */
export interface ElfHeader {
    /** ET_*: 1 relocatable, 2 executable, 3 shared. */
    readonly type: number;
    /** EM_*: 62 x86-64, 183 AArch64. */
    readonly machine: number;
    readonly osAbi: number;
    readonly abiVersion: number;
    readonly flags: number;
    readonly entry: bigint;
    readonly programHeaderCount: number;
    readonly programHeaderOffset: number;
    readonly sectionHeaderOffset: number;
    /** The section that holds the sections' names; 0 where there is none. */
    readonly sectionNameTable: number;
}

/** One note of a note section; `readNotes` finds them. */
export interface ElfNote {
    /** Within the section. */
    readonly offset: number;
    /** Who defines the types: 'GNU', 'Xen'. */
    readonly name: string;
    /** NT_*. */
    readonly type: number;
    readonly descriptor: Uint8Array;
}

/** A file, read and checked. */
export interface ElfObject<S extends Side> {
    readonly header: ElfHeader;
    /** Indexed by SectionId; entry 0 is the null section. */
    readonly sections: readonly ElfSection<S>[];
    /** Indexed by SymbolId; entry 0 is the null symbol. Empty when there is no `.symtab`. */
    readonly symbols: readonly ElfSymbol<S>[];
    /** For each section, the relocations that apply to it, in file order; empty where there are none. */
    readonly relocations: readonly (readonly ElfRelocation<S>[])[];
    readonly groups: readonly ElfGroup<S>[];
}

/** A place in a section that the linker or loader fills in. */
export interface ElfRelocation<S extends Side> {
    /** Within the section that is relocated. */
    readonly offset: number;
    /** R_X86_64_* or R_AARCH64_*; `arch/` knows what each means. */
    readonly type: number;
    /** 0 is the null symbol. */
    readonly symbol: SymbolId<S>;
    readonly addend: bigint;
}

/** A section with its bytes. */
export interface ElfSection<S extends Side> {
    readonly id: SectionId<S>;
    readonly name: string;
    /** SHT_*. */
    readonly type: number;
    /** SHF_* bits. */
    readonly flags: number;
    readonly address: bigint;
    /** Where its bytes lie in the file. */
    readonly fileOffset: number;
    readonly size: number;
    readonly link: number;
    readonly info: number;
    readonly alignment: number;
    readonly entrySize: number;
    /** The section's bytes, a view into the file; empty for SHT_NOBITS and SHT_NULL. */
    readonly bytes: Uint8Array;
}

/** A symbol, its place told in words. */
export interface ElfSymbol<S extends Side> {
    readonly id: SymbolId<S>;
    /** As written in the string table; empty for most section symbols. */
    readonly name: string;
    readonly kind: SymbolKind;
    readonly binding: 'local' | 'global' | 'weak' | 'other';
    readonly visibility: 'default' | 'internal' | 'hidden' | 'protected';
    /** Undefined, absolute and common symbols have no section; each is its own case. */
    readonly place: {
        readonly in: 'section';
        readonly section: SectionId<S>;
        readonly offset: number;
    } | {
        readonly in: 'absolute';
        readonly value: bigint;
    } | {
        readonly in: 'common';
        readonly alignment: number;
    }
    /**
     * In a program, the value of an undefined function may be the address of its PLT entry; else there is none. `reserved`
     * is the section number where it says who defines the symbol: 0xff20 in Linux's live patches.
     */
     | {
        readonly in: 'nowhere';
        readonly value?: bigint;
        readonly reserved?: number;
    };
    readonly size: number;
    /** Present only where the words above do not say everything: 'other', or further bits of st_other. */
    readonly raw?: SymbolFlags;
}

/** A number that means a thing of one kind on one side, and nothing elsewhere. */
export type Id<Kind extends string, S extends Side> = number & {
    readonly [owner]: readonly [Kind, S];
};

/**
 * Something outside was wrong: a file, an option, a tool. The message says what is so, with its values.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { diff, InputError } from 'hotsplice'
 *
 * try {
 *   await diff({ original: 'original.o', patched: 'fix.patch' })
 * } catch (error) {
 *   if (!(error instanceof InputError)) throw error
 *   console.error(error.code, error.message, error.trail, error.hint)
 *   assert.equal(error.code, 'elf/not-elf')
 * }
 * ```
 */
export declare class InputError extends Error {
    /** By which it is known without its class. */
    readonly name = "InputError";
    /** What was being done, innermost first; grows as the error travels outwards. */
    readonly trail: string[];
    /** Which error it is; docs/findings has a section on each. */
    readonly code: InputErrorCode;
    /** The way out, where there is one to tell. */
    readonly hint: string | undefined;
    /** `fact` says what is so, with the numbers; `hint` says what the reader can do about it. */
    constructor(code: InputErrorCode, fact: string, hint?: string);
}

/** `stage/what`, in lower case: `elf/truncated`, `source/hunk-failed`. One page of docs/findings explains each. */
export type InputErrorCode = `${string}/${string}`;

/** A group of sections that are kept or dropped together. */
export interface NewGroup {
    /** `.group` when absent. */
    readonly name?: string;
    /** Index in `NewObject.symbols`. */
    readonly signature: number;
    /** GRP_COMDAT is 1. */
    readonly flags: number;
    /** Indices in `NewObject.sections`; their `.rela` sections join them without being named. */
    readonly members: readonly number[];
}

/** What its header says. */
export interface NewHeader {
    /** EM_*. */
    readonly machine: number;
    /** e_flags; 0 when absent. */
    readonly flags?: number;
    /** ET_*; ET_REL when absent. */
    readonly type?: number;
    /** ELFOSABI_*; 0 when absent. Indirect functions need 3 (GNU). */
    readonly osAbi?: number;
    readonly abiVersion?: number;
}

/** An object to be written. */
export interface NewObject {
    readonly header: NewHeader;
    readonly sections: readonly NewSection[];
    /** In any order: the writer puts local symbols first, as the format asks, and otherwise keeps the order. */
    readonly symbols: readonly NewSymbol[];
    readonly groups?: readonly NewGroup[];
}

/** A place in a section, and what goes there. */
export interface NewRelocation {
    readonly offset: number;
    /** R_X86_64_* or R_AARCH64_*. */
    readonly type: number;
    /** Index in `NewObject.symbols`, or none at all. */
    readonly symbol: number | 'none';
    readonly addend: bigint;
}

/** A section of relocations with a name of its own. */
export interface NewRelocations {
    readonly name: string;
    /** SHF_* bits beside SHF_INFO_LINK. */
    readonly flags: number;
    readonly relocations: readonly NewRelocation[];
}

/** A section with its content and relocations. */
export interface NewSection {
    readonly name: string;
    /** SHT_*. */
    readonly type: number;
    /** SHF_* bits. SHF_GROUP is added by the writer for members of a group. */
    readonly flags: number;
    /** 0, 1 or a power of two. */
    readonly alignment: number;
    readonly entrySize?: number;
    /** The content; absent for SHT_NOBITS, which has `size` instead. */
    readonly bytes?: Uint8Array;
    readonly size?: number;
    /** Those that apply to this section; they become `.rela<name>`. */
    readonly relocations?: readonly NewRelocation[];
    /** More of them, in sections that somebody else than a linker reads; they come behind `.rela<name>`. */
    readonly furtherRelocations?: readonly NewRelocations[];
    /** sh_link, as an index in `NewObject.sections`. */
    readonly linkTo?: number;
    /** sh_info as it is; with SHF_INFO_LINK an index in `NewObject.sections`. */
    readonly info?: number;
}

/** A symbol and its place. */
export interface NewSymbol {
    readonly name: string;
    readonly kind: SymbolKind;
    readonly binding: 'local' | 'global' | 'weak' | 'other';
    /** 'default' when absent. */
    readonly visibility?: 'default' | 'internal' | 'hidden' | 'protected';
    readonly place: {
        readonly in: 'section';
        readonly section: number;
        readonly offset: number;
    } | {
        readonly in: 'absolute';
        readonly value: bigint;
    } | {
        readonly in: 'common';
        readonly alignment: number;
    } | {
        readonly in: 'nowhere';
        readonly value?: bigint;
        readonly reserved?: number;
    };
    readonly size: number;
    /** Needed where `kind` or `binding` is 'other'. */
    readonly raw?: SymbolFlags;
}

/** Index in the section header table. Names will not do: one object may hold several `.text.unlikely`. */
export type SectionId<S extends Side> = Id<'section', S>;

/** Which of the three objects in a run an id belongs to. */
export type Side = 'original' | 'patched' | 'payload';

/** The two bytes of a symbol table entry behind kind, binding and visibility. */
export interface SymbolFlags {
    /** st_info: binding * 16 + type. */
    readonly info: number;
    /** st_other: visibility in the lowest two bits. */
    readonly other: number;
}

/**
 * Position of a symbol in one object's `.symtab`. The side is part of the type, so an original index cannot be used
 * to look something up in the patched object; only a `Correlation` crosses sides.
 */
export type SymbolId<S extends Side> = Id<'symbol', S>;

/** STT_* in words. */
export type SymbolKind = 'untyped' | 'object' | 'function' | 'section' | 'file' | 'common' | 'tls' | 'indirect-function' | 'other';

/**
 * The build-id in the first note that has one.
 *
 * @param elf a file of any kind
 * @returns its bytes, as many as the linker wrote; undefined where there is none
 * @throws {InputError} for notes that do not fit their section
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { buildIdOf, readElf } from 'hotsplice/elf'
 *
 * assert.equal(buildIdOf(readElf(await readFile('fix.livepatch')))?.length, 20)
 * ```
 */
export declare function buildIdOf<S extends Side>(elf: Pick<ElfObject<S>, 'sections'>): Uint8Array | undefined;

/**
 * Prints an object as `readelf -hSgrsnW` does.
 *
 * @param elf the object
 * @param options which parts
 * @returns the text, each line ended
 * @throws {InputError} for notes that do not fit their section
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { dumpElf, readElf } from 'hotsplice/elf'
 *
 * const elf = readElf(await readFile('original.o'))
 * assert.match(dumpElf(elf, { views: ['symbols'] }), /FUNC +GLOBAL +HIDDEN +\d+ f1$/m)
 * ```
 */
export declare function dumpElf<S extends Side>(elf: ElfObject<S>, options?: DumpOptions): string;

/**
 * The relocations that the dynamic linker does: those of a linked file that do not belong to `.symtab`.
 *
 * @param elf a program or shared library
 * @returns each section with its relocations; empty for a relocatable object
 * @throws {InputError} for a table that is damaged
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readDynamicRelocations, readElf } from 'hotsplice/elf'
 *
 * const tables = readDynamicRelocations(readElf(await readFile(process.execPath)))
 * assert.ok(tables.some(({ section, relocations }) => section.name === '.rela.dyn' && relocations.length > 0))
 * ```
 */
export declare function readDynamicRelocations<S extends Side>(elf: ElfObject<S>): readonly DynamicRelocations<S>[];

/**
 * The symbols that the dynamic linker sees.
 *
 * @param elf a program or shared library
 * @returns the symbols of `.dynsym`, the null symbol first; empty where there is no such table
 * @throws {InputError} for a table that is damaged
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readDynamicSymbols, readElf } from 'hotsplice/elf'
 *
 * const names = readDynamicSymbols(readElf(await readFile(process.execPath))).map(({ name }) => name)
 * assert.ok(names.includes('napi_create_function'))
 * ```
 */
export declare function readDynamicSymbols<S extends Side>(elf: ElfObject<S>): readonly DynamicSymbol<S>[];

/**
 * Reads an ELF64 little-endian file. Everything that it claims is checked first.
 *
 * `S` says which side of a comparison the file is on; it is a matter of types only.
 *
 * @param bytes the file
 * @returns its sections, symbols, relocations and groups
 * @throws {InputError} for what is no such file or is damaged, with the place and the value
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf } from 'hotsplice/elf'
 *
 * const { header, symbols } = readElf(await readFile('original.o'))
 * assert.equal(header.type, 1)
 * assert.ok(symbols.some(({ kind, name }) => kind === 'function' && name === 'f2'))
 * ```
 */
export declare function readElf<S extends Side>(bytes: Uint8Array): ElfObject<S>;

/**
 * The notes of a section.
 *
 * @param section a section of type SHT_NOTE
 * @returns its notes, in their order
 * @throws {InputError} for a note that does not fit
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf, readNotes } from 'hotsplice/elf'
 *
 * const section = readElf(await readFile('fix.livepatch')).sections.find(({ name }) => name === '.note.gnu.build-id')
 * assert.ok(section !== undefined)
 * assert.equal(readNotes(section)[0]?.name, 'GNU')
 * ```
 */
export declare function readNotes<S extends Side>(section: ElfSection<S>): readonly ElfNote[];

/**
 * st_value as the file has it: an offset in a relocatable object, an address in a linked file, an alignment for common
 * symbols. A thread-local symbol of a linked file counts from the start of the template.
 *
 * @param elf the file
 * @param symbol one of its symbols
 * @returns the value
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf, symbolValue } from 'hotsplice/elf'
 *
 * const elf = readElf(await readFile('original.o'))
 * const f1 = elf.symbols.find(({ name }) => name === 'f1')
 * assert.ok(f1 !== undefined)
 * assert.equal(symbolValue(elf, f1), 0n)
 * ```
 */
export declare function symbolValue<S extends Side>(elf: Pick<ElfObject<S>, 'header' | 'sections'>, symbol: Omit<ElfSymbol<S>, 'id'>): bigint;

/**
 * Turns an object that was read into one that can be written, so that parts of it can be replaced on the way.
 *
 * @param elf a relocatable object
 * @returns the same, as `writeElf` takes it
 * @throws {InputError} for a linked file, and an object with sections that cannot be written again
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf, toNewObject, writeElf } from 'hotsplice/elf'
 *
 * const object = toNewObject(readElf(await readFile('original.o')))
 * const symbols = object.symbols.map(symbol => (symbol.name === 'f1' ? { ...symbol, name: 'renamed' } : symbol))
 * const again = readElf(writeElf({ ...object, symbols }))
 * assert.ok(again.symbols.some(({ name }) => name === 'renamed'))
 * ```
 */
export declare function toNewObject<S extends Side>(elf: ElfObject<S>): NewObject;

/**
 * Writes an ELF64 little-endian object. The same input gives the same bytes.
 *
 * @param object its sections and symbols
 * @returns the file
 * @throws {Error} for what makes no sense: an index that names nothing, a number that does not fit
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readElf, writeElf } from 'hotsplice/elf'
 *
 * const text = { name: '.text', type: 1, flags: 6, alignment: 16, bytes: Uint8Array.of(0xc3) }
 * const bytes = writeElf({ header: { machine: 62 }, sections: [text], symbols: [] })
 * assert.deepEqual(readElf(bytes).sections.map(({ name }) => name).slice(0, 2), ['', '.text'])
 * ```
 */
export declare function writeElf(object: NewObject): Uint8Array;

export {}
