/** "On a real Xen, in a minute" of the README, as a reader types it: what each command prints is what the page shows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { blockIn, patternOf, shownIn, typed } from '../support/shown-commands.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const folder = mkdtempSync(join(tmpdir(), 'hotsplice-readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(missing !== '')(`the README on the real Xen ${missing}`, () => {
  test('a patch is made, built, verified and rehearsed as the page says', () => {
    const tree = `tree='${xenTree('release')}'`
    expect(typed(`${tree}\n${blockIn('README.md', 'mkdir -p fix/a')}`, folder)).toEqual({ status: 1, printed: '' })
    const fix = join(folder, 'fix')
    const shown = shownIn('README.md').filter(({ command }) =>
      /--tree \$tree|\bversion\.(?:livepatch|script)/.test(command),
    )
    expect(shown.map(({ command }) => command.split(' ', 2).join(' '))).toEqual([
      'hotsplice build',
      'hotsplice verify',
      'cat version.script',
      'hotsplice rehearse',
    ])
    for (const { command, output, line } of shown) {
      if (command === 'cat version.script') writeFileSync(join(fix, 'version.script'), `${output.join('\n')}\n`)
      const { status, printed } = typed(`${tree}; ${command}`, fix)
      expect(printed, `README.md:${line}`).toMatch(patternOf(output))
      expect(status).toBe(0)
    }
  })
})
