/**
 * Whether what a payload is about to replace is what it was made for: the function's code as the payload describes it,
 * and no other function at its place. A program that was built from another text would lose what it had more; one of
 * which the linker made two equal functions into one would get the change of one in both.
 */
import type { OriginalCode } from '../../loaders/original-code.ts'
import { digestOf } from '../../loaders/original-code.ts'
import type { About } from './about.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'

interface Entry {
  readonly name: string
  readonly old: number
  readonly oldSize: number
}

interface Context {
  readonly program: Pick<Program, 'codeAt' | 'functionsAt'>
  /** What is there already. */
  readonly loaded: readonly Pick<About, 'functions'>[]
}

/** Refused where the program's code is another, or is two functions' at once. What nothing is said of passes. */
export function checkOldCode(entry: Entry, originals: readonly OriginalCode[], { program, loaded }: Context): void {
  const { name, old, oldSize } = entry
  const original = originals.find(each => each.name === name)
  if (original === undefined) return
  const known = new Set(original.names.map(plain))
  const others = program.functionsAt(old).filter(each => !known.has(each))
  if (others.length > 0) {
    throw new Refused(
      'EINVAL',
      `${name} lies where the program has ${others.join(' and ')} too, which the payload does not concern: the linker made one of them`,
    )
  }
  // What was made on top of a payload that replaces the function was made for that one's code.
  if (loaded.some(({ functions }) => functions.some(other => other.old === old))) return
  const code = program.codeAt(old, oldSize)
  if (code === undefined || digestOf(code, original.linked) === original.digest) return
  throw new Refused(
    'EINVAL',
    `the program's code of ${name} is not that of the payload's tree: it was built from another text, by another compiler or with other options`,
  )
}

/** Without the file: a linker may make a hidden name local to some file. */
const plain = (name: string): string => name.slice(name.indexOf('#') + 1)
