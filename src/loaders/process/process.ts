/**
 * A running Linux process. Its loader is ours (`hosts/process`), so the payload has the form that Xen's has; but a
 * program's code reaches its libraries through tables that only its own link has made, so the payload brings its own.
 */
import {
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_GOTPCREL,
  R_X86_64_GOTPCRELX,
  R_X86_64_NONE,
  R_X86_64_PC32,
  R_X86_64_PC64,
  R_X86_64_PLT32,
  R_X86_64_REX_GOTPCRELX,
} from '../../machines/x86-64/relocation-numbers.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { Denial, Loader, RelocationWay } from '../loader.ts'
import { LIST_HOOKS, SINGLE_HOOKS } from '../payload-sections.ts'
import { COMMON_SECTIONS, rows, sectionClasses } from '../sections.ts'

/** The narrow ones fit only where the pool lies low enough; the loader checks each. TLS and IRELATIVE are not here. */
const OF_X86_64: ReadonlyMap<number, RelocationWay> = new Map([
  [R_X86_64_NONE, 'drop'],
  [R_X86_64_64, 'as-is'],
  [R_X86_64_PC32, 'as-is'],
  [R_X86_64_PC64, 'as-is'],
  [R_X86_64_32, 'as-is'],
  [R_X86_64_32S, 'as-is'],
  [R_X86_64_PLT32, 'plt'],
  [R_X86_64_GOTPCREL, 'got'],
  [R_X86_64_GOTPCRELX, 'got'],
  [R_X86_64_REX_GOTPCRELX, 'got'],
])

/** C++ ABI for Itanium, "Exception Handling": the unwinder looks each frame up in tables that the program's link made. */
const UNWINDING: Denial = {
  code: 'unwinding',
  why: 'its unit is compiled with exceptions enabled, so one may pass through it, and a payload has no unwind tables: an exception that reaches the new code would end the program',
  hint: 'where no exceptions are used, compile the unit with -fno-exceptions; otherwise put the change into a C function that no exception passes',
}

/** To add a machine: a row. */
const RELOCATIONS: ReadonlyMap<number, ReadonlyMap<number, RelocationWay>> = new Map([[X86_64.number, OF_X86_64]])

/** Nothing special but what every ELF file has; hook and directive sections are ours. */
const sectionClass = sectionClasses([
  // Destructors, which gcc puts there, have their turn still to come.
  ...rows('code', '.text.exit', '.text.exit.*'),
  ...rows('hooks', '.livepatch.hooks.*'),
  ...rows('directive', '.livepatch.ignore.*', '.modinfo'),
  ...rows('read-only', '.gcc_except_table', '.gcc_except_table.*'),
  ...COMMON_SECTIONS,
])

export const PROCESS: Loader = {
  name: 'process',
  title: 'the loader for processes',
  sectionClass,
  entryLayout: () => undefined,
  followed: () => undefined,
  runsAnywhere: true,
  readiesNewCodeOnly: () => false,
  readiesEdited: () => undefined,
  writtenAtStart: () => undefined,
  startMemory: 'kept',
  hooks: { lists: LIST_HOOKS, single: SINGLE_HOOKS },
  waysOut: { hook: 'a load hook', writesCode: true, assisted: true },
  setsLines: false,
  writesTable: 'never',
  writesEntries: false,
  findsByName: () => false,
  needsDependencies: false,
  writableForbidsReapply: false,
  limits: { size: 2 * 1024 * 1024, sections: 1024, name: Number.POSITIVE_INFINITY, switchedOff: 0 },
  runningName: processName,
  denied: () => undefined,
  freeing: { functions: ['free'], macros: [] },
  entersOnce: name => name === 'main',
  prints: new Set(),
  bringsUp: () => false,
  unwinding: UNWINDING,
  relocations: machine => RELOCATIONS.get(machine),
  writer: 'livepatch',
  rules: undefined,
}

/** The same spelling as Xen's: `main.c#helper` for a symbol that is local to its file. */
export function processName(fileSymbol: string, name: string, local: boolean): string {
  return local && fileSymbol !== '' ? `${fileSymbol}#${name}` : name
}
