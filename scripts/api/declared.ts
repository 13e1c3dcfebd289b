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
  const host = ts.createCompilerHost(options)
  const readFile = host.readFile.bind(host)
  host.readFile = file => declared.get(file) ?? readFile(file)
  host.getSourceFile = (file, version) => {
    const text = host.readFile(file)
    return text === undefined ? undefined : ts.createSourceFile(file, text, version, true)
  }
  const program = ts.createProgram(sources.map(inCheckout), options, host)
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
  const host = ts.createCompilerHost(settings, true)
  const readFile = host.readFile.bind(host)
  const given = new Map([...texts].map(([path, text]) => [inCheckout(path), text]))
  host.readFile = file => given.get(file) ?? readFile(file)
  const fileExists = host.fileExists.bind(host)
  host.fileExists = file => given.has(file) || fileExists(file)
  host.getSourceFile = (file, version) => {
    const text = host.readFile(file)
    return text === undefined ? undefined : ts.createSourceFile(file, text, version, true)
  }
  const program = ts.createProgram([...files], settings, host)
  const found = new Map<string, string>()
  program.emit(undefined, (_name, text, _mark, _error, sources) => {
    const [source] = sources ?? []
    if (source !== undefined) found.set(source.fileName, text)
  })
  return found
}
