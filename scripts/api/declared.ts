/**
 * The project as the compiler declares it: each file's declarations, in a program of their own, so that what is asked
 * about an entry is what its users' compiler sees.
 */
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const checkout = fileURLToPath(new URL('../../', import.meta.url))

/** What `import … from 'hotsplice'` and the like stand for, and the file with its declarations. */
export const ENTRIES = [
  { name: 'hotsplice', source: 'src/index.ts', declarations: 'api/index.d.ts' },
  { name: 'hotsplice/elf', source: 'src/library/elf.ts', declarations: 'api/elf.d.ts' },
  { name: 'hotsplice/report', source: 'src/library/report.ts', declarations: 'api/report.d.ts' },
] as const

export interface Declared {
  readonly checker: ts.TypeChecker
  /** The declarations of a source file, by its path below the checkout. */
  file(path: string): ts.SourceFile
  /** Where a declaration stands: a path below the checkout; undefined for what is not the project's. */
  placeOf(node: ts.Node): string | undefined
}

/** The declarations of everything that the files lead to; of these texts, where they are given. */
export function declare(sources: readonly string[], texts: ReadonlyMap<string, string> = new Map()): Declared {
  const options = optionsOf()
  const declared = emitted(sources.map(inCheckout), options, texts)
  const program = ts.createProgram(sources.map(inCheckout), options, hostWith(declared, options))
  return {
    checker: program.getTypeChecker(),
    file: path => program.getSourceFile(inCheckout(path)) ?? missing(path),
    placeOf: node => {
      const file = node.getSourceFile().fileName
      return declared.has(file) ? relative(checkout, file) : undefined
    },
  }
}

const inCheckout = (path: string) => join(checkout, path)

function missing(path: string): never {
  throw new Error(`${path} is not part of the project`)
}

function optionsOf(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(inCheckout('tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, checkout)
  return { ...options, noUnusedLocals: false, noUnusedParameters: false, isolatedModules: false }
}

/** What tsc writes for each file of the project, under the file's own name. */
function emitted(
  files: readonly string[],
  options: ts.CompilerOptions,
  texts: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const settings = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, removeComments: false }
  const given = new Map([...texts].map(([path, text]) => [inCheckout(path), text]))
  const program = ts.createProgram([...files], settings, hostWith(given, settings))
  const found = new Map<string, string>()
  program.emit(undefined, (...[, text, , , sources]) => {
    const [source] = sources ?? []
    if (source !== undefined) found.set(source.fileName, text)
  })
  return found
}

/** What every program reads, and none changes: the language's own declarations, and those of packages. */
const shared = new Map<string, ts.SourceFile | undefined>()

/** Files are those on the disk, but for these texts. */
function hostWith(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const parsed = (file: string) => {
    const text = texts.get(file) ?? ts.sys.readFile(file)
    return text === undefined ? undefined : ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  }
  return {
    ...host,
    fileExists: file => texts.has(file) || host.fileExists(file),
    readFile: file => texts.get(file) ?? host.readFile(file),
    getSourceFile: file => {
      if (!file.includes('/node_modules/')) return parsed(file)
      if (!shared.has(file)) shared.set(file, parsed(file))
      return shared.get(file)
    },
  }
}
