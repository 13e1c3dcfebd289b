/**
 * Small mistakes that could be made in a source text: one change each. Types need not fit; nothing is type-checked.
 *
 * To add a kind: a row in RULES that looks at one node and gives the texts that could stand in its place.
 */
import ts from 'typescript'

export interface Mutant {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly kind: string
  readonly start: number
  readonly end: number
  /** What stands there instead. */
  readonly by: string
}

const OPERATORS: Readonly<Record<string, readonly [kind: string, by: string]>> = {
  '<': ['limit', '<='],
  '<=': ['limit', '<'],
  '>': ['limit', '>='],
  '>=': ['limit', '>'],
  '===': ['equality', '!=='],
  '!==': ['equality', '==='],
  '&&': ['and/or', '||'],
  '||': ['and/or', '&&'],
  '+': ['sum', '-'],
  '-': ['sum', '+'],
}

/** Calls that only choose or order; without them the list is what it was. */
const DROPPED: ReadonlySet<string> = new Set(['filter', 'sort', 'toSorted', 'slice'])
const SWAPPED: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
])

type Found = Pick<Mutant, 'kind' | 'by'> & { readonly at: ts.Node }
type Rule = (node: ts.Node) => readonly Found[]

const RULES: readonly Rule[] = [
  node => {
    const condition = conditionOf(node)
    return condition === undefined ? [] : [{ kind: 'condition', at: condition, by: `!(${condition.getText()})` }]
  },
  node => {
    if (!ts.isBinaryExpression(node)) return []
    const [kind, by] = OPERATORS[node.operatorToken.getText()] ?? []
    const isText = [node.left, node.right].some(each => ts.isStringLiteralLike(each) || ts.isTemplateExpression(each))
    return kind === undefined || by === undefined || isText ? [] : [{ kind, at: node.operatorToken, by }]
  },
  // One side of a pair of conditions is enough.
  node => {
    if (!ts.isBinaryExpression(node) || !['&&', '||'].includes(node.operatorToken.getText())) return []
    return [node.left, node.right].map(each => ({ kind: 'one side', at: node, by: `(${each.getText()})` }))
  },
  node => {
    if (!ts.isIfStatement(node)) return []
    return [{ kind: 'branch', at: node, by: node.elseStatement?.getText() ?? ';' }]
  },
  node => (isAnswer(node) ? ['true', 'false'].map(by => ({ kind: 'answer', at: node, by })) : []),
  node => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
    const { name, expression } = node.expression
    if (DROPPED.has(name.text)) return [{ kind: `without ${name.text}`, at: node, by: expression.getText() }]
    const by = SWAPPED.get(name.text)
    return by === undefined ? [] : [{ kind: name.text, at: name, by }]
  },
  node => {
    if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ kind: 'constant', at: node, by: 'false' }]
    if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ kind: 'constant', at: node, by: 'true' }]
    if (!ts.isNumericLiteral(node) && !ts.isBigIntLiteral(node)) return []
    return [{ kind: 'constant', at: node, by: `(${node.getText()} + ${ts.isBigIntLiteral(node) ? '1n' : '1'})` }]
  },
  node => {
    if (!ts.isExpressionStatement(node) || !ts.isCallExpression(node.expression)) return []
    return node.expression.expression.kind === ts.SyntaxKind.SuperKeyword ? [] : [{ kind: 'call', at: node, by: ';' }]
  },
]

/** Every mutant of a text, in its order. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  const found: Mutant[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return
    for (const { kind, at, by } of RULES.flatMap(rule => rule(node))) {
      const start = at.getStart(tree)
      found.push({ file, line: tree.getLineAndCharacterOfPosition(start).line + 1, kind, start, end: at.getEnd(), by })
    }
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(tree, visit)
  return found
}

export function applied(text: string, { start, end, by }: Mutant): string {
  return text.slice(0, start) + by + text.slice(end)
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node)) return node.expression
  return ts.isConditionalExpression(node) ? node.condition : undefined
}

/** What a function gives back, where that is a truth by its looks. */
function isAnswer(node: ts.Node): boolean {
  const { parent } = node
  const isGiven =
    (ts.isReturnStatement(parent) && parent.expression === node) ||
    (ts.isArrowFunction(parent) && parent.body === node && !ts.isBlock(node))
  if (!isGiven) return false
  if (ts.isPrefixUnaryExpression(node)) return node.operator === ts.SyntaxKind.ExclamationToken
  if (ts.isCallExpression(node))
    return /(^|\.)(is|has|some|every|includes|startsWith|are|same)/.test(node.expression.getText())
  return ts.isBinaryExpression(node) && /^([<>]=?|[!=]==|&&|\|\|)$/.test(node.operatorToken.getText())
}
