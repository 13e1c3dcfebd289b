/**
 * What is missing in the comments of public declarations (api/*.d.ts). A function tells its parameters, its result and its
 * errors, and shows itself at work; so do classes and constants, as far as they have these. Types say what they are,
 * options what each of them means and what holds where it is left out.
 *
 * To add a rule: a row in RULES.
 */
import ts from 'typescript'
import { docOf } from './exported.ts'

export interface Missing {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly what: string
}

/** `text` is a file of api/. */
export function missingDocs(file: string, text: string): readonly Missing[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  return source.statements.flatMap(statement =>
    missingIn(statement).map(({ node, what, name }) => {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      return { file, line, name, what }
    }),
  )
}

interface Found {
  readonly node: ts.Node
  readonly name: string
  readonly what: string
}

function missingIn(statement: ts.Statement): readonly Found[] {
  if (ts.isFunctionDeclaration(statement)) return [...described(statement), ...ofCall(statement), ...shown(statement)]
  if (ts.isClassDeclaration(statement)) {
    const members = statement.members.flatMap(member =>
      ts.isMethodDeclaration(member) ? [...described(member), ...ofCall(member)] : described(member),
    )
    return [...described(statement), ...shown(statement), ...members]
  }
  if (ts.isVariableStatement(statement))
    return isExported(statement) ? [...described(statement), ...shown(statement)] : []
  if (ts.isInterfaceDeclaration(statement)) return [...described(statement), ...statement.members.flatMap(ofMember)]
  return ts.isTypeAliasDeclaration(statement) ? described(statement) : []
}

const isExported = (statement: ts.VariableStatement) =>
  statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true

/** Options say each what they mean; so do methods. What fields of results are, their names say, or a comment. */
function ofMember(member: ts.TypeElement): readonly Found[] {
  if (ts.isMethodSignature(member)) return described(member)
  const { parent } = member
  if (!ts.isInterfaceDeclaration(parent) || !parent.name.text.endsWith('Options')) return []
  const isOptional = member.questionToken !== undefined
  const wanted = isOptional && tagsOf(member, 'default').length === 0 ? [lacks(member, '@default')] : []
  return [...described(member), ...wanted]
}

function described(node: ts.Node): readonly Found[] {
  const doc = docOf(node)
  const text = ts.getTextOfJSDocComment(doc?.comment) ?? ''
  return text.trim() === '' ? [lacks(node, 'a description')] : []
}

function ofCall(node: ts.SignatureDeclaration): readonly Found[] {
  const parameters = node.parameters.flatMap(({ name }) => {
    const own = tagsOf(node, 'param').filter(
      tag => ts.isJSDocParameterTag(tag) && tag.name.getText() === name.getText(),
    )
    return own.some(hasText) ? [] : [lacks(node, `@param ${name.getText()}`)]
  })
  const rest = ['returns', 'throws'].filter(tag => !tagsOf(node, tag).some(hasText))
  return [...parameters, ...rest.map(tag => lacks(node, `@${tag}`))]
}

function shown(node: ts.Node): readonly Found[] {
  return examplesOf(node).length === 0 ? [lacks(node, '@example with a block of code')] : []
}

function tagsOf(node: ts.Node, name: string): readonly ts.JSDocTag[] {
  return docOf(node)?.tags?.filter(({ tagName }) => tagName.text === name) ?? []
}

const hasText = (tag: ts.JSDocTag) => (ts.getTextOfJSDocComment(tag.comment) ?? '').trim() !== ''

function lacks(node: ts.Node, what: string): Found {
  return { node, name: nameOf(node), what }
}

function nameOf(node: ts.Node): string {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map(({ name }) => name.getText()).join(', ')
  if (ts.isConstructorDeclaration(node)) return `${nameOf(node.parent)} (constructor)`
  const own = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) ? '' : ownerOf(node.parent)
  return 'name' in node && node.name !== undefined ? `${own}${(node.name as ts.Node).getText()}` : own
}

const ownerOf = (node: ts.Node) =>
  ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) ? `${nameOf(node)}.` : ''

export interface Example {
  readonly name: string
  readonly code: string
  /** What it needs besides, in words; empty where it needs nothing. */
  readonly needs: string
}

/** The code of all examples in a file of api/. */
export function examplesIn(file: string, text: string): readonly Example[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  return source.statements.flatMap(statement =>
    examplesOf(statement).map(example => ({ name: nameOf(statement), ...example })),
  )
}

/** From the comment's own text: what the parser makes of a tag loses the stars of a comment in the code. */
function examplesOf(node: ts.Node): readonly Omit<Example, 'name'>[] {
  return tagsOf(node, 'example').flatMap(tag => {
    const text = tag.getFullText().replace(/^[ \t]*\*(?: |$)/gm, '')
    const [, needs = '', code] = /^@example(.*)\n\s*```ts\n(.*?)^```/ms.exec(text.trimStart()) ?? []
    return code === undefined ? [] : [{ needs: needs.trim(), code }]
  })
}
