/** Whether the process's program has the code that a payload was made for; what the program's file tells, is told there. */
import type { OriginalCode } from '../../loaders/original-code.ts'
import { compareCode, type OldFunction, type ProgramCode } from '../../program/replaced-code.ts'
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
  const seen: ProgramCode = {
    machine: MACHINE,
    isFixed: program.isFixed,
    codeAt: (address, length) => program.codeAt(address, length),
    functionsAt: address => program.functionsAt(address),
    find: name => program.find(name),
  }
  const { fault, notes } = compareCode(entry, original, seen, isReplaced)
  if (fault !== undefined) throw new Refused('EINVAL', fault)
  return notes
}
