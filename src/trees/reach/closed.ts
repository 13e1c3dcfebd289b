/**
 * Whether what stands in a body stays in it, by its text and by all that macros may make of that, in whatever conditions:
 * nothing that it declares is felt elsewhere, and it changes nothing for the text behind it.
 *
 * In doubt it does not, and the preprocessor is asked for both texts.
 */
import { declaresFunction } from '../../ctext/function-declarations.ts'
import { lex } from '../../ctext/lexer.ts'
import { isWord, type RawInline } from '../../ctext/raw-facts.ts'
import { isWhole, type MacroTable } from './macro-table.ts'

/** What reaches out of a body that nobody makes, or tells the compiler or the preprocessor something for good. */
const REACHING =
  /^(?:extern|_*attribute_*|__declspec|_*asm_*|_Noreturn|noreturn|_Pragma|__pragma|__COUNTER__|_*label__|_*auto_type|typedef|__builtin_(?:FILE(?:_NAME)?|source_location)|__extension__|auto)$/

const KEYWORDS = new Set(
  `void char short int long float double signed unsigned _Bool const volatile static register struct union enum
  __signed__ __volatile__ __const__`.split(/\s+/),
)
/** What begins a statement or an operand; no type. */
const LEADING =
  /^(?:return|else|do|goto|case|default|if|while|for|switch|sizeof|break|continue|_*alignof_*|__builtin_\w+)$/

/** Whether nothing in the body is felt outside of it. */
export function closedIn({ body }: RawInline, table: MacroTable): boolean {
  const behind = table.behind(body)
  if (behind === undefined || body.includes('#') || !isWhole(body, false)) return false
  if (!behind.every(macro => isWhole(macro.body, true))) return false
  if ([...KEYWORDS].some(word => behindIsOther(word, table))) return false
  return [body, ...behind.map(macro => macro.body)].every((tokens, at) => {
    if (tokens.some(token => REACHING.test(token))) return false
    const file = lex(tokens.join(' '))
    return !declaresFunction(file, 0, file.tokens.count) && !mayDeclare(tokens, at > 0, table)
  })
}

/** A word of C's that is a macro for another one is known to be one only where it stays of its kind. */
function behindIsOther(word: string, table: MacroTable): boolean {
  return table.of(word).some(({ body }) => !body.every(token => KEYWORDS.has(token)))
}

/**
 * Whether a statement may declare something by the name of a type, which could be a function's. What is given a value, or is
 * a pointer or an array, is no function.
 */
function mayDeclare(tokens: readonly string[], isMacro: boolean, table: MacroTable): boolean {
  for (let at = 1; at < tokens.length; at++) {
    const [before = '', word = '', next = ''] = [tokens[at - 1], tokens[at], tokens[at + 1]]
    if (!isWord(word)) continue
    // A list and a word: the list may be a macro's that becomes a type.
    const isBehind = (isWord(before) && !LEADING.test(before)) || (before === ')' && !isControlled(tokens, at - 1))
    if (!isBehind || LEADING.test(word) || KEYWORDS.has(word)) continue
    const isTag = /^(?:struct|union|enum)$/.test(before)
    if (isTag) continue
    // Of a keyword it is a plain variable; unless what follows is made by a macro.
    const isPlainType = KEYWORDS.has(before) || isTagged(tokens, at - 1)
    if (table.of(word).length > 0) return true
    if (isPlainType && /^[;=,)[:]?$/.test(next) && !(isMacro && next === '')) continue
    if (next !== '=' && next !== '[') return true
  }
  // What a macro's list is followed by may be a list of parameters.
  return tokens.some((token, at) => token === ')' && tokens[at + 1] === '(' && !isCast(tokens, at))
}

function isTagged(tokens: readonly string[], at: number): boolean {
  return /^(?:struct|union|enum)$/.test(tokens[at - 1] ?? '')
}

/** `if (…) word`, `(type) word`: where the list began. */
function isControlled(tokens: readonly string[], close: number): boolean {
  const before = tokens[openOf(tokens, close) - 1] ?? ''
  return /^(?:if|while|for|switch|sizeof)$/.test(before) || !(isWord(before) || before === ')' || before === ']')
}

/** A list that is no macro's, before another. */
function isCast(tokens: readonly string[], close: number): boolean {
  return isControlled(tokens, close)
}

function openOf(tokens: readonly string[], close: number): number {
  let depth = 0
  for (let at = close; at >= 0; at--) {
    if (tokens[at] === ')') depth++
    else if (tokens[at] === '(' && --depth === 0) return at
  }
  return -1
}
