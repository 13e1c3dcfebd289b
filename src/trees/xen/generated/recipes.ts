/**
 * How Xen's generated headers come from sources. A row is one header or family; to add one, say which touched files
 * concern it, which recorded commands make it, and where the result goes.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { listFolder, readText, toBase, walk } from '../../layout.ts'
import type { Tree } from '../../model.ts'
import { readDependencies, readSource } from '../command-file.ts'
import { commandFile, type Recipe, recordedStep } from './replay.ts'

/** One thing to make again. */
export interface Task extends Recipe {
  /** For messages. */
  readonly name: string
  /** From what was made to what units include: header below the build folder, and its text. */
  readonly finish: (texts: ReadonlyMap<string, string>) => ReadonlyMap<string, string>
  /** What is to be made in turn where some of these changed; `changed` holds targets. */
  readonly next?: (changed: ReadonlySet<string>) => Task[]
}

/** The tasks that a change of these files (relative to `base`) calls for. */
export function tasksFor(tree: Tree, touched: ReadonlySet<string>): Task[] {
  return [
    ...featureSets(tree, touched),
    ...compatHeaders(tree, touched),
    ...hypercallDefinitions(tree, touched),
    ...assemblerMacros(tree, touched),
  ]
}

const plain = (texts: ReadonlyMap<string, string>) => texts

/** include/xen/lib/x86/cpuid-autogen.h: from the list of CPU features, by a script whose command nobody records. */
function featureSets(tree: Tree, touched: ReadonlySet<string>): Task[] {
  const list = 'xen/include/public/arch-x86/cpufeatureset.h'
  const script = 'xen/tools/gen-cpuid.py'
  const target = 'include/xen/lib/x86/cpuid-autogen.h'
  if (!existsSync(join(tree.layout.buildFolder, target)) || !(touched.has(list) || touched.has(script))) return []
  const { sourceFolder } = tree.layout
  const python = recordedStep(tree, 'include/compat/xen.c').command?.split(' ')[0] ?? 'python3'
  const command = `${python} ${sourceFolder}/tools/gen-cpuid.py -i ${sourceFolder}/include/public/arch-x86/cpufeatureset.h -o ${target}`
  // Its first comment names the folders it was made in.
  const comment = firstComment(readText(join(tree.layout.buildFolder, target)) ?? '')
  const finish = (texts: ReadonlyMap<string, string>) => {
    const made = texts.get(target) ?? ''
    return new Map([[target, comment + made.slice(firstComment(made).length)]])
  }
  return [{ name: target, steps: [{ target, command }], reads: [list, script], wanted: [target], finish }]
}

function firstComment(text: string): string {
  return /^\s*\/\*[\s\S]*?\*\//.exec(text)?.[0] ?? ''
}

/** include/compat/x.h: from include/public/x.h through a script, the preprocessor, and another script. */
function compatHeaders(tree: Tree, touched: ReadonlySet<string>): Task[] {
  const { layout } = tree
  const inPublic = [...touched].filter(path => path.startsWith('xen/include/public/') && path.endsWith('.h'))
  const tools = [...touched].filter(path => /^xen\/(include\/xlat\.lst|tools\/compat-.*\.py)$/.test(path))
  if (inPublic.length + tools.length === 0) return []
  const made = madeHeaders(join(layout.buildFolder, 'include/compat'))
  // Every compat header is preprocessed after public/xen-compat.h; the others do not read one another.
  const all = tools.length > 0 || inPublic.includes('xen/include/public/xen-compat.h')
  const stems = made.filter(stem => all || inPublic.includes(`xen/include/public/${stem}.h`))
  if (stems.length === 0) return []
  const headers = stems.map(stem => `include/compat/${stem}.h`)
  const lists = stems
    .map(stem => `include/compat/.xlat/${stem}.lst`)
    .filter(list => existsSync(commandFile(tree, list)))
  const sources = stems.flatMap(stem => ['c', 'i', 'h'].map(ending => `include/compat/${stem}.${ending}`))
  return [
    {
      name: 'the compat headers',
      steps: [...sources, ...lists].map(target => recordedStep(tree, target)),
      reads: compatReads(tree),
      wanted: [...headers, ...lists],
      finish: plain,
      next: changed => translations(tree, stems, changed),
    },
  ]
}

