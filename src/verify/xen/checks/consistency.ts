/**
 * What Xen never looks at and dies of when the payload's code runs: sections and symbols that do not fit together,
 * branches that lead nowhere. No payload of a right tool breaks these; a damaged file does.
 */

import { type Finding, finding, hex } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isLoaded } from '../layout.ts'
import type { LoadContext } from '../load-context.ts'
import { EXECUTE, type RawRelocation, type RawSection, u64, WRITE, wrapsAround } from '../raw.ts'
import type { ResolvedSymbol } from '../resolve.ts'
import { hookTargets } from './hooks.ts'

const NOBITS = 8
const RELA = 4

/** Relocations of branches measure from the end of their field. */
const BRANCH_BIAS = 4n

const nowhere = 'not looked at by Xen'

export const CONSISTENCY_RULES: readonly Rule[] = [
  {
    code: 'section-writable',
    step: 'run',
    source: nowhere,
    title: 'sections for writable data are writable',
    check: loading =>
      eachLoaded(loading, section => {
        const data = /^\.(data|bss)(\.(?!rel\.ro|ro_after_init)|$)/.test(loading.nameOf(section))
        if (!data || (section.flags & WRITE) !== 0) return undefined
        return ['crash', 'is loaded where nothing can be written (no SHF_WRITE)']
      }),
  },
  {
    code: 'section-shared',
    step: 'run',
    source: nowhere,
    title: "no loaded section has another section's bytes for its content",
    check: loading => {
      const entered = entryPoints(loading)
      return eachLoaded(loading, section => {
        const text = sharedWith(loading, section)
        if (text === undefined) return undefined
        const start = loading.addressOf(section)
        const runs = entered.some(address => address >= start && address < start + section.size)
        return [runs ? 'crash' : 'warning', text]
      })
    },
  },
  {
    code: 'symbol-range',
    step: 'run',
    source: nowhere,
    title: 'symbols lie in their sections',
    check: loading => {
      const used = usedSymbols(loading)
      return loading.relocated.resolution.symbols.flatMap(symbol => {
        const found = rangeProblem(loading, symbol, used)
        return found === undefined ? [] : [finding(found[0], found[1], `symbol ${symbol.raw.index} ${symbol.name}`)]
      })
    },
  },
  {
    code: 'branch-target',
    step: 'run',
    source: nowhere,
    title: 'calls and jumps lead to code, or to what was code while Xen booted',
    check: branchProblems,
  },
]

type Problem = readonly [errno: Finding['errno'], text: string]

function eachLoaded(loading: LoadContext, problem: (section: RawSection) => Problem | undefined): readonly Finding[] {
  return loading.realSections.flatMap(section => {
    const found = isLoaded(section) && section.size > 0n ? problem(section) : undefined
    const place = loading.placeOf(section)
    return found === undefined ? [] : [finding(found[0], `${place} ${found[1]}`, place, section.index)]
  })
}

/** Addresses that Xen jumps to. */
function entryPoints(loading: LoadContext): readonly bigint[] {
  return [...loading.functions.map(entry => entry.newAddress), ...hookTargets(loading)]
}

/**
 * Of two sections that share bytes, the wrong one is that which does not lie between its neighbours: tools write
 * contents in the order of the headers.
 */
function isOutOfPlace(loading: LoadContext, section: RawSection): boolean {
  const withContent = loading.realSections.filter(({ type, size }) => type !== NOBITS && size > 0n)
  const at = withContent.indexOf(section)
  const before = withContent[at - 1]?.offset ?? 0n
  const after = withContent[at + 1]?.offset ?? BigInt(loading.raw.size)
  return before <= after && (section.offset < before || section.offset > after)
}

function sharedWith(loading: LoadContext, section: RawSection): string | undefined {
  if (section.type === NOBITS || wrapsAround(section) || !isOutOfPlace(loading, section)) return undefined
  const { sectionTable, sectionEntrySize } = loading.header
  const headers = { offset: sectionTable, size: BigInt(sectionEntrySize * loading.sections.length) }
  const meets = ({ offset, size }: { readonly offset: bigint; readonly size: bigint }) =>
    size > 0n && offset < section.offset + section.size && section.offset < offset + size
  if (meets(headers)) return 'has the section headers for its content'
  const other = loading.realSections.find(
    candidate => candidate !== section && candidate.type !== NOBITS && !wrapsAround(candidate) && meets(candidate),
  )
  return other && `has bytes of ${loading.placeOf(other)} for its content`
}

export interface Relocated extends RawRelocation {
  readonly base: RawSection
}

/** What is done to loaded sections. */
export function relocationsOf(loading: LoadContext): readonly Relocated[] {
  return loading.realSections.flatMap(table => {
    const base = loading.sections[table.info]
    if (table.type !== RELA || base === undefined || base.index === 0 || !isLoaded(base)) return []
    if (table.size === 0n || table.entrySize === 0n || !loading.raw.holds(table.offset, table.size)) return []
    const count = Number(table.size / table.entrySize)
    return Array.from({ length: count }, (_, index) => ({ ...loading.raw.relocation(table, index), base }))
  })
}

function usedSymbols(loading: LoadContext): ReadonlySet<number> {
  return new Set(relocationsOf(loading).map(relocation => relocation.symbol))
}

/** Past the payload's memory nothing is mapped; within it the symbol shares bytes with what comes next. */
function rangeProblem(
  loading: LoadContext,
  { raw, name, value, state }: ResolvedSymbol,
  used: ReadonlySet<number>,
): Problem | undefined {
  const section = state === 'resolved' && raw.sectionIndex !== 0 ? loading.sections[raw.sectionIndex] : undefined
  if (section === undefined || raw.value + raw.size <= section.size) return undefined
  const { start, bytes } = loading.relocated.copied.image
  const end = raw.value + raw.size
  const where = `symbol ${name} lies at ${hex(raw.value)} to ${hex(end)} of ${loading.placeOf(section)}, which has ${hex(section.size)} bytes`
  const mapped = value >= start && value < start + BigInt(bytes.length)
  return [mapped || !used.has(raw.index) ? 'warning' : 'crash', where]
}

function branchProblems(loading: LoadContext): readonly Finding[] {
  const { branchType } = loading.machine
  const { resolution } = loading.loaded
  return relocationsOf(loading).flatMap(({ type, symbol, addend, offset, base }, index) => {
    const resolved = resolution.symbols[symbol]
    if (type !== branchType || resolved === undefined || (base.flags & EXECUTE) === 0) return []
    const target = u64(resolved.value + addend + BRANCH_BIAS)
    if (loading.memory.kindAt(target) === 'code') return []
    const place = `${loading.placeOf(base)}+${hex(offset)}`
    const text = `the call or jump at ${place} leads to ${resolved.name || 'a place'} ${hex(target)}, which is`
    // Code that asks first whether the system is still booting has such calls, and never takes them.
    return loading.hypervisor.freedAfterBoot(target)
      ? [finding('warning', `${text} init code, freed after boot: Xen dies if it is ever taken`, place, index)]
      : [finding('crash', `${text} not code`, place, index)]
  })
}
