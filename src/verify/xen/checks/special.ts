/**
 * Tables that Xen uses together with the code: bug frames, alternatives, the exception table.
 * Sources: livepatch.c "prepare_payload"; arch/x86/alternative.c; common/sort.h.
 */

import { absent, type Finding, finding, hex, NotReached, when } from '../../finding.ts'
import { isAtLeast } from '../../model.ts'
import type { Rule } from '../../rule.ts'
import { isLoaded } from '../layout.ts'
import type { LoadContext } from '../load-context.ts'
import type { CallRules } from '../machines/model.ts'
import type { RawSection } from '../raw.ts'
import { isBlank } from './hooks.ts'

const BUG_FRAME_KINDS = [0, 1, 2, 3]
export const EXCEPTION_ENTRY = 8
/** struct alt_call */
export const ALTERNATIVE_CALL = 4
const STT_FUNC = 2

const source = 'livepatch.c prepare_payload'

function sectionOf(loading: LoadContext, name: string): RawSection {
  const section = loading.sectionNamed(name)
  if (section === undefined) throw absent(`there is no section ${name}`)
  return section
}

function sizeProblem(loading: LoadContext, name: string, unit: number, item = 0): readonly Finding[] {
  const section = sectionOf(loading, name)
  const text = `${name} has ${section.size} bytes, not a multiple of ${unit}`
  return when(section.size % BigInt(unit) !== 0n, () => finding('EINVAL', text, loading.placeOf(section), item))
}

export const BUG_FRAME_RULES: readonly Rule[] = [
  {
    code: 'bug-frames-size',
    step: 'bug-frames',
    source,
    title: 'tables of bug frames hold whole frames',
    check: loading => {
      const names = BUG_FRAME_KINDS.map(kind => `.bug_frames.${kind}`).filter(name => loading.sectionNamed(name))
      if (names.length === 0) throw absent('there are no bug frames')
      return names.flatMap((name, item) => sizeProblem(loading, name, loading.machine.bugFrameSize, item))
    },
  },
  {
    code: 'bug-frames-targets',
    step: 'bug-frames',
    source: 'xen/bug.h bug_loc; arch/x86/traps.c do_invalid_op',
    title: "every bug frame belongs to the payload's code",
    check: loading => {
      const tables = BUG_FRAME_KINDS.flatMap(kind => loading.sectionNamed(`.bug_frames.${kind}`) ?? [])
      if (tables.length === 0) throw absent('there are no bug frames')
      if (loading.machine.bugFrameSize !== EXCEPTION_ENTRY) throw absent('told on x86 only')
      return tables.flatMap(table => bugFrameWarnings(loading, table))
    },
  },
]

/** The low 24 bits of the first word are the distance to the code; frames with a message are two entries long. */
function bugFrameWarnings(loading: LoadContext, table: RawSection): readonly Finding[] {
  const place = loading.placeOf(table)
  if (!isLoaded(table)) {
    return [finding('warning', `${place} is not loaded (no SHF_ALLOC): a BUG or WARN in the payload stops Xen`, place)]
  }
  const content = loading.content(table)
  const stride = loading.nameOf(table) === '.bug_frames.3' ? 16 : 8
  if (content === undefined) return []
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const start = loading.addressOf(table)
  const findings: Finding[] = []
  for (let at = 0; at + stride <= content.length; at += stride) {
    const distance = BigInt.asIntN(24, BigInt(view.getUint32(at, true)))
    const target = start + BigInt(at) + distance
    if (isInText(loading, target)) continue
    const text = `${place}, entry ${at / stride} is for ${hex(target)}, which is not in the payload's code`
    findings.push(finding('warning', text, place, at))
  }
  return findings
}

function isInText(loading: LoadContext, address: bigint): boolean {
  const { start, textSize } = loading.loaded.copied.image
  return address >= start && address < start + textSize
}

const ALTERNATIVES = '.altinstructions'
const REPLACEMENTS = '.altinstr_replacement'

