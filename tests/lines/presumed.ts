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
  for (const output of run.stdout.split('\n')) {
    const marker = /^# (\d+) "([^"]*)"/.exec(output)
    if (marker !== null) {
      line = Number(marker[1])
      here = marker[2] === '<stdin>'
      continue
    }
    if (here) for (const token of output.match(TOKEN) ?? []) tokens.push({ text: token, line })
    line++
  }
  return tokens
}

const TOKEN = /[A-Za-z_$]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\S/g
