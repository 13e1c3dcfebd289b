/** What an entry exports: names, and where each is declared. */
import ts from 'typescript'
import type { Declared } from './declared.ts'

export interface Exported {
  /** As users import it. */
  readonly name: string
  readonly symbol: ts.Symbol
  /** The statements that declare it. */
  readonly statements: readonly ts.Statement[]
}

/** By name. */
export function exportedBy({ checker, file }: Declared, source: string): readonly Exported[] {
  const module = checker.getSymbolAtLocation(file(source))
  if (module === undefined) throw new Error(`${source} exports nothing`)
  return checker
    .getExportsOfModule(module)
    .map(symbol => {
      const own = resolved(checker, symbol)
      return { name: symbol.name, symbol: own, statements: (own.declarations ?? []).map(statementOf) }
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What a name stands for, wherever it was imported from. */
export function resolved(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

export function statementOf(node: ts.Node): ts.Statement {
  for (let at = node; ; at = at.parent) {
    if (ts.isSourceFile(at.parent)) return at as ts.Statement
  }
}

/** The comment before a declaration or a part of one; the last, where a file's own stands before it. */
export function docOf(node: ts.Node): ts.JSDoc | undefined {
  return ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)
}