export const ALTERNATIVE_RULES: readonly Rule[] = [
  {
    code: 'alternatives-size',
    step: 'alternatives',
    source,
    title: 'the table of alternatives holds whole entries',
    check: loading => sizeProblem(loading, ALTERNATIVES, loading.machine.alternatives.entrySize),
  },
  {
    code: 'alternatives-sections',
    step: 'alternatives',
    source,
    of: kind => kind.checksAlternatives,
    title: 'alternatives have code and replacements',
    check: loading => {
      const table = usedTable(loading)
      const place = loading.placeOf(table)
      if (loading.layout.textSize === 0n) return [finding('EINVAL', 'there are alternatives but no code', place, 1)]
      const text = `there are alternatives but no ${REPLACEMENTS}`
      return when(loading.sectionNamed(REPLACEMENTS) === undefined, () => finding('EINVAL', text, place, 1))
    },
  },
  {
    code: 'alternatives-loaded',
    step: 'alternatives',
    source,
    of: kind => !kind.keepsUpload,
    title: 'the table of alternatives is loaded',
    check: loading => {
      const table = usedTable(loading)
      const text = `${ALTERNATIVES} is not loaded (no SHF_ALLOC); Xen follows a null pointer`
      return when(loading.addressOf(table) === 0n, () => finding('crash', text, loading.placeOf(table), 2))
    },
  },
  {
    code: 'alternatives-ranges',
    step: 'alternatives',
    source,
    title: 'alternatives edit the code of the payload and take what they put there from their own section',
    check: alternativeRanges,
  },
  {
    code: 'alternatives-lengths',
    step: 'alternatives-applied',
    source: 'arch/x86/alternative.c apply_alternatives',
    title: 'replacements fit the places they go to',
    check: loading => alternativeProblems(loading, 'lengths'),
  },
  {
    code: 'alternatives-features',
    step: 'alternatives-applied',
    source: 'arch/x86/alternative.c apply_alternatives',
    title: 'alternatives ask for CPU features that exist',
    check: loading => alternativeProblems(loading, 'feature'),
  },
  {
    code: 'alternatives-seal',
    step: 'alternatives-applied',
    source: 'arch/x86/alternative.c _apply_alternatives: __initdata_cf_clobber_start',
    of: kind => kind.sealsAgain,
    title: 'alternatives can be applied on processors with CET-IBT',
    check: loading => {
      const table = usedTable(loading)
      if (loading.withoutIbt) return []
      const text =
        'on a processor with CET-IBT this hypervisor follows a table of boot each time it applies alternatives, and that memory is freed: a page fault. Where no processor of the host has it, or Xen was started with cet=no-ibt, say so with --without-ibt'
      return [finding('crash', text, loading.placeOf(table))]
    },
  },
  {
    code: 'alternatives-blank',
    step: 'run',
    source: 'arch/x86/alternative.c apply_alternatives',
    title: 'what alternatives put in place is code',
    check: loading =>
      alternatives(loading).flatMap(({ index, replacement, entry }) => {
        const text = `entry ${index} puts zeros in place of code`
        const wrong = entry.replacementLength > 1 && isBlank(loading, replacement)
        return when(wrong, () => finding('crash', text, ALTERNATIVES, index))
      }),
  },
  {
    code: 'alternatives-padding',
    step: 'run',
    source: 'arch/x86/alternative.c apply_alternatives',
    title: 'no edit reaches into other code',
    check: loading =>
      alternatives(loading).flatMap(({ index, original, entry }) => {
        const limit = endOfCode(loading, original)
        const end = original + BigInt(entry.originalLength + entry.padding)
        const text = `entry ${index} edits up to ${hex(end)}, but other code begins at ${hex(limit)}: what lies behind it is overwritten`
        return when(end > limit, () => finding('crash', text, ALTERNATIVES, index))
      }),
  },
]

/** Where the next function begins, as far as symbols tell; otherwise where all code ends. */
function endOfCode(loading: LoadContext, address: bigint): bigint {
  const { copied, resolution } = loading.loaded
  const { start, textSize } = copied.image
  const next = resolution.symbols.filter(
    ({ raw, value, state }) =>
      state === 'resolved' && raw.type === STT_FUNC && value > address && value < start + textSize,
  )
  return next.map(({ value }) => value).toSorted((a, b) => (a < b ? -1 : 1))[0] ?? start + textSize
}

function usedTable(loading: LoadContext): RawSection {
  const table = sectionOf(loading, ALTERNATIVES)
  if (table.size === 0n) throw absent(`${ALTERNATIVES} is empty`)
  return table
}

