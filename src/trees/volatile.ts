/**
 * Units that use `__DATE__`, `__TIME__`, `__TIMESTAMP__` or `__COUNTER__`: two compiles of one text give two objects, and
 * what holds the difference would look changed.
 *
 * The clock is pinned where that can be proven: the values are read from the tree's own object, and count only if the
 * tree's text, compiled with them, gives that very object. Else the difference stays, and counts as a change: never as
 * the same. Which it was is said by name.
 *
 * A patch that adds a use of `__COUNTER__` gives later uses other values. In code that is a difference like any other;
 * in a variable's name it would pair one variable with another, and is refused.
 */
import { statSync } from 'node:fs'
import type { Reason } from '../base/refusal.ts'
import { readElf } from '../elf/index.ts'
import { tryCompile } from './compile.ts'
import { haveSameContent } from './fresh.ts'
import { toAbsolute } from './layout.ts'
import type { AffectedUnit, BuildRefusal, CompileRequest, Tree, Unit } from './model.ts'
import { originalObject } from './original.ts'
import type { Overlay } from './overlay.ts'
import { VOLATILE, type VolatileMacro } from './texts.ts'

export interface Pinned {
  /** With the options that pin the clock in their units' commands. */
  readonly affected: readonly AffectedUnit[]
  readonly refusals: readonly BuildRefusal[]
  readonly notices: readonly Reason[]
}

/** `patched` is the overlay of the patched tree. */
export async function pinVolatile(tree: Tree, affected: readonly AffectedUnit[], patched: Overlay): Promise<Pinned> {
  const pinned: AffectedUnit[] = []
  const refusals: BuildRefusal[] = []
  const notices: Reason[] = []
  const macrosOf = namedMacros(tree, patched)
  for (const each of affected) {
    const macros = each.kind === 'changed' ? macrosOf(each) : []
    const clock = macros.filter(macro => macro !== '__COUNTER__')
    const { flags, notice } = clock.length === 0 ? NOT_PINNED : await pinClock(tree, each.unit, clock)
    if (notice !== undefined) notices.push(notice)
    const unit = flags.length === 0 ? each.unit : { ...each.unit, command: [...each.unit.command, ...flags] }
    pinned.push(flags.length === 0 ? each : { ...each, unit })
    if (!macros.includes('__COUNTER__')) continue
    const counted = await countUses(tree, unit, patched)
    if (counted.notice !== undefined) notices.push(counted.notice)
    if (counted.refusal !== undefined) refusals.push(counted.refusal)
  }
  return { affected: pinned, refusals, notices }
}

/** Whether any of the files names the clock, so that another compile may be another object. */
export function tellsTime(tree: Tree, files: readonly string[]): boolean {
  const namedIn = (path: string) => tree.texts.volatile(tree.texts.real.of(toAbsolute(tree.layout, path)))
  return files.some(path => namedIn(path).some(macro => macro !== '__COUNTER__'))
}

/** Answers what a unit's texts name, before or after the patch; each text is looked at once, for hundreds of units. */
function namedMacros(tree: Tree, patched: Overlay): (affected: AffectedUnit) => readonly VolatileMacro[] {
  const known = new Map<string, readonly VolatileMacro[]>()
  const namedIn = (path: string) => {
    let macros = known.get(path)
    if (macros === undefined) {
      const own = tree.texts.volatile(tree.texts.real.of(toAbsolute(tree.layout, path)))
      macros = VOLATILE.filter(macro => own.includes(macro) || patched.get(path)?.includes(macro) === true)
      known.set(path, macros)
    }
    return macros
  }
  return ({ unit, because }) => {
    const found = new Set<VolatileMacro>()
    for (const path of unit.dependencies) for (const macro of namedIn(path)) found.add(macro)
    for (const path of because) for (const macro of namedIn(path)) found.add(macro)
    return [...found]
  }
}

interface Pin {
  readonly flags: readonly string[]
  readonly notice: Reason | undefined
}

const NOT_PINNED: Pin = { flags: [], notice: undefined }
const QUIET = '-Wno-builtin-macro-redefined'

const define = (macro: VolatileMacro, value: string) => `-D${macro}="${value}"`

