/** What a file of the product exports, another file takes: the rest is dead, or its own affair. */
import ts from 'typescript'
import { type Breach, importsOf, lineOf, product, type SourceFile, sources } from './sources.ts'

export function exportBreaches(): readonly Breach[] {
  const imports = sources.flatMap(importsOf)
  const wholly = new Set(imports.flatMap(({ target, names }) => (names === undefined ? [target] : [])))
  const taken = new Set(imports.flatMap(({ target, names = [] }) => names.map(name => `${target} ${name}`)))
  return product
    .filter(({ path }) => !wholly.has(path))
    .flatMap(source =>
      exportedValues(source)
        .filter(({ name }) => !taken.has(`${source.path} ${name}`))
        .map(({ name, line }) => ({
          file: source.path,
          line,
          fact: `exports ${name}, which no other file imports`,
          todo: 'remove it where its own file does not use it either, else take `export` away',
        })),
    )
}

/** Functions, constants and classes; a type is often exported only because a function that has it in its signature is. */
function exportedValues(source: SourceFile): readonly { readonly name: string; readonly line: number }[] {
  return source.tree.statements.flatMap(statement => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText(source.tree))
      : ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)
        ? [statement.name?.text ?? 'default']
        : []
    return names.map(name => ({ name, line: lineOf(source, statement) }))
  })
}