/** Every entry of the table of alternatives, with the places that it is about. */
export function alternatives(loading: LoadContext) {
  const table = usedTable(loading)
  const { alternatives: rules } = loading.machine
  const content = loading.content(table)
  if (content === undefined || table.size % BigInt(rules.entrySize) !== 0n)
    throw new NotReached('there is no whole entry')
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const start = loading.addressOf(table)
  return Array.from({ length: content.length / rules.entrySize }, (_, index) => {
    const at = index * rules.entrySize
    const entry = rules.read(view, at)
    const address = start + BigInt(at)
    return {
      index,
      entry,
      original: address + entry.originalOffset,
      replacement: address + 4n + entry.replacementOffset,
    }
  })
}

function alternativeRanges(loading: LoadContext): readonly Finding[] {
  if (!loading.kind.checksAlternatives) return uncheckedAlternatives(loading)
  const all = alternatives(loading)
  const replacements = loading.sectionNamed(REPLACEMENTS)
  if (replacements === undefined) throw new NotReached(`there is no ${REPLACEMENTS}`)
  const from = loading.addressOf(replacements)
  const to = from + replacements.size
  return all.flatMap(({ index, entry, original, replacement }) => {
    const item = 3 + index
    const edited = editedOutside(loading, original, entry.originalLength)
    if (edited !== undefined) return [finding('EINVAL', `entry ${index} ${edited}`, ALTERNATIVES, item)]
    const end = replacement + BigInt(entry.replacementLength)
    const text = `entry ${index} takes ${hex(replacement)} to ${hex(end)}, outside ${REPLACEMENTS}`
    return when(replacement < from || end > to, () => finding('EINVAL', text, ALTERNATIVES, item))
  })
}

/** By a loader that looks at nothing: it edits what is there, and copies from wherever it can read. */
function uncheckedAlternatives(loading: LoadContext): readonly Finding[] {
  return alternatives(loading).flatMap(({ index, entry, original, replacement }) => {
    const item = 3 + index
    const wrong = (text: string) => [
      finding('crash', `entry ${index} ${text}; this loader does not look at that, and goes there`, ALTERNATIVES, item),
    ]
    const edited = editedOutside(loading, original, entry.originalLength)
    if (edited !== undefined) return wrong(edited)
    const size = entry.replacementLength
    if (size === 0 || loading.memory.read(replacement, size) !== undefined) return []
    return wrong(`takes ${hex(replacement)} to ${hex(replacement + BigInt(size))}, where nothing is mapped`)
  })
}

function editedOutside(loading: LoadContext, original: bigint, length: number): string | undefined {
  const { start, textSize } = loading.loaded.copied.image
  const end = original + BigInt(length)
  return original < start || end > start + textSize
    ? `edits ${hex(original)} to ${hex(end)}, outside the payload's code`
    : undefined
}

function alternativeProblems(loading: LoadContext, what: 'lengths' | 'feature'): readonly Finding[] {
  const context = { kind: loading.kind, featureWords: featureWords(loading) }
  return alternatives(loading).flatMap(({ index, entry }) => {
    const problem = loading.machine.alternatives.problem(entry, context)
    if (problem?.what !== what) return []
    return [finding(problem.errno, `entry ${index}: ${problem.text}`, ALTERNATIVES, index)]
  })
}

/**
 * Words of features that the hypervisor counts (NCAPINTS), which it keeps two lists of; else those of its policy and the
 * synthetic ones and bugs beyond that (X86_NR_SYNTH, X86_NR_BUG) of its version.
 */
function featureWords({ hypervisor, version }: LoadContext): number | undefined {
  const words = (name: string) => {
    const list = hypervisor.symbols.find(({ plainName, size }) => plainName === name && size > 0)
    return list && list.size / 4
  }
  const policy = words('known_features')
  return words('cleared_caps') ?? words('forced_caps') ?? (policy && policy + (isAtLeast(version, '4.21') ? 3 : 2))
}

const CALLS = '.alt_call_sites'