/** include/compat/xlat.h: pieces made from a compat header and the list of structures to translate, joined. */
function translations(tree: Tree, stems: readonly string[], changed: ReadonlySet<string>): Task[] {
  const pieces = stems
    .filter(stem => changed.has(`include/compat/${stem}.h`) || changed.has(`include/compat/.xlat/${stem}.lst`))
    .map(stem => `include/compat/.xlat/${stem}.h`)
    .filter(piece => existsSync(commandFile(tree, piece)))
  const joined = 'include/compat/xlat.h'
  const reads = [
    ...compatReads(tree),
    ...madeHeaders(join(tree.layout.buildFolder, 'include/compat')).map(stem =>
      join(tree.layout.buildFolder, `include/compat/${stem}.h`),
    ),
  ]
  const steps = [...pieces, joined].map(target => recordedStep(tree, target))
  return pieces.length === 0 ? [] : [{ name: joined, steps, reads, wanted: [joined], finish: plain }]
}

/** Stems below include/compat of headers that are made from a public one. */
function madeHeaders(folder: string): string[] {
  const stems: string[] = []
  walk(folder, (path, { files }) => {
    if (path.includes('/.xlat')) return
    for (const name of files) {
      const stem = /^\.(.+)\.c\.cmd$/.exec(name)?.[1]
      if (stem !== undefined) stems.push(`${path}/${stem}`.slice(folder.length + 1))
    }
  })
  return stems.sort()
}

function compatReads({ layout }: Tree): string[] {
  const reads: string[] = []
  const { sourceFolder, buildFolder } = layout
  walk(join(sourceFolder, 'include/public'), (path, { files }) => reads.push(...files.map(name => `${path}/${name}`)))
  walk(join(buildFolder, 'include/compat/.xlat'), (path, { files }) =>
    reads.push(...files.filter(name => !name.startsWith('.')).map(name => `${path}/${name}`)),
  )
  const tools = join(sourceFolder, 'tools')
  reads.push(
    ...listFolder(tools)
      .files.filter(name => /\.(py|sh)$/.test(name))
      .map(name => `${tools}/${name}`),
  )
  reads.push(join(sourceFolder, 'include/xlat.lst'))
  return reads
}

/** include/xen/hypercall-defs.h: from include/hypercall-defs.c through the preprocessor and an awk script. */
function hypercallDefinitions(tree: Tree, touched: ReadonlySet<string>): Task[] {
  const script = 'xen/scripts/gen_hypercall.awk'
  const middle = 'include/hypercall-defs.i'
  const header = 'include/xen/hypercall-defs.h'
  const reads = [...preprocessedFrom(tree, middle), script, ...configured(tree)]
  if (!existsSync(commandFile(tree, header)) || !reads.some(path => touched.has(path))) return []
  return [
    {
      name: header,
      steps: [middle, header].map(target => recordedStep(tree, target)),
      reads,
      wanted: [header],
      finish: plain,
    },
  ]
}

/** arch/x86/include/asm/asm-macros.h: a preprocessed file between two fixed pieces of text. */
function assemblerMacros(tree: Tree, touched: ReadonlySet<string>): Task[] {
  const middle = 'arch/x86/asm-macros.i'
  const header = 'arch/x86/include/asm/asm-macros.h'
  const reads = [...preprocessedFrom(tree, middle), ...configured(tree)]
  if (!reads.some(path => touched.has(path))) return []
  const before = readText(join(tree.layout.buildFolder, middle)) ?? ''
  const whole = readText(join(tree.layout.buildFolder, header)) ?? ''
  const start = before === '' ? -1 : whole.indexOf(before)
  const finish = (texts: ReadonlyMap<string, string>) =>
    new Map([
      [header, start < 0 ? '' : whole.slice(0, start) + (texts.get(middle) ?? '') + whole.slice(start + before.length)],
    ])
  return [{ name: header, steps: [recordedStep(tree, middle)], reads, wanted: [middle], finish }]
}

/** autoconf.h and its like: everything reads them, and so the build leaves them out of its lists. */
function configured({ layout }: Tree): string[] {
  const folder = join(layout.buildFolder, 'include/generated')
  return listFolder(folder).files.map(name => `${folder}/${name}`)
}

/** What the preprocessor read for a recorded target, relative to `base`. */
export function preprocessedFrom(tree: Tree, target: string): string[] {
  const text = readText(commandFile(tree, target))
  if (text === undefined) return []
  const { layout } = tree
  const spelled = [readSource(text) ?? '', ...readDependencies(text)].filter(name => name !== '')
  return spelled.map(name =>
    toBase(layout, tree.texts.real.of(name.startsWith('/') ? name : `${layout.buildFolder}/${name}`)),
  )
}
