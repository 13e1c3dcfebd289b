/** The preprocessor's own word on which token stands on which line: gcc -E with its line markers. */
import { spawnSync } from 'node:child_process'

export interface PresumedToken {
  readonly text: string
  readonly line: number
}

/** The tokens of a text with the line that gcc gives each; undefined where gcc refuses the text. */
export function presumedTokens(text: string, options: readonly string[] = []): PresumedToken[] | undefined {
  const args = ['-E', '-std=gnu99', ...options, '-x', 'c', '-']
  const run = spawnSync('gcc', args, { input: Buffer.from(text, 'latin1'), encoding: 'latin1', maxBuffer: 1 << 26 })
  if (run.status !== 0) return undefined
  const tokens: PresumedToken[] = []
  let line = 0
  let here = false
  for (const [piece, number, file] of run.stdout.matchAll(PIECE)) {
    if (number !== undefined) {
      line = Number(number)
      here = file === '<stdin>'
    } else {
      // A pragma's own number is never used.
      if (here && !/^\s*$|^#/.test(piece)) tokens.push({ text: piece, line })
      line += piece.split('\n').length - 1
    }
  }
  return tokens
}

/** A line marker, or another line with `#`, or one token; raw strings run over line ends. */
const PIECE =
  /(?<=^|\n)# (\d+) "([^"]*)".*\n|(?<=^|\n)#.*|R"\((?:.|\n)*?\)"|[A-Za-z_$]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\n|\+\+|--|->|<<=?|>>=?|&&|\|\||##|\.\.\.|[-<>=!+*/%&|^]=|\S/g
