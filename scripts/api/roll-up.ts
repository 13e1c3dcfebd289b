/**
 * The declarations of an entry as one file that needs no other: what is exported, and nothing else of the project. What an
 * exported declaration names and users cannot import is a leak, and an error here.
 */
import ts from 'typescript'
import type { Declared } from './declared.ts'
import { docOf, type Exported, exportedBy, resolved, statementOf } from './exported.ts'

/** `header` stands above the declarations. */
export function rollUp(declared: Declared, source: string, header: string): string {
  const all = exportedBy(declared, source)
  const names = new Map(all.map(({ symbol, name }) => [symbol, name]))
  const leaks: string[] = []
  const brands = new Set<ts.Statement>()
  const texts = all.map(exported => {
    const mentioned = exported.statements.flatMap(statement => mentionsOf(declared, statement))
    for (const { symbol, place, statement } of mentioned) {
      if (names.has(symbol)) continue
      if (isBrand(statement)) brands.add(statement)
      else leaks.push(`${exported.name} mentions ${symbol.name} of ${place}`)
    }
    return exported.statements.map(statement => textOf(statement, exported, { declared, names })).join('\n')
  })
  if (leaks.length > 0) {
    const all = [...new Set(leaks)].map(leak => `  ${leak}`).join('\n')
    throw new Error(`${source} does not export all that its declarations name; export it too, or do without:\n${all}`)
  }
  const marks = [...brands].map(statement => statement.getText())
  return `${[header, ...marks, ...texts, 'export {}'].join('\n\n')}\n`
}

interface Mention {
  readonly node: ts.Identifier
  readonly symbol: ts.Symbol
  /** Of the project. */
  readonly place: string
  readonly statement: ts.Statement
}

/** Names of the project's other declarations, wherever they stand in this one. */
function mentionsOf({ checker, placeOf }: Declared, statement: ts.Statement): readonly Mention[] {
  const found: Mention[] = []
  const visit = (node: ts.Node) => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node)
      const own = symbol === undefined ? undefined : resolved(checker, symbol)
      const declaration = own?.declarations?.[0]
      const place = declaration === undefined ? undefined : placeOf(declaration)
      if (own !== undefined && declaration !== undefined && place !== undefined && isTopLevel(declaration)) {
        found.push({ node, symbol: own, place, statement: statementOf(declaration) })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(statement)
  return found
}

/** No parameter, member or type parameter, whose names are everybody's own affair. */
function isTopLevel(declaration: ts.Node): boolean {
  const { parent } = ts.isVariableDeclaration(declaration) ? statementOf(declaration) : declaration
  return parent !== undefined && ts.isSourceFile(parent)
}

/** `declare const owner: unique symbol`: what makes ids differ, and what nobody can name anyway. */
function isBrand(statement: ts.Statement): boolean {
  return ts.isVariableStatement(statement) && /: unique symbol;?$/.test(statement.getText())
}

interface Naming {
  readonly declared: Declared
  readonly names: ReadonlyMap<ts.Symbol, string>
}

/** The declaration with its comment, and each name as this entry exports it. */
function textOf(statement: ts.Statement, { symbol }: Exported, { declared, names }: Naming): string {
  const start = docOf(statement)?.getStart() ?? statement.getStart()
  const source = statement.getSourceFile().text
  const edits = mentionsOf(declared, statement)
    .map(({ node, symbol: own }) => ({ at: node.getStart(), end: node.getEnd(), text: names.get(own) }))
    .filter(({ text }) => text !== undefined)
    .toSorted((a, b) => a.at - b.at)
  let [text, at] = ['', start]
  for (const edit of edits) {
    text += source.slice(at, edit.at) + edit.text
    at = edit.end
  }
  text += source.slice(at, statement.getEnd())
  if (symbol.flags & ts.SymbolFlags.Alias) throw new Error(`${symbol.name} leads nowhere`)
  return text
}
