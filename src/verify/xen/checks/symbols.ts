/** Symbols and relocations. Sources: livepatch_elf.c, arch/x86/livepatch.c, livepatch.c "build_symbol_table". */

import { type Finding, finding } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isLoaded } from '../layout.ts'
import type { LoadContext } from '../load-context.ts'
import { MERGE, type RawSection, RELOCATION_SIZE, SYMBOL_SIZE } from '../raw.ts'
import type { ResolvedSymbol } from '../resolve.ts'

const RELA = 4
const REL = 9

/** Names longer than this are cut before they are kept (KSYM_NAME_LEN). */
const LONGEST_NAME = 126

const resolving = 'livepatch_elf.c livepatch_elf_resolve_symbols'
const relocating = 'arch/*/livepatch.c arch_livepatch_perform_rela'

/** A rule whose findings were written down while symbols were resolved or fields filled. */
function recorded(code: string, rule: Pick<Rule, 'step' | 'source' | 'title'>): Rule {
  return {
    code,
    ...rule,
    check: ({ relocated }) =>
      [...relocated.resolution.findings, ...relocated.findings]
        .filter(found => found.code === code)
        .map(({ finding }) => finding),
  }
}

const symbol = (code: string, title: string): Rule => recorded(code, { step: 'symbols', source: resolving, title })
const relocation = (code: string, title: string, source = relocating): Rule =>
  recorded(code, { step: 'relocations', source, title })

const tables = 'livepatch_elf.c livepatch_elf_perform_relocs'

export const SYMBOL_RULES: readonly Rule[] = [
  symbol('symbol-common', 'no symbol is common'),
  symbol('symbol-undefined', 'every undefined symbol is known to the hypervisor or to a payload below'),
  symbol('symbol-section', "every symbol's section exists"),
  relocation('relocation-target', 'every relocation section says what it relocates', tables),
  relocation('relocation-link', 'every relocation section refers to the symbol table', tables),
  relocation('relocation-table', 'relocation sections hold whole entries', tables),
  relocation('relocation-rel', 'no relocation is without addend', 'arch/*/livepatch.c arch_livepatch_perform_rel'),
  relocation('relocation-symbol', 'every relocation names a symbol that is loaded'),
  relocation('relocation-type', 'every relocation is of a type that Xen resolves'),
  relocation('relocation-offset', 'every relocation lies in its section'),
  relocation('relocation-overflow', 'every relocated value fits its field'),
  recorded('relocation-cut', {
    step: 'run',
    source: relocating,
    title: 'every relocated field holds all of its value',
  }),
  {
    code: 'relocation-dropped',
    step: 'run',
    source: tables,
    title: 'no relocation section is skipped',
    check: loading =>
      loading.realSections.flatMap(section => {
        const text = droppedProblem(loading, section)
        const place = loading.placeOf(section)
        return text === undefined ? [] : [finding('crash', `${place} ${text}`, place, section.index)]
      }),
  },
  {
    code: 'entries-skipped',
    step: 'run',
    source: 'livepatch_elf.c livepatch_elf_perform_relocs, elf_get_sym: step by sh_entsize',
    title: 'no table holds more than Xen reads of it',
    check: loading =>
      loading.realSections.flatMap(section => {
        const text = skippedProblem(loading, section)
        return text === undefined ? [] : [finding('wrong', text, loading.placeOf(section), section.index)]
      }),
  },
  {
    code: 'symbol-exists',
    step: 'new-symbols',
    source: 'livepatch.c build_symbol_table',
    title: 'no new symbol is there already',
    check: newSymbolProblems,
  },
]

/** Xen says nothing of relocations that it does not find; the code or data then stays as it is in the file. */
function droppedProblem(loading: LoadContext, section: RawSection): string | undefined {
  const { type, info, size } = section
  const isTable = type === RELA || type === REL
  const count = loading.sections.length
  if (size === 0n) return undefined
  if (isTable && info >= count) return `is skipped in silence: sh_info is ${info}, but there are ${count} sections`
  const meant = /^\.rela?(\..*)$/.exec(loading.nameOf(section))?.[1]
  const target = meant === undefined ? undefined : loading.sectionNamed(meant)
  if (target === undefined || !isLoaded(target)) return undefined
  const relocates = ({ type, info }: RawSection) => (type === RELA || type === REL) && info === target.index
  if (!isTable) {
    if (loading.realSections.some(relocates)) return undefined
    return `is not read as relocations (its type is ${type}), so ${meant} is not relocated`
  }
  const relocated = loading.sections[info]
  if (relocated === undefined || info === 0 || loading.nameOf(relocated) === meant) return undefined
  if (loading.realSections.some(relocates)) return undefined
  return `relocates section ${info} ${loading.nameOf(relocated)} (sh_info) instead of ${meant}`
}

/** Xen refuses entries that are too small; of larger ones it reads the beginning, and nobody reads the rest. */
function skippedProblem(loading: LoadContext, { type, info, size, entrySize, index }: RawSection): string | undefined {
  const base = loading.sections[info]
  const relocates = type === RELA && base !== undefined && isLoaded(base)
  const read = relocates ? RELOCATION_SIZE : index === loading.symbolTable.index ? SYMBOL_SIZE : undefined
  if (read === undefined || size === 0n || entrySize <= BigInt(read)) return undefined
  return `its entries have ${entrySize} bytes (sh_entsize): Xen reads ${read} of each and skips the rest, whatever stands there`
}

/** The symbols that the payload adds, with the names that Xen keeps for them. */
export function newSymbols(loading: LoadContext): { readonly symbol: ResolvedSymbol; readonly name: string }[] {
  const replacements = new Set(loading.functions.map(entry => entry.newAddress))
  return loading.loaded.resolution.symbols
    .filter(candidate => isPayloadSymbol(loading, candidate) && !replacements.has(candidate.value))
    .map(candidate => ({ symbol: candidate, name: candidate.name.slice(0, LONGEST_NAME) }))
}

function isPayloadSymbol(loading: LoadContext, { raw, name }: ResolvedSymbol): boolean {
  const section = raw.sectionIndex === 0 ? undefined : loading.sections[raw.sectionIndex]
  if (section === undefined || !isLoaded(section) || name === '') return false
  if ((section.flags & MERGE) !== 0 && name.startsWith('.L')) return false
  return !loading.machine.isMappingSymbol(name)
}

function newSymbolProblems(loading: LoadContext): readonly Finding[] {
  return newSymbols(loading).flatMap(({ symbol: added, name }) => {
    const below = loading.on.find(payload => payload.newSymbols.has(name))
    const owner = loading.hypervisor.lookup(name) !== undefined ? 'the hypervisor' : below?.name
    if (owner === undefined) return []
    const text = `symbol ${name} is in ${owner} already and no entry of .livepatch.funcs replaces it: strip it or rename it`
    return [finding('EEXIST', text, `symbol ${added.raw.index} ${name}`, added.raw.index)]
  })
}
