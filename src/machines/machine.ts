/**
 * What is known of a CPU, as one value for each: relocation types and their fields, questions about code that only the
 * instruction set answers, and what a patch of a running function is made of.
 *
 * A machine may be known in part. One of which nothing is known still answers, and every answer is "not known": whoever
 * asks then compares bytes and relocations as they are, says "changed", or refuses. It is tempting to let x86-64 answer
 * for the others, since most fields look alike; that is how a pair of AArch64 instructions would be called the same.
 *
 * To add a machine: a folder beside `x86-64/` with its value, and a row in `machines.ts`. What is not known there stays
 * undefined; there are no defaults.
 */

/** Some bits of a little-endian word, which hold the next bits of the value, the lowest first. */
export interface BitRange {
  /** Position in the word, 0 the lowest. */
  readonly at: number
  readonly count: number
}

/** Where a relocation puts its value. */
export interface RelocationField {
  /** Of the word that the field is part of; 0 for types that fill nothing. */
  readonly bytes: 0 | 1 | 2 | 4 | 8
  /** The word's bits that take the value; empty where they are all of the word. */
  readonly bits: readonly BitRange[]
  /** How many of the value's low bits are not stored. */
  readonly shift: number
}

export interface RelocationType {
  readonly field: RelocationField
  /** The value is S + A - P rather than S + A; for pages, the distance between theirs. */
  readonly pcRelative: boolean
  /** A place takes two instructions: one has the distance of its page, another where in the page it is. */
  readonly part?: 'page' | 'in-page'
  /** How the field becomes an address, where a linker makes sure that it does: an absolute one of four bytes. */
  readonly extended?: 'sign' | 'zero'
  /** Reaches its symbol through a table (GOT, PLT) or a thread's block, not directly. */
  readonly indirect?: 'got' | 'plt' | 'tls' | 'ifunc'
}

/** A part of an instruction that holds a number: an immediate or a displacement. Offsets are in the code given. */
export interface NumberField {
  readonly offset: number
  /** Bits that the number has. */
  readonly bits: number
  /** The lowest of them, counted from the lowest of the byte at `offset`; 0 where absent. */
  readonly at?: number
}

/** A place that code leads to by a distance of its own, without a relocation. */
export interface HiddenReference {
  /** Of the instruction, within the code; the code's length where it runs on past its end. */
  readonly offset: number
  /** What it leads to, counted from the code's start; may be negative. */
  readonly target: number
}

/** Places of relocated fields in a function's code, and what is asked. */
export interface Fields {
  readonly relocated: ReadonlySet<number>
  /** Those that lead to other parts of the function. */
  readonly toParts: ReadonlySet<number>
  /** Whether writing at the address in question is nothing to be told. */
  readonly mayWrite: boolean
  /** Whether what it returns surely fits into one register. */
  readonly returnsOne: boolean
}

/** What a function does, as far as it shows which of two sources it was compiled from. */
export interface Accesses {
  /** Distances from a register (not the stack's, not the instruction pointer) at which one byte is read or written. */
  readonly bytes: ReadonlySet<number>
  /** Whether its second argument is read before anything writes it. */
  readonly usesSecondArgument: boolean
  /** Whether it sets the switch that lets the processor write to read-only memory. */
  readonly setsControl: boolean
  /** Numbers that stand in its instructions, addresses and distances left out. */
  readonly numbers: ReadonlySet<number>
}

/** What code does that is there after it has run, as far as its instructions show it. */
export interface Effects {
  /** Writes to what a relocated field names. */
  readonly stores: readonly {
    readonly field: number
    /** Bytes from the field to the end of its instruction, from where the processor counts a distance. */
    readonly behind: number
    /** How many are written. */
    readonly bytes: number
    /** What is written, where the instruction says it. */
    readonly value: bigint | undefined
    /** Whether it goes to the place that the field names, and not by a register to one behind it. */
    readonly isPlaced: boolean
  }[]
  /** What sets the processor: `wrmsr 0xc0011029`, `mov to cr4`; a number is what the instructions before it load. */
  readonly processor: readonly string[]
  /** How many writes go where registers lead, other than into the own frame. */
  readonly elsewhere: number
}

