/**
 * What a person reads first, who was not there when the payload was built and knows nothing of hotsplice: the outcome in a
 * sentence, what it is about, and how line numbers were treated.
 *
 * The worse mistake is a sentence that sounds better than the report is: what was not looked at is said, never left out.
 */
import type { FileLines, RunReport, Way } from '../model.ts'
import { counted } from '../text.ts'
import { hunkViews } from './hunks.ts'
import type { AdviceView, BuildView, Fact, RehearsalView, Tone, VerifyView } from './model.ts'

/** What a report is in words; `name` is its file. */
export function firstScreen(report: RunReport, name: string, advice?: AdviceView): BuildView {
  return {
    name,
    title: titleOf(report, name),
    base: baseOf(report),
    word: WORDS[report.outcome],
    tone: toneOf(report),
    headline: headlineOf(report),
    facts: factsOf(report),
    lines: report.command === 'diff' ? [] : linesOf(report, advice),
    hunks: hunkViews(report),
    report,
  }
}

const WORDS: Readonly<Record<RunReport['outcome'], string>> = {
  built: 'built',
  refused: 'refused',
  'nothing-to-do': 'nothing to do',
  differs: 'differs',
  error: 'failed',
}

function toneOf({ outcome }: RunReport): Tone {
  if (outcome === 'built') return 'good'
  return outcome === 'refused' || outcome === 'error' ? 'bad' : 'plain'
}

function titleOf({ patches, command, functions, data, units }: RunReport, name: string): string {
  if (patches.length > 0) return patches.map(patch => patch.subject ?? patch.name).join(', ')
  const [unit] = [...functions, ...data, ...units].map(each => each.unit)
  return command === 'diff' && unit !== undefined ? unit : name
}

function baseOf({ base, target }: RunReport): string {
  const id = base?.buildId ?? null
  return `${systemOf(target)}${id === null ? '' : `, build-id ${id.slice(0, 12)}`}`
}

const SYSTEMS: Readonly<Record<NonNullable<RunReport['target']>['name'], string>> = {
  xen: 'Xen',
  process: 'a program',
  linux: 'Linux',
}

function systemOf(target: RunReport['target']): string {
  if (target === null) return 'an unknown system'
  const system = SYSTEMS[target.name]
  return target.version === null ? system : `${system} ${target.version}`
}

/** The outcome in a sentence. */
export function headlineOf(report: RunReport): string {
  const { outcome, functions, data, refusals, error, command } = report
  switch (outcome) {
    case 'built':
      return builtWords(report)
    case 'refused':
      return `No hotpatch was made: for ${counted(refusals.length, 'reason')}, this patch cannot be put into what runs as it is.`
    case 'nothing-to-do':
      if (command === 'build') return 'There is nothing to do: the patch changes no code that runs.'
      return functions.length === 0
        ? 'The two objects are the same.'
        : 'The two objects differ by source line numbers only.'
    case 'differs':
      return `The two objects differ: ${counted(functions.length, 'function')}, ${counted(data.length, 'data object')}.`
    case 'error':
      return `The ${command === 'build' ? 'build' : 'comparison'} failed: ${error?.text ?? 'for an unknown reason'}`
  }
}

function builtWords({ functions, target, payload }: RunReport): string {
  const taken = functions.filter(({ included }) => included)
  const fresh = taken.filter(({ verdict }) => verdict === 'new').length
  const replaced = taken.length - fresh
  const brought = fresh === 0 ? '' : ` and brings ${fresh} new`
  const what = payload === null ? 'A hotpatch can be built' : 'A hotpatch was built'
  return `${what}: while ${systemOf(target)} runs on, it replaces ${counted(replaced, 'function')}${brought}.`
}

function factsOf({ base, target, patches, payload, compiler, version }: RunReport): readonly Fact[] {
  const facts: (readonly [string, string | null | undefined])[] = [
    ['Runs', target === null ? null : systemOf(target)],
    ['Build-id of what runs', base?.buildId],
    ['Goes on top of', base === null || base.depends === base.buildId ? null : base.depends],
    ...patches.map(({ name, subject }) => ['Patch', subject === null ? name : `${subject} (${name})`] as const),
    ['Payload', payload === null ? null : `${payload.file}, ${counted(payload.size, 'byte')}`],
    ['Build-id of the payload', payload?.buildId],
    ['SHA-256 of the payload', payload?.sha256],
    ['Compiler', compiler],
    ['Made by', `hotsplice ${version}`],
  ]
  return facts.flatMap(([name, value]) => (value === null || value === undefined ? [] : [{ name, value }]))
}

const WAYS: Readonly<Record<Way, string>> = {
  auto: 'File by file, the mode was chosen that fits best.',
  neutral: 'The patch was rewritten so that lines it leaves alone keep their numbers.',
  mask: 'Functions that differ by line numbers only were told apart, and left out.',
  table:
    'Functions that differ by line numbers only were left out; their numbers are set while the payload is applied.',
  ignore: 'Line numbers were taken like any other difference.',
}

