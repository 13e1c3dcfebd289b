/** What was found out of files is found again while they hold the same, and asked anew when they do not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptAnswer } from './kept-answer.ts'

test.for<readonly [what: string, then: (path: string) => void, name: string, times: number]>([
  ['the same', () => undefined, 'question', 1],
  ['written again as it was', path => writeFileSync(path, 'one'), 'question', 1],
  ['another content', path => writeFileSync(path, 'two'), 'question', 2],
  ['another question', () => undefined, 'another', 2],
  ['a file that is gone', path => rmSync(path), 'question', 2],
])('%s', ([, then, second, times]) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-answer-'))
  try {
    const files = [join(folder, 'a'), join(folder, 'b')]
    for (const path of files) writeFileSync(path, 'one')
    let asked = 0
    const ask = (name: string) =>
      keptAnswer({ cacheFolder: join(folder, 'cache') }, { name, files }, () => {
        asked++
        return [`answer ${asked}`]
      })
    ask('question')
    then(files[1] ?? '')
    expect([ask(second), asked]).toEqual([[`answer ${times}`], times])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
