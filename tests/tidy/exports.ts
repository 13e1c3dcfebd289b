/**
 * What a file of the product exports, another file takes: the rest is dead, or its own affair. A type may also be part of
 * what is exported beside it: who takes a function may want to name what it gives.
 */
import ts from 'typescript'
import { type Breach, importsOf, lineOf, product, type SourceFile, sources } from './sources.ts'

export function exportBreaches(): readonly Breach[] {
  const imports = sources.flatMap(importsOf)
  const wholly = new Set(imports.flatMap(({ target, names }) => (names === undefined ? [target] : [])))
  const taken = new Set(imports.flatMap(({ target, names = [] }) => names.map(name => `${target} ${name}`)))
  return product
    .filter(({ path }) => !wholly.has(path))
    .flatMap(source =>
      unneeded(exportsOf(source), name => taken.has(`${source.path} ${name}`)).map(({ name, line }) => ({
        file: source.path,
        line,
        fact: `exports ${name}, which no other file imports`,
        todo: 'remove it where its own file does not use it either, else take `export` away',
      })),
    )
}

export interface Exported {
  readonly name: string
  readonly line: number
  readonly isType: boolean
  /** Names in its signature: all but the bodies of functions. */
  readonly mentions: ReadonlySet<string>
}

/** What nobody takes, and no signature of what somebody takes needs. */
export function unneeded(exported: readonly Exported[], isTaken: (name: string) => boolean): readonly Exported[] {
  const needed = exported.filter(({ name }) => isTaken(name))
  for (const { mentions } of needed) {
    needed.push(...exported.filter(each => each.isType && mentions.has(each.name) && !needed.includes(each)))
  }
  return exported.filter(each => !needed.includes(each))
}

export function exportsOf(source: SourceFile): readonly Exported[] {
  return source.tree.statements.flatMap(statement => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText(source.tree))
      : isType || ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)
        ? [statement.name?.text ?? 'default']
        : []
    const mentions = new Set(mentionsOf(statement))
    return names.map(name => ({ name, line: lineOf(source, statement), isType, mentions }))
  })
}

function* mentionsOf(node: ts.Node): Generator<string> {
  if (ts.isIdentifier(node)) yield node.text
  const children: ts.Node[] = []
  node.forEachChild(child => {
    if (!ts.isBlock(child)) children.push(child)
  })
  for (const child of children) yield* mentionsOf(child)
}