async function pinClock(tree: Tree, unit: Unit, macros: readonly VolatileMacro[]): Promise<Pin> {
  const names = macros.join(' and ')
  if (unit.original === 'compiled') {
    // Both sides are compiled here, with one date and time; only a file's own time differs between them.
    const time = statSync(toAbsolute(tree.layout, unit.dependencies[0] ?? '')).mtime
    const flags = macros.includes('__TIMESTAMP__') ? [QUIET, define('__TIMESTAMP__', stampOf(time))] : []
    const text = `${unit.unit} may use ${names}: both sides are compiled with one value, which need not be what runs`
    return { flags, notice: { code: 'clock-pinned', text } }
  }
  const own = await originalObject(tree, unit)
  const gives = async (flags: readonly string[]) => {
    const [made] = await tryCompile(
      tree,
      [{ unit, overlay: new Map(), label: 'original', extraFlags: flags }],
      'object',
    )
    return made?.done !== undefined && haveSameContent(own, made.done.object)
  }
  if (await gives([])) return NOT_PINNED
  for (const values of candidates(own, macros)) {
    const flags = [QUIET, ...[...values].map(([macro, value]) => define(macro, value))]
    if (!(await gives(flags))) continue
    const said = [...values].map(([macro, value]) => `${macro} is “${value}”`).join(', ')
    return { flags, notice: { code: 'clock-pinned', text: `${unit.unit}: ${said}, as in the tree’s own object` } }
  }
  const text = `${unit.unit} uses ${names}, and the values in the tree’s object could not be found out: what holds one counts as changed`
  return { flags: [], notice: { code: 'clock-not-pinned', text } }
}

/** As the C library's asctime() has it: `Sun Sep 16 01:03:52 1973`. */
function stampOf(time: Date): string {
  const [weekday = '', month = '', day = '', year = '', clock = ''] = time.toString().split(' ')
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`
}

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const CLOCK = '[0-2]\\d:[0-5]\\d:[0-6]\\d'
const SHAPES: Readonly<Record<VolatileMacro, RegExp | undefined>> = {
  __DATE__: new RegExp(`${MONTH} [ 1-3]\\d \\d{4}`, 'g'),
  __TIME__: new RegExp(CLOCK, 'g'),
  __TIMESTAMP__: new RegExp(`(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) ${MONTH} [ 1-3]\\d ${CLOCK} \\d{4}`, 'g'),
  __COUNTER__: undefined,
}
const MOST_CANDIDATES = 8

/** Every choice of values that stand in the object; a macro that has none there is left out. */
function candidates(object: Uint8Array, macros: readonly VolatileMacro[]): ReadonlyMap<VolatileMacro, string>[] {
  const text = Buffer.from(object.buffer, object.byteOffset, object.length).toString('latin1')
  let choices: ReadonlyMap<VolatileMacro, string>[] = [new Map()]
  for (const macro of macros) {
    const values = [...new Set(text.match(SHAPES[macro] ?? /$^/g) ?? [])]
    if (values.length === 0) continue
    choices = choices.flatMap(choice => values.map(value => new Map([...choice, [macro, value]])))
  }
  return choices.filter(({ size }) => size > 0).slice(0, MOST_CANDIDATES)
}

const MARK = 'hotsplice_counter'

interface Counted {
  readonly notice?: Reason
  readonly refusal?: BuildRefusal
}

/** How often `__COUNTER__` is expanded before and after the patch, by the preprocessor's word. */
async function countUses(tree: Tree, unit: Unit, patched: Overlay): Promise<Counted> {
  const request = (overlay: Overlay, label: string): CompileRequest => ({
    unit,
    overlay,
    label,
    extraFlags: ['-w', QUIET, `-D__COUNTER__=${MARK}`],
  })
  const results = await tryCompile(tree, [request(new Map(), 'original'), request(patched, 'patched')], 'preprocessed')
  const texts = results.map(({ done }) => Buffer.from(done?.object ?? new Uint8Array()).toString('latin1'))
  const [before = 0, after = 0] = texts.map(text => text.split(MARK).length - 1)
  if (before === 0 && after === 0) return {}
  if (before === after)
    return {
      notice: { code: 'counter-macro', text: `${unit.unit} uses __COUNTER__ ${before} times, as before the patch` },
    }
  const text = `${unit.unit} uses __COUNTER__ ${after} times where it used it ${before} times: later uses have other values`
  const prefixes = new Set(
    [...(texts[0] ?? '').matchAll(new RegExp(`([A-Za-z_]\\w*?)${MARK}`, 'g'))].map(([, name]) => name),
  )
  const isNumbered = (name: string) => prefixes.has(/^(.*?)\d+(?:\.\d+)?$/.exec(name)?.[1] ?? '')
  const { symbols } = readElf<'original'>(await originalObject(tree, unit))
  const variable = symbols.find(
    ({ name, kind, place }) => kind === 'object' && place.in === 'section' && isNumbered(name),
  )
  if (variable === undefined) {
    return { notice: { code: 'counter-macro', text: `${text}; what holds one counts as changed` } }
  }
  return {
    refusal: {
      code: 'counter-names',
      file: unit.source,
      text: `${text}, and variables such as ${variable.name} are named by them`,
      hint: 'put the new use behind all others of the unit, or write the change without it',
    },
  }
}
