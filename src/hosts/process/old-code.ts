/** Whether the process's program has the code that a payload was made for; what the program's file tells, is told there. */
import type { OriginalCode } from '../../loaders/original-code.ts'
import { compareCode, compareLeft, type OldFunction, type ProgramCode } from '../../program/replaced-code.ts'
import type { About } from './about.ts'
import { MACHINE } from './machine.ts'
import { Refused } from './refused.ts'

interface Context {
  readonly program: Omit<ProgramCode, 'machine'>
  /** What is there already. */
  readonly loaded: readonly Pick<About, 'functions'>[]
}

/** Refused where the program's code is another, or is two functions' at once; answers what was not compared, in words. */
export function checkOldCode(
  entry: OldFunction,
  originals: readonly OriginalCode[],
  { program, loaded }: Context,
): readonly string[] {
  const original = originals.find(each => each.name === entry.name)
  // What was made on top of a payload that replaces the function was made for that one's code.
  const isReplaced = loaded.some(({ functions }) => functions.some(other => other.old === entry.old))
  const { fault, notes } = compareCode(entry, original, seenAs(program), isReplaced)
  if (fault !== undefined) throw new Refused('EINVAL', fault)
  return notes
}

/** The same of what the payload does not replace and has a copy of, for its own callers: `entries` are those it replaces. */
export function checkLeftCode(
  originals: readonly OriginalCode[],
  entries: readonly Pick<OldFunction, 'name'>[],
  { program }: Pick<Context, 'program'>,
): readonly string[] {
  const replaced = new Set(entries.map(({ name }) => name))
  return originals
    .filter(({ name }) => !replaced.has(name))
    .flatMap(original => {
      const { fault, notes } = compareLeft(original, seenAs(program))
      if (fault !== undefined) throw new Refused('EINVAL', fault)
      return notes
    })
}

const seenAs = (program: Context['program']): ProgramCode => ({
  machine: MACHINE,
  isFixed: program.isFixed,
  codeAt: (address, length) => program.codeAt(address, length),
  functionsAt: address => program.functionsAt(address),
  find: name => program.find(name),
})
