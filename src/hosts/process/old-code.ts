/**
 * Whether what a payload is about to replace is what it was made for: the function's code as the payload describes it, its
 * out-of-line parts, what both lead to, and no other function at its place. A program that was built from another text
 * would lose what it had more; one of which the linker made two equal functions into one would get the change of one in
 * both; one that takes another definition of a name than the tree does would get code for that one.
 */
import { digestOf, type LinkedCode, type OriginalCode, type ReachedName } from '../../loaders/original-code.ts'
import type { About } from './about.ts'
import { MACHINE } from './machine.ts'
import { hex } from './proc.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'

interface Entry {
  readonly name: string
  readonly old: number
  readonly oldSize: number
}

interface Context {
  readonly program: Pick<Program, 'codeAt' | 'functionsAt' | 'find' | 'isFixed'>
  /** What is there already. */
  readonly loaded: readonly Pick<About, 'functions'>[]
}

/**
 * Refused where the program's code is another, or is two functions' at once. What nothing is said of passes; answers what
 * was not compared, in words.
 */
export function checkOldCode(entry: Entry, originals: readonly OriginalCode[], context: Context): readonly string[] {
  const { name, old, oldSize } = entry
  const original = originals.find(each => each.name === name)
  if (original === undefined) return [`the payload does not say what the code of ${name} was: it was not compared`]
  checkNames(name, original, context.program.functionsAt(old))
  // What was made on top of a payload that replaces the function was made for that one's code.
  if (context.loaded.some(({ functions }) => functions.some(other => other.old === old))) return []
  const reached = checkCode(name, { ...original, size: oldSize }, old, context)
  const parts = original.parts ?? []
  const unfound = parts.filter(part => {
    const address = reached.get(part.name) ?? context.program.find(part.name)[0]?.address
    if (address !== undefined) checkCode(name, part, address, context)
    return address === undefined
  })
  const untold = original.reaches === undefined || original.parts === undefined
  return [
    ...unfound.map(part => `where the program has ${part.name} is not known: it was not compared`),
    ...(untold ? [`the payload does not say what the code of ${name} led to: that was not compared`] : []),
  ]
}

function checkNames(name: string, { names }: OriginalCode, there: readonly string[]): void {
  const known = new Set(names.map(plain))
  const others = there.filter(each => !known.has(each))
  if (others.length === 0) return
  throw new Refused(
    'EINVAL',
    `${name} lies where the program has ${others.join(' and ')} too, which the payload does not concern: the linker made one of them`,
  )
}

/** Refused unless the code at `address` is as described; answers where its fields lead that say so themselves. */
function checkCode(
  owner: string,
  { name, size, linked, digest, reaches = [] }: LinkedCode,
  address: number,
  { program }: Context,
): ReadonlyMap<string, number> {
  const led = new Map<string, number>()
  const code = program.codeAt(address, size)
  if (code === undefined) return led
  if (digestOf(code, linked) !== digest) {
    throw new Refused(
      'EINVAL',
      `the program's code of ${name} is not that of the payload's tree: it was built from another text, by another compiler or with other options`,
    )
  }
  for (const reach of reaches) {
    const place = placeReached(code, address, reach, program.isFixed)
    if (place === undefined) continue
    const [offset, , wanted] = reach
    led.set(wanted, place)
    const meant = program.find(wanted)
    // What the program has not comes from a library, through a table; so does what is chosen when it starts.
    if (meant.length === 0 || meant.some(({ kind }) => kind === 'indirect-function')) continue
    if (meant.some(symbol => symbol.address === place)) continue
    throw new Refused(
      'EINVAL',
      `the program's code of ${owner} leads, at ${hex(offset)} of ${name}, to ${hex(place)} and not to ${wanted}: the program takes another definition, or numbers its variables otherwise, than the payload's tree`,
    )
  }
  return led
}

/** The start of what a field leads to; undefined where only the dynamic linker fills it. */
function placeReached(
  code: Uint8Array,
  address: number,
  [offset, type, , delta]: ReachedName,
  isFixed: boolean,
): number | undefined {
  const known = MACHINE.relocationType(type)
  const bytes = known?.field.bytes ?? 0
  if (known === undefined || bytes < 4 || offset + bytes > code.length) return undefined
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const value = bytes === 8 ? Number(view.getBigInt64(offset, true)) : view.getInt32(offset, true)
  if (known.pcRelative) return address + offset + value - delta
  return isFixed ? value - delta : undefined
}

/** Without the file: a linker may make a hidden name local to some file. */
const plain = (name: string): string => name.slice(name.indexOf('#') + 1)