/** An instruction in words. */
export interface InstructionText {
  readonly start: number
  readonly end: number
  /** As an assembler takes it; numbers in relocated fields are what stands there. */
  readonly text: string
  /** Of a direct jump or call: its name, and where it goes, counted from the start of the code. */
  readonly branch?: { readonly name: string; readonly target: number }
}

/** Questions about code. `code` begins with an instruction; fields and offsets are within it. */
export interface ReadInstead {
  /** Where the instruction begins. */
  readonly at: number
  readonly bytes: Uint8Array
  /** Where the field is that leads to the variable, empty, and how it is relocated (R_*). */
  readonly field: number
  readonly type: number
  readonly addend: bigint
}

export interface CodeKnowledge {
  /**
   * For a PC-relative field that ends its instruction, the bytes between what the relocation counts from and what the
   * processor counts from; and the most that an instruction can have behind the field.
   */
  readonly fieldBias: { readonly plain: number; readonly mostBehind: number }
  /** Whether a PC-relative field is the last of its instruction, by the bytes before it. False says nothing. */
  readonly endsWithField: (code: Uint8Array, field: number) => boolean
  /**
   * For each of `fields`, ascending, the bytes from the field to the end of its instruction; what is no instruction is left
   * out.
   */
  readonly bytesToInstructionEnd: (code: Uint8Array, fields: readonly number[]) => ReadonlyMap<number, number>
  /** Whether the field is that of a call or jump, which only goes there and keeps no address. */
  readonly isBranchField: (code: Uint8Array, field: number) => boolean
  /**
   * Whether the code may do more with the address in `fields` than look at what is there: keep it, or compare it. In doubt,
   * yes.
   */
  readonly keepsAddress: (code: Uint8Array, fields: readonly number[], others: Fields) => boolean
  /**
   * Whether the field is that of an instruction which only computes the address, and looks at nothing there. In doubt, no.
   */
  readonly isAddressField: (code: Uint8Array, field: number) => boolean
  /**
   * The field of the direct call (or of the jump that is one) whose first argument is the address in `field`, where nothing looks at that before;
   * undefined where anything else may come of it, and where that is not looked at.
   */
  readonly takenByCall: ((code: Uint8Array, field: number) => number | undefined) | undefined
  /** Whether the code before `at` ends in a jump with a relocated field, so that nothing falls through. */
  readonly endsInJump: (code: Uint8Array, relocated: ReadonlySet<number>, at: number) => boolean
  /** For each of `offsets`, ascending, the immediate or displacement that the byte is part of, if it is. */
  readonly numberFieldsAt: (code: Uint8Array, offsets: readonly number[]) => ReadonlyMap<number, NumberField>
  /**
   * For an instruction with a placeholder of 8 bytes at `field`, where a starting system writes a number: one of the same size
   * that reads the number from a variable. Undefined where it is another instruction, or that is not known.
   */
  readonly readInstead: ((code: Uint8Array, field: number) => ReadInstead | undefined) | undefined
  /** Numbers that instructions may hold, wherever they stand: rather one too many. */
  readonly heldNumbers: (code: Uint8Array) => ReadonlySet<number>
  /**
   * The references of `code` that leave it without a relocation. A compiler ends a function in a call only where that
   * does not return; `callsReturn` is for code whose end nobody stated.
   */
  readonly hiddenReferences: (
    code: Uint8Array,
    relocated: ReadonlySet<number>,
    callsReturn?: boolean,
  ) => readonly HiddenReference[]
  /**
   * The page that the instruction at `address` names in a linked program, `own` being what the compiler wrote there: linkers
   * exchange some of these for others that name the same. Undefined where it is another instruction, or no machine's way.
   */
  readonly pageNamed: (own: Uint8Array, linked: Uint8Array, address: bigint) => bigint | undefined
  /** What code does with memory and registers, as far as it tells sources apart. */
  readonly accessesOf: (code: Uint8Array) => Accesses
  /** What is there after it has run, by its relocated fields; undefined where that is not looked at. */
  readonly effectsOf: ((code: Uint8Array, fields: ReadonlySet<number>) => Effects) | undefined
  /** How many direct calls, jumps out included, lead from the code at `address` to `target`. */
  readonly callsTo: (target: bigint, code: { readonly address: bigint; readonly bytes: Uint8Array }) => number
  /** Where the code at `address` names one of `targets` itself, in its order; `at` counts instructions. */
  readonly referencesTo: (
    targets: readonly bigint[],
    code: { readonly address: bigint; readonly bytes: Uint8Array },
  ) => readonly { readonly at: number; readonly target: bigint }[]
  /**
   * Offsets of what may be a field that leads to `target`, in code that lies at `address`: rather one too many. Undefined where
   * that is not known.
   */
  readonly mayLeadTo:
    | ((
        target: number,
        code: { readonly address: number; readonly bytes: Uint8Array; readonly isFixed: boolean },
      ) => readonly number[])
    | undefined
  /** The code for people to read, from its first instruction to its last. Nothing is decided by it. */
  readonly texts: (code: Uint8Array) => readonly InstructionText[]
  /** The number that a function loads and returns with, if that is all it does. */
  readonly returnedNumber: (code: Uint8Array) => number | undefined
  /** Names of what compilers call or jump to in place of an indirect jump, with the target in a register. */
  readonly jumpThunks: RegExp
  /** Whether it computes the address of a place within itself without a relocation, other than to jump there. */
  readonly takesPlaces: (code: Uint8Array, relocated: ReadonlySet<number>) => boolean
  readonly indirectJumps: (code: Uint8Array, around: Surroundings) => IndirectJumps
  /** Whether code has a loop and no way out of itself. In doubt, no. */
  readonly isEndless: (code: Uint8Array, relocated: readonly number[]) => boolean
}

