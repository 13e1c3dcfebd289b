/** Which folder may know which (docs/ARCHITECTURE.md), and where the outside world may be touched. */
import ts from 'typescript'
import { type Breach, importsOf, lineOf, nodesOf, product, type SourceFile } from './sources.ts'

/** What formats, machines and targets are like. Knows nothing of a run. */
const KNOWLEDGE = ['base', 'elf', 'arch', 'ctext', 'dwarf', 'special', 'pieces', 'target']
/** In the order of a run: data only moves down. */
const STAGES = [
  'source',
  'lines',
  'build',
  'correlate',
  'compare',
  'select',
  'shapes',
  'assemble',
  'verify',
  'sign',
  'report',
  'apply',
]
/** What they have in common: the cache, locks, private folders. Knows nothing of a run either. */
const SYSTEM = 'system'
const OUTSIDE = [SYSTEM, 'build', 'apply', 'cli']
const OUTSIDE_MODULES = ['node:fs', 'node:fs/promises', 'node:child_process', 'node:process', 'node:os', 'node:net']

const folderOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1]

export function importBreaches(): readonly Breach[] {
  return product.flatMap(source =>
    importsOf(source).flatMap(({ target, typesOnly, line }) => {
      const wrong = wrongImport(folderOf(source.path), target, typesOnly)
      return wrong === undefined ? [] : [{ file: source.path, line, ...wrong }]
    }),
  )
}

/** What is wrong with an import; undefined where it is allowed. Files at the top of src/ put the stages together. */
export function wrongImport(
  from: string | undefined,
  target: string,
  typesOnly: boolean,
): Pick<Breach, 'fact' | 'todo'> | undefined {
  if (!target.startsWith('src/')) {
    if (!OUTSIDE_MODULES.includes(target) || (from !== undefined && OUTSIDE.includes(from))) return undefined
    return {
      fact: `imports ${target}`,
      todo: `only ${OUTSIDE.join(', ')} touch files and processes: take bytes or text as an argument`,
    }
  }
  const to = folderOf(target)
  if (from === to || from === 'cli') return undefined
  if (from === undefined)
    return to === 'cli' ? { fact: 'imports cli', todo: 'the command line stands above everything' } : undefined
  const fact = `${from} imports ${target}`
  if (to === SYSTEM && OUTSIDE.includes(from)) return undefined
  if (from === SYSTEM) return to === 'base' ? undefined : { fact, todo: 'system knows errors, and nothing of a run' }
  if (KNOWLEDGE.includes(from)) {
    if (from === 'base') return { fact, todo: 'base imports nothing' }
    return to !== undefined && KNOWLEDGE.includes(to)
      ? undefined
      : { fact, todo: 'knowledge imports only knowledge: move what is needed down' }
  }
  if (to !== undefined && KNOWLEDGE.includes(to)) return undefined
  const earlier = to !== undefined && STAGES.indexOf(to) !== -1 && STAGES.indexOf(to) < STAGES.indexOf(from)
  if (earlier && typesOnly) return undefined
  return {
    fact,
    todo: earlier
      ? 'a stage takes only types of earlier stages: let pipeline.ts call it and pass the result (or `import type`)'
      : 'data only moves down: a stage knows nothing of later ones, nor of pipeline.ts and cli',
  }
}

/** The global `process` belongs to those who touch the outside world. */
export function processBreaches(): readonly Breach[] {
  const inside = product.filter(({ path }) => !OUTSIDE.includes(folderOf(path) ?? ''))
  return inside.flatMap(source =>
    usesOfProcess(source).map(line => ({
      file: source.path,
      line,
      fact: 'uses the global process',
      todo: `only ${OUTSIDE.join(', ')} may: take the value as an argument`,
    })),
  )
}

function usesOfProcess(source: SourceFile): readonly number[] {
  const isUse = (node: ts.Node): boolean =>
    ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'process'
  return [...nodesOf(source.tree)].filter(isUse).map(node => lineOf(source, node))
}
