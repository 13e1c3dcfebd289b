/** Advice as text for people: the ways side by side, then what each number stands for. */
import type { Advice, WayAdvice } from './advice.ts'
import { type Ink, PLAIN } from './ink.ts'
import type { Entry } from './model.ts'
import { counted } from './text.ts'

/** Names that a list shows before it says how many more there are. */
const SHOWN = 12

export function adviceText(advice: Advice, ink: Ink = PLAIN): string {
  const sections = [
    table(advice, ink),
    functionSection(advice.ways, ink),
    refusalSection(advice.ways, ink),
    logSection(advice.ways, ink),
    [recommendation(advice, ink)],
  ]
  return `${sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`
}

const HEAD = ['mode', 'outcome', 'functions', 'refusals', 'payload', 'compiles', 'other work', 'numbers off']

function table({ ways, recommended }: Advice, ink: Ink): readonly string[] {
  const rows = ways.map(({ way, outcome, functions, helpers, refusals, size, effort, logs }) => [
    way,
    outcome,
    `${functions.length}${helpers === 0 ? '' : ` (+${helpers})`}`,
    String(refusals.length),
    size === null ? '-' : `${size} bytes`,
    compilesText(effort),
    `${Math.round(effort.otherTime)} ms`,
    logs.off === null ? '?' : String(logs.off),
  ])
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    ink.strong(line(HEAD)),
    ...rows.map((row, index) => (ways[index]?.way === recommended ? ink.good(line(row)) : line(row))),
  ]
}

function compilesText({ compiles, cached, compileTime }: WayAdvice['effort']): string {
  const known =
    cached === compiles ? 'known' : `${Math.round(compileTime)} ms${cached === 0 ? '' : `, ${cached} known`}`
  return compiles === 0 ? '-' : `${compiles}, ${known}`
}

/** Ways with the same functions share a paragraph. */
function functionSection(ways: readonly WayAdvice[], ink: Ink): readonly string[] {
  const groups = new Map<string, WayAdvice[]>()
  for (const way of ways.filter(({ functions }) => functions.length > 0)) {
    const key = JSON.stringify(way.functions.map(({ unit, name, verdict }) => [unit, name, verdict]))
    groups.set(key, [...(groups.get(key) ?? []), way])
  }
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          `${ink.strong([first, ...others].map(({ way }) => way).join(', '))}: ${counted(first.functions.length, 'function')} in the payload`,
          ...first.functions.slice(0, SHOWN).map(functionLine),
          ...(first.functions.length > SHOWN
            ? [`  … and ${first.functions.length - SHOWN} more; --json FILE has all`]
            : []),
        ],
  )
}

function functionLine({ name, unit, verdict, reasons }: Entry): string {
  return `  ${name} (${unit})  ${verdict}: ${reasons[0]?.text ?? ''}`
}

function refusalSection(ways: readonly WayAdvice[], ink: Ink): readonly string[] {
  const told = new Map<string, { readonly text: string; readonly ways: string[] }>()
  for (const { way, refusals } of ways) {
    for (const { code, unit, text, hint } of refusals) {
      const key = `${ink.bad(code)} ${unit}: ${text}\n    way out: ${hint}`
      told.set(key, { text: key, ways: [...(told.get(key)?.ways ?? []), way] })
    }
  }
  const all = [...told.values()]
  const lines = all.slice(0, SHOWN).map(({ text, ways: names }) => `  ${text}\n    under: ${names.join(', ')}`)
  const more = all.length > SHOWN ? [`  … and ${all.length - SHOWN} more; --json FILE has all`] : []
  return lines.length === 0 ? [] : [ink.strong('cannot be hotpatched'), ...lines, ...more]
}

function logSection(ways: readonly WayAdvice[], ink: Ink): readonly string[] {
  const told = ways.filter(({ outcome, logs }) => outcome !== 'error' && logs.text !== '')
  const [first] = told
  if (first === undefined) return []
  return [
    ink.strong('what logs will say'),
    ...told.flatMap(({ way, logs }) => [
      `  ${way.padEnd(7)}  ${logs.text}`,
      ...logs.examples.map(({ function: name, prints, means }) =>
        prints === means
          ? `             ${name} prints ${prints}`
          : `             ${name} prints ${prints} for ${means}`,
      ),
    ]),
    ...(ways.some(({ helpers }) => helpers > 0)
      ? ['  (+n): functions of ours that set line numbers, and put them back.']
      : []),
    `  In backtraces ${first.logs.backtraces}. \`hotsplice translate\` turns numbers into lines of the patched source.`,
  ]
}

function recommendation({ outcome, recommended, reason }: Advice, ink: Ink): string {
  if (outcome === 'nothing-to-do') return `nothing to do: ${reason}`
  if (recommended === null) return ink.bad(`refused: ${reason}`)
  return `${ink.good(`recommended: --lines ${recommended}`)}: ${reason}`
}