export const ALTERNATIVE_CALL_RULES: readonly Rule[] = [
  {
    code: 'alternative-calls',
    step: 'alternative-calls',
    source: 'livepatch.c prepare_payload; arch/x86/alternative.c apply_alt_calls',
    of: kind => kind.takesCallSites,
    title: 'alternative calls are indirect calls in the code of the payload',
    check: loading => {
      const size = sizeProblem(loading, CALLS, ALTERNATIVE_CALL, -1)
      const table = sectionOf(loading, CALLS)
      const { calls } = loading.machine
      if (calls === undefined) {
        return [finding('EOPNOTSUPP', `${CALLS} is not supported on this machine`, loading.placeOf(table))]
      }
      if (size.length > 0 || table.size === 0n) return size
      return alternativeCallProblems(loading, table, calls)
    },
  },
]

function alternativeCallProblems(
  loading: LoadContext,
  table: RawSection,
  { indirect, indirectSize, indirectCall }: CallRules,
): readonly Finding[] {
  const length = BigInt(indirectSize)
  const { start, textSize } = loading.loaded.copied.image
  const content = loading.content(table)
  if (content === undefined) return []
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const count = content.length / ALTERNATIVE_CALL
  return Array.from({ length: count }, (_, index) => index).flatMap(index => {
    const site =
      loading.addressOf(table) +
      BigInt(index * ALTERNATIVE_CALL) +
      BigInt(view.getInt32(index * ALTERNATIVE_CALL, true))
    if (site < start || site + length > start + textSize) {
      return [finding('EINVAL', `entry ${index} is for ${hex(site)}, outside the payload's code`, CALLS, index)]
    }
    const code = loading.memory.read(site, indirectSize)
    const distance = code && indirect(code, true)
    // Ranges are asked for first, for all entries; only then is anything edited.
    if (distance === undefined) {
      const text = `entry ${index}: at ${hex(site)} is no indirect call (${indirectCall})`
      return [finding('EINVAL', text, CALLS, count + index)]
    }
    const pointer = site + length + BigInt(distance)
    const text = `entry ${index} calls through ${hex(pointer)}, where nothing is mapped; Xen reads it`
    return when(loading.memory.read(pointer, 8) === undefined, () => finding('crash', text, CALLS, count + index))
  })
}

const EXCEPTIONS = '.ex_table'

export const EXCEPTION_RULES: readonly Rule[] = [
  {
    code: 'exceptions-size',
    step: 'exception-table',
    source,
    title: 'the exception table holds whole entries',
    check: loading => {
      if (loading.machine.takesExceptionTable) return sizeProblem(loading, EXCEPTIONS, EXCEPTION_ENTRY)
      const text = `${EXCEPTIONS} is not supported on this machine`
      return [finding('EOPNOTSUPP', text, loading.placeOf(sectionOf(loading, EXCEPTIONS)))]
    },
  },
  {
    code: 'exceptions-loaded',
    step: 'exception-table',
    source: 'common/sort.h sort; livepatch.c prepare_payload',
    of: kind => !kind.keepsUpload,
    title: 'the exception table is loaded',
    check: loading => {
      const table = sectionOf(loading, EXCEPTIONS)
      const text = `${EXCEPTIONS} is not loaded (no SHF_ALLOC); Xen sorts through a null pointer`
      return when(table.size > 0n && loading.addressOf(table) === 0n, () =>
        finding('crash', text, loading.placeOf(table), 1),
      )
    },
  },
  {
    code: 'exceptions-targets',
    step: 'exception-table',
    source: 'arch/x86/extable.c search_one_extable',
    title: "every exception entry belongs to the payload's code",
    check: loading => {
      const table = sectionOf(loading, EXCEPTIONS)
      const content = loading.content(table) ?? new Uint8Array(0)
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
      const findings: Finding[] = []
      for (let at = 0; at + EXCEPTION_ENTRY <= content.length; at += EXCEPTION_ENTRY) {
        const start = loading.addressOf(table) + BigInt(at)
        const faulting = start + BigInt(view.getInt32(at, true))
        const next = start + 4n + BigInt(view.getInt32(at + 4, true))
        if (isInText(loading, faulting) && isInText(loading, next)) continue
        const text = `entry ${at / EXCEPTION_ENTRY} goes from ${hex(faulting)} to ${hex(next)}; both should be in the payload's code`
        findings.push(finding('warning', text, EXCEPTIONS, at))
      }
      return findings
    },
  },
]
