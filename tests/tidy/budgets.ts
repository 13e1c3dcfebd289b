/** How long things may be, and what stays out of the product's types. */
import ts from 'typescript'
import { type Breach, lineOf, nodesOf, product, type SourceFile, sources } from './sources.ts'

const FILE_LINES = 400
const FUNCTION_LINES = 60
const PARAMETERS = 4

/** Tables of constants grow with the specification. */
const LONG_FILES = /^src\/elf\/spec\//

export function fileBreaches(): readonly Breach[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1
    if (lines <= FILE_LINES || LONG_FILES.test(path)) return []
    return [{ file: path, fact: `${lines} lines`, todo: `split it by what it does; ${FILE_LINES} is the limit` }]
  })
}

export function functionBreaches(): readonly Breach[] {
  return sources.flatMap(source =>
    [...nodesOf(source.tree)].filter(isFunction).flatMap(node => {
      const breaches: Breach[] = []
      const place = { file: source.path, line: lineOf(source, node) }
      const lines = linesOf(source, node)
      if (lines > FUNCTION_LINES && !isSuite(node)) {
        const todo = `take parts out and name them; ${FUNCTION_LINES} is the limit`
        breaches.push({ ...place, fact: `${nameOf(node)} has ${lines} lines`, todo })
      }
      if (node.parameters.length > PARAMETERS) {
        const todo = `take one object instead; ${PARAMETERS} is the limit`
        breaches.push({ ...place, fact: `${nameOf(node)} has ${node.parameters.length} parameters`, todo })
      }
      return breaches
    }),
  )
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  )
}

/** The callback of `describe`: a list of tests, not a function to follow. */
function isSuite({ parent }: ts.Node): boolean {
  return ts.isCallExpression(parent) && /^describe\b/.test(parent.expression.getText())
}

function linesOf({ tree }: SourceFile, node: ts.Node): number {
  const at = (position: number) => tree.getLineAndCharacterOfPosition(position).line
  return at(node.getEnd()) - at(node.getStart(tree)) + 1
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (node.name !== undefined) return node.name.getText()
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : 'a function without a name'
}

/** Where `any`, `!` and `as` may stand: `base/` and the constructors of ids. */
const CASTS = /^src\/base\/|\/ids\.ts$/

export function typeBreaches(): readonly Breach[] {
  return product
    .filter(({ path }) => !CASTS.test(path))
    .flatMap(source =>
      [...nodesOf(source.tree)].flatMap(node => {
        const wrong = wrongType(node)
        return wrong === undefined ? [] : [{ file: source.path, line: lineOf(source, node), ...wrong }]
      }),
    )
}

function wrongType(node: ts.Node): Pick<Breach, 'fact' | 'todo'> | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword)
    return { fact: '`any`', todo: 'name the type, or take `unknown` and look' }
  if (ts.isNonNullExpression(node))
    return { fact: '`!`', todo: 'handle the missing case; where there is none, throw an InternalError' }
  if (ts.isAsExpression(node) && node.type.getText() !== 'const') {
    return { fact: `\`as ${node.type.getText()}\``, todo: 'narrow by a check, or make the type say it' }
  }
  return undefined
}
