/**
 * What a patch takes away from a Linux kernel's unit while another source defines it too: a weak definition that nobody had
 * taken so far, mostly. Whoever calls it would reach that one, and the running kernel goes on with its own. Part of the pipeline.
 *
 * Which mistake is worse: such a patch is said to have nothing to do. Which units there are besides, only texts tell; so a
 * definition in any of them counts, be it compiled or not.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { Side } from '../../base/side.ts'
import type { ElfObject } from '../../elf/model.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { LINUX } from '../../loaders/linux/linux.ts'
import { OF_EACH_MODULE } from '../../loaders/linux/named-kernel.ts'
import type { UnitInput } from '../../select/model.ts'
import { namingSources, type Tree } from '../../trees/index.ts'

type Units = readonly Pick<UnitInput, 'unit' | 'fileSymbol' | 'verdicts'>[]

export async function vanishedRefusals(
  tree: Tree,
  units: Units,
  kernel: Pick<KernelImage, 'lookup'>,
): Promise<readonly Refusal[]> {
  const all = goneNames(units).filter(({ name }) => kernel.lookup(name) !== undefined)
  const calls = all.filter(({ name }) => SYSTEM_CALL.test(name)).map(systemCall)
  const gone = all.filter(({ name }) => !SYSTEM_CALL.test(name))
  if (gone.length === 0) return calls
  const own = new Set(units.map(({ fileSymbol }) => fileSymbol))
  const sources = await namingSources(
    tree,
    gone.map(({ name }) => name),
  )
  const others = sources.filter(({ path }) => !own.has(path))
  const found = gone.flatMap(({ unit, name }): readonly Refusal[] => {
    const other = others.find(({ path, text }) => mayDefine(text, name, path.endsWith('.S')))
    if (other === undefined) return []
    const text = `${name} is not defined in ${unit} any more, and ${other.path} defines it too: whoever refers to it would reach that one, and the running kernel goes on with its own`
    return [{ code: 'other-definition', unit, symbol: name, text, hint: KEEP }]
  })
  return [...calls, ...found]
}

const KEEP = 'leave the definition where it is, and let it do what the other one does'

/** Their names are put together by macros, and what stands in for a call that is missing has the name, too (COND_SYSCALL). */
const SYSTEM_CALL = /^__(?:x64|ia32|x32)_(?:compat_)?sys_/

const systemCall = ({ unit, name }: Gone): Refusal => ({
  code: 'other-definition',
  unit,
  symbol: name,
  text: `${name} is not defined in ${unit} any more, and the running kernel’s table of system calls has its address`,
  hint: 'leave the system call where it is, and let it answer -ENOSYS',
})

interface Gone {
  readonly unit: string
  readonly name: string
}

/** Names that others could refer to, and that no unit of the patch defines for them any more. */
function goneNames(units: Units): readonly Gone[] {
  const left = new Set(units.flatMap(({ verdicts }) => definedIn(verdicts.correlation.patched.object)))
  return units.flatMap(({ unit, verdicts }) =>
    definedIn(verdicts.correlation.original.object).flatMap(name => (left.has(name) ? [] : [{ unit, name }])),
  )
}

/** What others may refer to and the kernel's table of names has, for as long as the kernel runs; not what is weak. */
export function definedIn({ sections, symbols }: ElfObject<Side>): readonly string[] {
  return symbols.flatMap(({ name, binding, kind, place }) => {
    if (binding !== 'global' || place.in !== 'section' || (kind !== 'function' && kind !== 'object')) return []
    const isOfStart = ['init-code', 'init-data'].includes(LINUX.sectionClass(sections[place.section]?.name ?? ''))
    return isOfStart || OF_BUILD.test(name) || OF_EACH_MODULE.has(name) ? [] : [name]
  })
}

/** Of the build, for exports, and padding before functions. */
const OF_BUILD = /^__(?:ksymtab|pfx)_/

/** Whether the text may define something that others can refer to by the name. */
export function mayDefine(text: string, name: string, isAssembly: boolean): boolean {
  if (isAssembly) return new RegExp(`(?:\\b(?:SYM_|ENTRY)\\w*\\s*\\(\\s*|\\.(?:weak|globa?l)\\s+)${name}\\b`).test(text)
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].some(({ index }) => {
    const before = /[^;{}]*$/.exec(text.slice(Math.max(0, index - LONGEST), index))?.[0] ?? ''
    const head = (before.split('*/').at(-1) ?? '').replaceAll(/^[ \t]*#.*$/gm, '')
    const after = text.slice(index + name.length, index + name.length + LONGEST)
    if (/\bstatic\b|["(,=]\s*$/.test(head)) return false
    return /\b__weak\b|\bweak\b/.test(head) || /^\s*\([^;{}]*\{/.test(after)
  })
}

/** Characters in which a function's head ends. */
const LONGEST = 1000
