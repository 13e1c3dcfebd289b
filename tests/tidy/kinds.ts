/** Tests are of the kind that their place says (vitest.config.ts): the light ones reach no real target, and all are repeatable. */
import { COMMAND, REAL, REST } from '../../vitest.config.ts'
import { type Breach, importsOf, type SourceFile, sources } from './sources.ts'

/** What builds Xen, or starts it. */
const REAL_TARGETS: ReadonlySet<string> = new Set(['tests/xen/tree.ts', 'tests/xen/command.ts'])
/** Split, so that this file does not hold it. */
const XEN_SCRIPT = ['xen', 'sh'].join('.')

const byPath = new Map(sources.map(source => [source.path, source]))
/** For each file the files whose values it takes. */
const imported = new Map(
  sources.map(source => [
    source,
    importsOf(source).flatMap(({ target, typesOnly }) => (typesOnly ? [] : (byPath.get(target) ?? []))),
  ]),
)
const tests = sources.filter(({ path }) => path.endsWith('.test.ts'))

export function kindBreaches(): readonly Breach[] {
  const light = tests.filter(({ path }) => ![...REAL, ...COMMAND].some(pattern => matches(pattern, path)))
  return [...light.flatMap(lightBreaches), ...REST.flatMap(restBreaches), ...tests.flatMap(randomBreaches)]
}

function lightBreaches(test: SourceFile): readonly Breach[] {
  const todo = 'name it in REAL of vitest.config.ts, or let it do without'
  return [...reachedFrom(test)].flatMap(({ path, text }) => {
    if (REAL_TARGETS.has(path)) return [{ file: test.path, fact: `is a light test and reaches ${path}`, todo }]
    return path.startsWith('tests/') && text.includes(XEN_SCRIPT)
      ? [{ file: test.path, fact: `is a light test and ${path} calls ${XEN_SCRIPT}`, todo }]
      : []
  })
}

function restBreaches(path: string): readonly Breach[] {
  if (tests.some(test => test.path === path)) return []
  return [{ file: 'vitest.config.ts', fact: `REST names ${path}, which is no test`, todo: 'mend REST' }]
}

/** What a test reaches by values, itself included; types build nothing. */
function reachedFrom(test: SourceFile): ReadonlySet<SourceFile> {
  const reached = new Set([test])
  for (const source of reached) for (const next of imported.get(source) ?? []) reached.add(next)
  return reached
}

function randomBreaches(test: SourceFile): readonly Breach[] {
  return [...reachedFrom(test)]
    .filter(({ path, text }) => path.startsWith('tests/') && /\bMath\.random\b/.test(text))
    .map(({ path }) => ({
      file: path,
      fact: 'draws what nobody can draw again',
      todo: 'draw from a seed that the title or a message prints (tests/support/harmless.ts has draws)',
    }))
}

export function matches(pattern: string, path: string): boolean {
  const words = pattern.split(/(\*\*\/|\*)/).map(part => {
    if (part === '**/') return '(?:.*/)?'
    return part === '*' ? '[^/]*' : part.replace(/[.+]/g, '\\$&')
  })
  return new RegExp(`^${words.join('')}$`).test(path)
}
