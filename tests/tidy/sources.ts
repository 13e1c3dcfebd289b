/** The files that the house rules are about, read and parsed once. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const checkout = fileURLToPath(new URL('../../', import.meta.url))

/** A breach of a rule: where, what is so, and what to do about it. */
export interface Breach {
  readonly file: string
  readonly line?: number
  readonly fact: string
  readonly todo: string
}

export function words({ file, line, fact, todo }: Breach): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${fact}; ${todo}`
}

/** What git tracks or would track, relative to the checkout. */
export const trackedFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: checkout, encoding: 'utf8', maxBuffer: 1 << 26 },
)
  .split('\n')
  .filter(file => file !== '' && exists(file))

function exists(file: string): boolean {
  try {
    readFileSync(join(checkout, file))
    return true
  } catch {
    return false
  }
}

export const read = (file: string): Buffer => readFileSync(join(checkout, file))

export interface SourceFile {
  /** Relative to the checkout. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** All TypeScript of the project. */
export const sources: readonly SourceFile[] = trackedFiles
  .filter(file => /^(src|page|tests|bench|scripts|examples)\/.*\.tsx?$/.test(file))
  .map(path => {
    const text = read(path).toString('utf8')
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) }
  })

/** What the product is made of. */
export const product = sources.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'))

export function lineOf({ tree }: SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
}

/** Every node below `node`, itself included. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  node.forEachChild(child => {
    children.push(child)
  })
  for (const child of children) yield* nodesOf(child)
}

export interface Import {
  readonly line: number
  /** A path relative to the checkout for our own files, the bare name for packages. */
  readonly target: string
  readonly typesOnly: boolean
  /** Undefined for all that the file exports. */
  readonly names: readonly string[] | undefined
}

/** Static imports, re-exports and `import()` of a file. */
export function importsOf(source: SourceFile): readonly Import[] {
  const found: Import[] = []
  const add = (node: ts.Node, specifier: string, what: Pick<Import, 'typesOnly' | 'names'>) => {
    const target = specifier.startsWith('.') ? relative('.', join(dirname(source.path), specifier)) : specifier
    found.push({ line: lineOf(source, node), target, ...what })
  }
  for (const node of nodesOf(source.tree)) {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const bindings = node.importClause?.namedBindings
      const names = bindings && ts.isNamedImports(bindings) ? namesOf(bindings.elements) : undefined
      add(node, node.moduleSpecifier.text, { typesOnly: importsTypesOnly(node), names })
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      const { exportClause } = node
      const elements = exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : []
      const typesOnly = node.isTypeOnly || (elements.length > 0 && elements.every(e => e.isTypeOnly))
      const names = elements.length > 0 ? namesOf(elements) : undefined
      add(node, node.moduleSpecifier.text, { typesOnly, names })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      if (argument && ts.isStringLiteral(argument)) add(node, argument.text, { typesOnly: false, names: undefined })
    }
  }
  return found
}

/** As the file that they come from calls them. */
function namesOf(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[]): readonly string[] {
  return elements.map(({ propertyName, name }) => (propertyName ?? name).text)
}

function importsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false
  if (importClause.isTypeOnly) return true
  const { name, namedBindings } = importClause
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false
  return namedBindings.elements.length > 0 && namedBindings.elements.every(element => element.isTypeOnly)
}
