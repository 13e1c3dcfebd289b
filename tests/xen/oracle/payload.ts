/** A payload's functions held against those of the objects that they are of: as text, by readelf and objdump. */
import { type NamedPlace, type ObjectFile, readObject } from './binutils.ts'
import { textOf } from './functions.ts'

/** By family, as `textOf` has them: functions that are gone once Xen has booted. */
export function bootFunctions({ symbols, sections }: ObjectFile): ReadonlySet<string> {
  const boot = new Set(sections.filter(({ name }) => name.startsWith('.init')).map(({ index }) => index))
  const own = symbols.filter(({ type, section }) => type === 'FUNC' && boot.has(section))
  return new Set(own.map(({ name }) => familyOf(name)))
}

export const familyOf = (name: string): string => name.replace(/\..*/, '')

export interface Wanted {
  readonly unit: string
  readonly name: string
  /** Where the unit's object is, of the patched text; undefined where there is none. */
  readonly object: string | undefined
  /** Variables and constants of the unit that are the same before and after. */
  readonly same: ReadonlySet<string>
  readonly lines?: LineNumbers
}

/** What tells numbers of lines from others: the same text compiled with another number for each of them. */
export interface LineNumbers {
  /** The function's text there, as `textOf` has it. */
  readonly text: string
  /** How much greater each is there. */
  readonly shift: number
  /** Whether what was a line of the patched text may have that number in the payload. */
  readonly mayBe: (line: number, own: number) => boolean
}

/** Those whose text is another, each with the first line that differs; line numbers of bug frames may be those before. */
export function unlikeIn(payload: ObjectFile, wanted: readonly Wanted[]): readonly string[] {
  return wanted.flatMap(({ unit, name, object, same, lines }) => {
    if (object === undefined) return [`${unit} ${name}: the unit has not changed`]
    const ours = textOf(asUnit(payload, unit)).functions.get(name)
    const theirs = textOf(readObject(object)).functions.get(name)
    if (ours === undefined || theirs === undefined)
      return [`${unit} ${name} is not in the ${ours === undefined ? 'payload' : 'object'}`]
    const [left, right] = [comparable(ours), comparable(theirs)]
    const shifted = lines && comparable(lines.text)
    const at = left.findIndex((line, index) => {
      const other = right[index] ?? ''
      return !isSame(line, other, same) && !(lines && isLine([line, other, shifted?.[index] ?? ''], lines))
    })
    const where = at === -1 && left.length < right.length ? left.length : at
    return where === -1 ? [] : [`${unit} ${name}: ${left[where] ?? 'nothing'} | ${right[where] ?? 'nothing'}`]
  })
}

/** What new code's names end with, so that each build's are its own. */
const MARK = /#[0-9a-f]{8}(?=$|[+>])/

/** With the names of one unit as it has them itself: `common/keyhandler.c#read_clocks#shown` is `shown`, `a.c#f.cold#62127868` is `f.cold`. */
function asUnit(payload: ObjectFile, unit: string): ObjectFile {
  const source = unit.replace(/\.o$/, '.c')
  const own = (text: string) =>
    text
      .replace(MARK, '')
      .replace(/(?<=^|<)([^<>#]+)#(?:[^<>#]+#)*/, (whole, file) =>
        source === file || source.endsWith(`/${file}`) ? '' : whole,
      )
  const symbols = payload.symbols.map((symbol): NamedPlace => ({ ...symbol, name: own(symbol.name) }))
  const code = new Map(
    [...payload.code].map(([section, list]) => [section, list.map(each => ({ ...each, text: own(each.text) }))]),
  )
  return { ...payload, symbols, code }
}

/** `CSWTCH+0x0 = [0100 0x0 {…}]`, its bytes and references; and `unnamed [0100 …]`, which goes on to its section's end. */
const NAMED = /([\w.]+)\+0x0 = \[([0-9a-f]*)(.*)\](?=\}$)/
const UNNAMED = /unnamed \[([0-9a-f]*)(.*)\](?=\}$)/

/** A constant of the running system is its own in the payload where it has not changed; one that it brings may have no name. */
function isSame(ours: string, theirs: string, same: ReadonlySet<string>): boolean {
  if (ours === theirs) return true
  const [whole, name = '', bytes = '', references = ''] = NAMED.exec(theirs) ?? []
  if (whole === undefined) return false
  if (same.has(name) && ours === theirs.replace(NAMED, `${name}+0x0`)) return true
  const [held, own = '', reached = ''] = UNNAMED.exec(ours) ?? []
  const begins = held !== undefined && own.startsWith(bytes) && reached.startsWith(references)
  return begins && ours.replace(UNNAMED, '') === theirs.replace(NAMED, '')
}

const NUMBER = /(0x[0-9a-f]+)/

/** Whether nothing differs but one number, which is a line's, and may be the payload's. */
function isLine(
  texts: readonly [ours: string, theirs: string, shifted: string],
  { shift, mayBe }: LineNumbers,
): boolean {
  const [ours, theirs, shifted] = texts.map(text => text.split(NUMBER))
  if (ours === undefined || theirs === undefined || ours.length !== theirs.length) return false
  const [at, ...more] = theirs.flatMap((part, index) => (part === ours[index] ? [] : [index]))
  if (at === undefined || more.length > 0) return false
  const line = Number(theirs[at])
  const moved = theirs.with(at, `0x${(line + shift).toString(16)}`)
  return moved.join('') === shifted?.join('') && mayBe(line, Number(ours[at]))
}

/** What the payload may have in other words: names of static locals, calls by way of a table, and where it lies itself. */
function comparable(text: string): readonly string[] {
  return text
    .replaceAll(/ \(\d+ of \d+\)/g, '')
    .replaceAll(/(?<=\{\S+ [\w.]+)\.\d+(?=\+)/g, '')
    .replaceAll('R_X86_64_PLT32', 'R_X86_64_PC32')
    .replaceAll(/ line \d+ /g, ' line ')
    .split('\n')
}
