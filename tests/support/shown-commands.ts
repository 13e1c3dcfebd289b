/**
 * What pages show of a terminal: commands behind `$ `, set in by four, and what they print. A `…` alone stands for any lines,
 * within a line for any words; times and sizes are those of another day.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command } from '../xen/command.ts'

export interface Shown {
  readonly page: string
  /** From 1. */
  readonly line: number
  readonly command: string
  readonly output: readonly string[]
}

const top = fileURLToPath(new URL('../../', import.meta.url))
const SET_IN = '    '

export function shownIn(page: string): readonly Shown[] {
  const found: { page: string; line: number; command: string; output: string[] }[] = []
  let open = false
  readFileSync(join(top, page), 'utf8')
    .split('\n')
    .forEach((text, at) => {
      const line = text.slice(SET_IN.length)
      const last = found.at(-1)
      if (text.startsWith(`${SET_IN}$ `)) {
        found.push({ page, line: at + 1, command: line.slice(2), output: [] })
        open = true
      } else if (!open || last === undefined) return
      else if (text.startsWith(SET_IN) && last.output.length === 0 && last.command.endsWith('\\'))
        last.command = `${last.command.slice(0, -1)}${line.trim()}`
      else if (text.startsWith(SET_IN) || text === '') last.output.push(text === '' ? '' : line)
      else open = false
    })
  return found.map(each => ({ ...each, output: trimmed(each.output) }))
}

function trimmed(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex(line => line !== '') + 1)
}

/** The lines of a block that begins so, as they stand. */
export function blockIn(page: string, beginning: string): string {
  const lines = readFileSync(join(top, page), 'utf8').split('\n')
  const from = lines.findIndex(line => line.startsWith(SET_IN + beginning))
  if (from === -1) throw new Error(`${page} has no block that begins with ${beginning}`)
  const end = lines.findIndex((line, at) => at > from && !line.startsWith(SET_IN))
  return lines
    .slice(from, end)
    .map(line => line.slice(SET_IN.length))
    .join('\n')
}

/** As a reader types it. What it printed, progress behind the rest, and how it ended. */
export function typed(text: string, cwd: string, env: NodeJS.ProcessEnv = {}) {
  const path = [dirname(command), process.env.PATH].join(delimiter)
  const { status, stdout, stderr } = spawnSync('bash', ['-c', text], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env, PATH: path },
  })
  return { status, printed: stdout + stderr }
}

/** What must be found in what was printed. */
export function patternOf(output: readonly string[]): RegExp {
  const line = (text: string) =>
    text
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/…/g, '.*')
      .replace(/\d+ ms/g, '\\d+ ms')
      .replace(/\d+ bytes/g, '\\d+ bytes')
      .replace(/ {2,}/g, ' +')
  return new RegExp(output.map(text => (text === '…' ? '(?:.*\\n)*?' : `${line(text)} *\\n`)).join(''), 'm')
}
