/**
 * New per-CPU variables: each CPU's block was laid out when it came up, and has no room. So a variable becomes an array of
 * the payload's own, with an element for each CPU that Xen may have, and what uses it takes the element.
 */
import { IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'
import type { PerCpuWay } from './model.ts'
import type { TextEdit } from './text-edits.ts'

/** include/xen/percpu.h of Xen 4.17 to 4.22; where a variable lies among others is of no matter to an array. */
const DEFINING = /^DEFINE_PER_CPU(?:_READ_MOSTLY|_PAGE_ALIGNED)?$/
const DECLARING = /^DECLARE_PER_CPU$/

const arrayOf = (name: string): string => `hotsplice_per_cpu_${name}`

export interface PerCpuFound {
  readonly edits: readonly TextEdit[]
  /** By name, the types of those that the text defines. */
  readonly defined: ReadonlyMap<string, string>
}

/** All places of a text that have to do with any of the names. */
export function perCpuEdits(text: string, names: ReadonlySet<string>): PerCpuFound {
  const file = lex(text)
  const edits: TextEdit[] = []
  const defined = new Map<string, string>()
  for (let at = 0; at < file.tokens.count; at++) {
    if (tokenKind(file, at) !== 'word' || tokenText(file, at + 1) !== '(') continue
    const list = listAt(file, at + 1)
    if (list === undefined) continue
    const word = tokenText(file, at)
    const [first = '', second = ''] = list.arguments
    const [from, end] = [file.tokens.starts[at] ?? 0, list.end]
    if (DEFINING.test(word) && names.has(second)) {
      defined.set(second, first)
      edits.push({ from, end, put: `__typeof__(${first}) ${arrayOf(second)}[NR_CPUS]` }, ...withoutStatic(file, at))
    } else if (DECLARING.test(word) && names.has(second))
      edits.push({ from, end, put: `extern __typeof__(${first}) ${arrayOf(second)}[NR_CPUS]` })
    else if (word === 'this_cpu' && names.has(first))
      edits.push({ from, end, put: `${arrayOf(first)}[smp_processor_id()]` })
    // What stands for the CPU may use another of them.
    else if (word === 'per_cpu' && names.has(first) && list.comma !== undefined)
      edits.push({ from, end: list.comma, put: `${arrayOf(first)}[` }, { from: end - 1, end, put: ']' })
  }
  return { edits, defined }
}

/** The source that sets them has to see it; the name is nobody else's. */
function withoutStatic(file: LexedFile, at: number): readonly TextEdit[] {
  if (tokenText(file, at - 1) !== 'static') return []
  return [{ from: file.tokens.starts[at - 1] ?? 0, end: file.tokens.starts[at] ?? 0, put: '' }]
}

interface List {
  readonly arguments: readonly string[]
  /** Behind its parenthesis. */
  readonly end: number
  /** Where the second argument begins. */
  readonly comma: number | undefined
}

function listAt(file: LexedFile, open: number): List | undefined {
  const { starts, ends, flags } = file.tokens
  const inDirective = (flags[open] ?? 0) & IN_DIRECTIVE
  const found: string[] = []
  let depth = 0
  let from = open + 1
  let comma: number | undefined
  for (let at = open; at < file.tokens.count && ((flags[at] ?? 0) & IN_DIRECTIVE) === inDirective; at++) {
    const sign = tokenKind(file, at) === 'punctuator' ? tokenText(file, at) : ''
    if (/^[([{]$/.test(sign)) depth++
    if (/^[)\]}]$/.test(sign)) depth--
    const isOver = depth === 0
    if (!isOver && !(depth === 1 && sign === ',')) continue
    found.push(file.text.slice(starts[from] ?? 0, ends[at - 1] ?? 0))
    if (isOver) return { arguments: found, end: ends[at] ?? 0, comma }
    from = at + 1
    comma ??= starts[from]
  }
  return undefined
}

export function perCpuLines({ name, type }: PerCpuWay, mark: string): readonly string[] {
  const array = arrayOf(name)
  return [
    '',
    `/* New per-CPU variable ${name}, an element for each CPU. It keeps its value while a CPU is offline. */`,
    `extern __typeof__(${type}) ${array}[NR_CPUS];`,
    `static void first_of_${name}(void)`,
    '{',
    '    unsigned int cpu;',
    '',
    '    /* What the CPUs have that are running, of which no code of the patch that brings a CPU up has set it. */',
    '    for ( cpu = 0; cpu < NR_CPUS; cpu++ )',
    `        ${array}[cpu] = ${mark}first_value;`,
    '}',
    `LIVEPATCH_LOAD_HOOK(first_of_${name})`,
  ]
}