/** Places within code, as its object tells of them. */
export interface Surroundings {
  /** Of relocated fields. */
  readonly relocated: ReadonlySet<number>
  /** Those relocated fields, other than of calls, that name a place of the code's function. */
  readonly own: ReadonlySet<number>
  /** Those whose address something has. */
  readonly labels: ReadonlySet<number>
  /** Those that code beside it goes to; the start is always one. */
  readonly entered: ReadonlySet<number>
}

/** Where code goes by indirect jumps. */
export interface IndirectJumps {
  /** Whether one goes to what is read from memory that no instruction of the code names. In doubt, yes. */
  readonly isElsewhere: boolean
  /** The instructions that name the tables which all others read, or where they go. */
  readonly tables: readonly { readonly start: number; readonly end: number }[]
}

/** A jump through a slot of a table. */
export interface IndirectStub {
  readonly bytes: Uint8Array
  /** Where in `bytes` the distance to the slot is, and what its addend begins with. */
  readonly field: number
  readonly bias: bigint
}

/** Code that makes a stretch of code ready to run, which was written as data, and goes on elsewhere. */
export interface ReadyingCode {
  readonly bytes: Uint8Array
  /** Fields that take addresses, by R_*: where the stretch starts and ends, and what comes behind. */
  readonly fields: readonly { readonly offset: number; readonly type: number; readonly to: 'start' | 'end' | 'rest' }[]
}

