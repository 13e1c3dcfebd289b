/**
 * Whether a function's text reads a variable, or only ever writes it. Compilers drop a variable that nobody reads, and lose
 * nothing; one that is read, and that they drop all the same, they take to be what it began with.
 *
 * In doubt it is read: a write is what stands as a statement of its own.
 */
const WRITTEN = /^(?:\s*\[[^\][]*\]|\s*\.\s*\w+)*\s*(?:(?:[-+*/%&|^]|<<|>>)?=(?!=)|(?:\+\+|--)\s*;)/
const STATEMENT = /(?:^|[;{}):]|\belse|\bdo)\s*(?:\+\+|--)?\s*$/
/** What stands before a name that is declared: words of a type, and the class that it is of. */
const DECLARED = /^\s*(?!(?:return|throw|case|delete|goto|new|co_\w+)\b)(?:[\w<>]+\s+)+(?:\w+\s*::\s*)*$/
const LITERAL = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g

/**
 * `text` is a body as the preprocessor leaves it, with its braces; `name` a C identifier. In C++, what stands behind an
 * object may be a static variable, what stands in a list what another one begins with, and functions stand among declarations.
 */
export function readsVariable(text: string, name: string, isCpp = false): boolean {
  const plain = text.replace(LITERAL, literal => '0'.repeat(literal.length))
  return [...plain.matchAll(wordPattern(name))].some(({ index }) => {
    const before = plain.slice(0, index)
    const after = plain.slice(index + name.length)
    if (/(?:\.|->)\s*$/.test(before) && !/\.\.\.\s*$/.test(before)) return isCpp
    const statement = before.slice(Math.max(...[';', '{', '}'].map(sign => before.lastIndexOf(sign))) + 1)
    if ((isCpp ? /\bstatic\b[^=(]*$/ : /\bstatic\b[^=]*$/).test(statement)) return false
    if (isCpp && DECLARED.test(statement) && /^\s*[;={[]/.test(after)) return false
    const isWritten = WRITTEN.test(after) || (/(?:\+\+|--)\s*$/.test(before) && /^\s*;/.test(after))
    return !(isWritten && STATEMENT.test(before) && openParens(before) === 0)
  })
}

const ELEMENT = /^\s*\[[^\][]*\]/
/** What gives an object, or an element, another value, and what reaches a part of it. */
const CHANGES = /^[\s)]*(?:\[|\.|->|(?:[-+*/%&|^]|<<|>>)?=(?!=)|\+\+|--)/
/** What changes the object behind it, or takes its address; the second sign of `a && b` does neither. */
const CHANGES_NEXT = /(?:(?<!&)&|\+\+|--)[\s(]*$/
const ASSEMBLY = /\b(?:__)?asm(?:__)?\b/

/**
 * Whether one of a unit's texts in C may give a static variable another value than its first. In doubt it does: where its
 * address is taken, or that of an array's elements, a member is named, or assembly stands in the text.
 */
export function mayWriteVariable(texts: readonly string[], name: string): boolean {
  const uses = texts.flatMap(text => {
    const plain = text.replace(LITERAL, literal => '0'.repeat(literal.length))
    const isInAssembly = ASSEMBLY.test(plain)
    return [...plain.matchAll(wordPattern(name))].flatMap(({ index }) => {
      const [before, after] = [plain.slice(0, index), plain.slice(index + name.length)]
      const statement = before.slice(Math.max(...[';', '{', '}'].map(sign => before.lastIndexOf(sign))) + 1)
      const isDeclared = /\bstatic\b[^=]*$/.test(statement)
      return /(?:\.|->)\s*$/.test(before) ? [] : [{ before, after, isDeclared, isInAssembly }]
    })
  })
  const declared = uses.filter(({ isDeclared }) => isDeclared)
  const isArray = declared.some(({ after }) => /^\s*\[/.test(after))
  if (declared.some(({ after }) => /^\s*\[[^\]]*\]\s*\[/.test(after))) return true
  return uses.some(
    ({ before, after, isDeclared, isInAssembly }) =>
      !isDeclared &&
      (isInAssembly ||
        CHANGES.test(after.replace(ELEMENT, '')) ||
        CHANGES_NEXT.test(before) ||
        (isArray && !/^\s*\[/.test(after))),
  )
}

/**
 * Whether what a text declares outside of functions begins with the variable, or its address: it may be read by way of
 * that, under no name of its own.
 */
export function isPointedTo(around: string, name: string): boolean {
  const plain = around.replace(LITERAL, literal => '0'.repeat(literal.length))
  return [...plain.matchAll(wordPattern(name))].some(({ index }) => {
    const before = plain.slice(plain.lastIndexOf(';', index) + 1, index)
    return !/(?:\.|->)\s*$/.test(before) && (before.includes('=') || /[&{(]\s*$/.test(before))
  })
}

const wordPattern = (name: string) => new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g')

function openParens(text: string): number {
  let open = 0
  for (const sign of text) {
    if (sign === '(') open++
    else if (sign === ')') open--
  }
  return open
}