const WHY =
  'A function may hold the number of its own source line, for messages; a patch that adds a line above changes that number and nothing else.'

/** What `auto` came to, by the number of files. */
function autoWords(files: readonly FileLines[]): readonly string[] {
  const ways = [...new Set(files.map(({ way }) => way))]
  if (ways.length <= 1) return [WAYS[ways[0] ?? 'auto']]
  return [
    WAYS.auto,
    ...ways.map(way => `${counted(files.filter(file => file.way === way).length, 'file')}: ${WAYS[way]}`),
  ]
}

function linesOf(report: RunReport, advice: AdviceView | undefined): readonly string[] {
  const { way, files } = report.lines
  const unsafe = files.reduce((sum, file) => sum + file.unsafe.length, 0)
  const kept = unsafe === 0 ? [] : [`Of ${counted(unsafe, 'line')} the number could not be kept.`]
  const why = files.length === 0 ? [] : [WHY]
  return [
    ...why,
    ...(way === 'auto' ? autoWords(files) : [WAYS[way]]),
    ...kept,
    ...(way === 'ignore' ? [] : [costOfIgnore(report, advice)]),
  ]
}

/** What `--lines ignore` would have added: as it was tried, or else as far as this report tells. */
function costOfIgnore(report: RunReport, advice: AdviceView | undefined): string {
  const tried = advice?.ways.find(({ way }) => way === 'ignore')
  const own = report.functions.filter(({ included }) => included).length
  if (tried !== undefined) {
    const all = tried.functions.filter(({ included }) => included).length
    const end =
      tried.refusals.length === 0 ? '' : `, and would have been refused for ${counted(tried.refusals.length, 'reason')}`
    return `Had they been ignored (tried), it would have taken in ${counted(all, 'function')} instead of ${own}${end}.`
  }
  const moved = movedFunctions(report)
  if (moved === undefined) return 'What ignoring them would have cost was not looked at; `hotsplice advise` tells.'
  if (moved.length === 0)
    return 'Ignoring them would have cost nothing: no function that stays embeds a line that moved.'
  return `Had they been ignored, at least ${counted(moved.length, 'function')} more would have been replaced.`
}

/**
 * Functions that stay though a line moved whose number they embed. Undefined where nobody looked for all files: then "none"
 * would be a guess.
 */
export function movedFunctions({ functions, lines }: RunReport): readonly string[] | undefined {
  const told = functions.filter(({ verdict, included }) => verdict === 'line-only' && !included)
  const names = new Set(told.map(({ name }) => name))
  if (lines.files.length === 0 || lines.files.some(({ embedded }) => embedded === null)) return undefined
  for (const file of lines.files) {
    for (const { line, stays, set } of file.embedded ?? []) {
      if (isMoved(file, line)) for (const name of [...stays, ...set]) if (name !== '') names.add(name)
    }
  }
  return [...names].sort()
}

function isMoved({ map }: FileLines, line: number): boolean {
  const run = map.find(([from, , count]) => line >= from && line < from + count)
  return run !== undefined && run[0] !== run[1]
}

/** What the loader's rules say, in a sentence. */
export function verifyHeadline({ target, version, accepted, complete, errno, stage }: VerifyView): string {
  const system = `${SYSTEMS[target]} ${version}`
  if (accepted && complete) return `By all rules of its loader, ${system} would take this payload.`
  if (accepted) return `As far as it could be checked, ${system} would take this payload.`
  if (errno === null) return `${system} would take this payload, and must not get it.`
  if (errno === 'wrong') return `${system} would take this payload, and its code would not do what it should.`
  const when = stage === null ? '' : ` (${stage})`
  if (errno === 'crash') return `This payload would crash ${system}${when}.`
  return `${system} would refuse this payload with ${errno}${when}.`
}

/** What a rehearsal showed, in a sentence. */
export function rehearsalHeadline({ outcome, operations, hypervisor, notRun, downfall }: RehearsalView): string {
  const { name, version } = hypervisor
  const where = `on the real ${name} ${version}, in a throwaway machine`
  const asked = counted(operations.length, 'operation')
  const wrong = operations.filter(({ expected }) => !expected).length
  const left = notRun === 0 ? '' : `; ${notRun} were not reached`
  switch (outcome) {
    case 'passed':
      return `It was rehearsed ${where}: ${asked}, all as expected.`
    case 'failed':
      return `It was rehearsed ${where}, and ${wrong} of ${asked} did not end as expected${left}.`
    case 'crashed':
      return `It was rehearsed ${where}, and ${name} crashed: ${downfall?.sign ?? 'nobody knows how'}${left}.`
    case 'timeout':
      return `It was rehearsed ${where}, and did not come to its end in time${left}.`
  }
}