/** What a patch of a running function is made of. */
export interface PatchingKnowledge {
  /** What is written over the start of a replaced function. */
  readonly trampoline: {
    /** Bytes of the jump. */
    readonly size: number
    /** The jump over a distance, which counts from its own end. */
    readonly jump: (distance: number) => Uint8Array
    /** The instruction that stays in front of it. */
    readonly landingPad: readonly number[]
    /** The new code lies less than this many bytes away, in either direction. */
    readonly reach: number
  }
  /** Undefined where no call is switched off. */
  readonly calls: CallKnowledge | undefined
  /** So many bytes that do nothing. */
  readonly nops: (length: number) => Uint8Array
  /** Fills the gaps between functions: a trap. */
  readonly padding: number
  /** Whether processors of this machine may take the code wrongly if it begins at that place of a page of 4 KiB. */
  readonly mustNotLieAt: (code: Uint8Array, place: number) => boolean
  /** R_* of an address of 8 bytes. */
  readonly addressRelocation: number
  /** R_* of a signed distance of 4 bytes, counted from the field. */
  readonly distanceRelocation: number
  /** Undefined where a processor sees by itself what was written. */
  readonly readying: ReadyingCode | undefined
  /** What a module of the Linux kernel runs when it comes and goes; undefined where none can be made. */
  readonly moduleCode: ModuleCode | undefined
  /** Undefined where no loader takes references that need one. */
  readonly indirectStub: IndirectStub | undefined
}

/** What has to be known of a call that is filled with what does nothing. */
export interface CallKnowledge {
  /** The call that a branch's relocated field belongs to; undefined of one that does not come back behind itself. */
  readonly callAt: (code: Uint8Array, field: number) => { readonly at: number; readonly size: number } | undefined
  /** Where it goes that stands at `address`; undefined of what is no such call. */
  readonly callee: (bytes: Uint8Array, address: bigint) => bigint | undefined
  /** Whether a function has a way back to who called it, and which others it may end in. */
  readonly exits: (
    code: Uint8Array,
    address: bigint,
  ) => { readonly returns: boolean; readonly jumps: readonly bigint[] }
}

/** Code of a live patch for Linux that is run when it is loaded (`init`) and unloaded (`exit`). */
export interface ModuleCode {
  /** The function that code returns through, where the kernel has it. */
  readonly returnThunk: string
  /** For a build-id of so many bytes. Compares it with the kernel's, then hands the patch over; else answers -ENOEXEC. */
  readonly init: (idSize: number, hasThunk: boolean) => ModuleText
  readonly exit: (idSize: number, hasThunk: boolean) => ModuleText
}

export interface ModuleText {
  readonly bytes: Uint8Array
  readonly fields: readonly {
    readonly offset: number
    /** R_* number. */
    readonly type: number
    readonly to: 'id' | 'patch' | { readonly name: string }
    readonly addend: number
  }[]
}

export interface Machine {
  /** As people call it: `x86-64`; `machine 40` where it has no name here. */
  readonly name: string
  /** EM_*. */
  readonly number: number
  /** What is known of a relocation type; undefined where there is no row. */
  readonly relocationType: (type: number) => RelocationType | undefined
  /**
   * Whether `bytes`, all of them, are what an assembler fills up code with. The bytes alone never prove it: whoever asks
   * must know that nothing leads to them. Undefined where that is not known; then nothing is padding.
   */
  readonly isPadding: ((bytes: Uint8Array) => boolean) | undefined
  /**
   * Whether a relocated field of code reaches the symbol plus the addend and nothing else. Not so where a distance counts
   * from the end of the instruction, or somebody's convention; false where that is not known.
   */
  readonly addendsAreExact: boolean
  /** Programs like GNU objdump that name its instructions, where `code.texts` only gives their words; the likeliest first. */
  readonly disassemblers: readonly string[]
  /** Undefined where its instructions are not known: it can be compared, byte by byte. */
  readonly code: CodeKnowledge | undefined
  /** Undefined where no payload can be made for it. */
  readonly patching: PatchingKnowledge | undefined
}

/** The least size in bytes of a function that can be replaced, given whether it starts with a landing pad. */
export function smallestFunction({ trampoline }: PatchingKnowledge, startsWithPad: boolean): number {
  return trampoline.size + (startsWithPad ? trampoline.landingPad.length : 0)
}

export function startsWithLandingPad({ trampoline }: PatchingKnowledge, code: Uint8Array): boolean {
  const { landingPad } = trampoline
  return code.length >= landingPad.length && landingPad.every((byte, at) => code[at] === byte)
}
