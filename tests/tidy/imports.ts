/** Which folder may know which (docs/ARCHITECTURE.md), and where the outside world may be touched. */
import ts from 'typescript'
import { type Breach, importsOf, lineOf, nodesOf, product, type SourceFile, sources } from './sources.ts'

/**
 * What formats, machines and loaders are like, each knowing only those before it. Knows nothing of a run.
 * `base` stands before all, and imports nothing.
 */
export const KNOWLEDGE = ['base', 'elf', 'dwarf', 'ctext', 'machines', 'loaders', 'pieces', 'program']
/** In the order of a run: data only moves down. */
export const STAGES = [
  'source',
  'lines',
  'trees',
  'correlate',
  'compare',
  'select',
  'type-layouts',
  'ways-out',
  'assemble',
  'verify',
  'sign',
  'report',
]
/** Who may call whom above the stages: a row for each folder, with the folders whose code it may use. */
const ABOVE: Readonly<Record<string, { readonly may: readonly string[]; readonly todo: string }>> = {
  services: { may: KNOWLEDGE, todo: 'a service is handed to flows as functions: take what it needs as an argument' },
  hosts: { may: KNOWLEDGE, todo: 'a host knows payloads and machines, nothing of a run: take a value as an argument' },
  flows: {
    may: [...KNOWLEDGE, ...STAGES],
    todo: 'a flow takes what it needs of the world as a function of a type of its own; cli hands it in',
  },
  library: {
    may: [...KNOWLEDGE, 'report', 'hosts', 'flows'],
    todo: 'the library gives flows and hosts their defaults: let a flow call the stage (or `import type`)',
  },
  cli: {
    may: [...KNOWLEDGE, 'report', 'services', 'hosts', 'flows'],
    todo: 'the command line calls flows and hosts, and shows reports: let a flow call the stage (or `import type`)',
  },
}
/** Those that speak to users: they name the values of stages, and make none. */
const FRONTS = ['library', 'cli']
const FOLDERS = [...KNOWLEDGE, 'system', ...STAGES, ...Object.keys(ABOVE)]
/** The flow that others are made of. */
const SHARED_FLOW = 'hotpatch'
/** What they have in common: the cache, locks, private folders. Knows nothing of a run either. */
export const SYSTEM = 'system'
const OUTSIDE = [SYSTEM, 'trees', 'hosts', 'services', 'library', 'cli']
const OUTSIDE_MODULES = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:process',
  'node:os',
  'node:net',
  'node:timers/promises',
  'node:worker_threads',
]

const folderOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1]

export function importBreaches(): readonly Breach[] {
  const page = sources.filter(({ path }) => path.startsWith('page/'))
  return [...product, ...page].flatMap(source =>
    importsOf(source).flatMap(({ target, typesOnly, line }) => {
      const wrong = wrongImport(source.path, target, typesOnly)
      return wrong === undefined ? [] : [{ file: source.path, line, ...wrong }]
    }),
  )
}

type Wrong = Pick<Breach, 'fact' | 'todo'>

/** What is wrong with an import; undefined where it is allowed. */
export function wrongImport(path: string, target: string, typesOnly: boolean): Wrong | undefined {
  if (path.startsWith('page/')) return wrongForPage(target, typesOnly)
  const from = folderOf(path)
  if (!target.startsWith('src/')) return wrongModule(from, target)
  const to = folderOf(target)
  // The public face puts names together; what stands behind them is held to the rules by itself.
  if (from === undefined) return to === 'cli' ? { fact: 'imports cli', todo: 'it stands above everything' } : undefined
  const fact = `${from} imports ${target}`
  if (from === to) return from === 'flows' ? wrongFlow(path, target) : undefined
  if (to === SYSTEM && OUTSIDE.includes(from)) return undefined
  if (from === SYSTEM) return to === 'base' ? undefined : { fact, todo: 'system knows errors, and nothing of a run' }
  if (from === 'base') return { fact, todo: 'base imports nothing' }
  if (to === undefined) return { fact, todo: 'index.ts is for users of the library; import what it re-exports' }
  if (from in ABOVE) {
    const { may = [], todo = '' } = ABOVE[from] ?? {}
    return may.includes(to) || (FRONTS.includes(from) && typesOnly && STAGES.includes(to)) ? undefined : { fact, todo }
  }
  if (KNOWLEDGE.includes(from)) {
    if (isBefore(KNOWLEDGE, to, from)) return undefined
    return { fact, todo: `knowledge imports only what stands before it (${KNOWLEDGE.join(', ')}): move it down` }
  }
  if (KNOWLEDGE.includes(to) || (isBefore(STAGES, to, from) && typesOnly)) return undefined
  return {
    fact,
    todo: isBefore(STAGES, to, from)
      ? 'a stage takes only types of earlier stages: let the flow call it and pass the result (or `import type`)'
      : 'data only moves down: a stage knows nothing of later ones, nor of flows, hosts and cli',
  }
}

/** The page is shown by a browser, and says what reports say, in the rows that the terminal has, too. */
function wrongForPage(target: string, typesOnly: boolean): Wrong | undefined {
  if (
    /^(?:page\/|src\/report\/shown\/|preact(?:\/hooks)?$)/.test(target) ||
    (typesOnly && target.startsWith('src/report/'))
  )
    return undefined
  return {
    fact: `the page imports ${target}`,
    todo: 'it takes types of reports, and src/report/shown: put what it needs into its data',
  }
}

function wrongModule(from: string | undefined, target: string): Wrong | undefined {
  if (!OUTSIDE_MODULES.includes(target) || (from !== undefined && OUTSIDE.includes(from))) return undefined
  return {
    fact: `imports ${target}`,
    todo: `only ${OUTSIDE.join(', ')} touch files and processes: take bytes or text as an argument`,
  }
}

/** Flows are things that a user asks for, each by itself; what several of them need is part of the hotpatch flow. */
function wrongFlow(path: string, target: string): Wrong | undefined {
  const [mine, other] = [flowOf(path), flowOf(target)]
  if (mine === other || other === SHARED_FLOW) return undefined
  return { fact: `the flow ${mine} imports the flow ${other}`, todo: `move what both need to flows/${SHARED_FLOW}` }
}

const flowOf = (path: string) => /^src\/flows\/([^/.]+)/.exec(path)?.[1]

const isBefore = (order: readonly string[], first: string, then: string) =>
  order.includes(first) && order.indexOf(first) < order.indexOf(then)

/** Every folder of src/ has its place in the order, and only the public face stands beside them. */
export function placeBreaches(): readonly Breach[] {
  return product.flatMap(({ path }) => {
    const folder = folderOf(path)
    if (folder === undefined && path !== 'src/index.ts')
      return [{ file: path, fact: 'stands at the top of src/', todo: 'only index.ts does: put it into a folder' }]
    if (folder === undefined || FOLDERS.includes(folder)) return []
    return [{ file: path, fact: `${folder} has no place in the order`, todo: 'give it one in tests/tidy/imports.ts' }]
  })
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
