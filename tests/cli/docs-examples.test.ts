/** What README and docs show of a terminal is what the commands print; what is not run here names the test that does the same. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { patternOf, type Shown, shownIn, typed } from '../support/shown-commands.ts'

const top = fileURLToPath(new URL('../../', import.meta.url))
const PAGES = ['README.md', ...readdirSync(join(top, 'docs'), { recursive: true, encoding: 'utf8' })]
  .filter(file => file.endsWith('.md'))
  .map(file => (file === 'README.md' || file.startsWith('docs/') ? file : join('docs', file)))
const ALL = ['README.md', ...new Set(PAGES.filter(page => page !== 'README.md'))].flatMap(shownIn)

/** What needs a real target, a network, a token or a host of the reader's: by the page and the command's beginning. */
const ELSEWHERE: readonly (readonly [page: string, beginning: string, where: string])[] = [
  ['README.md', 'hotsplice build --tree $tree', 'tests/run/readme-on-xen.test.ts'],
  ['README.md', 'hotsplice verify version', 'tests/run/readme-on-xen.test.ts'],
  ['README.md', 'cat version.script', 'tests/run/readme-on-xen.test.ts'],
  ['README.md', 'hotsplice rehearse version', 'tests/run/readme-on-xen.test.ts'],
  ['README.md', 'dpkg-query', 'scripts/debian-fixes.sh'],
  ['README.md', 'hotsplice tree debian', 'scripts/debian-fixes.sh'],
  ['README.md', 'LD_PRELOAD=', 'tests/cli/live-demo.test.ts'],
  ['README.md', 'hotsplice build --target process --tree ~/daemon', 'tests/cli/live-demo.test.ts'],
  ['README.md', 'hotsplice load fix.livepatch --host process', 'tests/cli/live-demo.test.ts'],
  ['README.md', 'tar -xf /usr/src/linux', 'scripts/linux.sh'],
  ['README.md', 'make -C linux-source', 'scripts/linux.sh'],
  ['README.md', 'hotsplice build --target linux', 'tests/linux/live-patch.test.ts'],
  ['README.md', 'hotsplice rehearse fix.ko', 'tests/linux/rehearsal.test.ts'],
  ['docs/debugging.md', 'hotsplice ', 'tests/run/process-debug.test.ts'],
  ['docs/debugging.md', 'gdb ', 'tests/run/process-debug.test.ts'],
  ['docs/debugging.md', 'eu-addr2line', 'tests/xen/debug-twin.test.ts'],
  ['docs/fleet.md', 'hotsplice fleet build FLEET.yaml -o built --queue', 'tests/cli/fleet-queue.test.ts'],
  ['docs/fleet.md', 'hotsplice fleet worker', 'tests/cli/fleet-queue.test.ts'],
  ['docs/fleet.md', 'hotsplice list --host xen:ssh', 'tests/run/ssh-xen.test.ts'],
  ['docs/fleet.md', 'hotsplice fleet plan', 'tests/cli/fleet-plan.test.ts'],
  ['docs/fleet.md', 'hotsplice fleet apply', 'tests/cli/fleet-apply.test.ts'],
  ['docs/page.md', 'hotsplice ', 'tests/cli/report.test.ts'],
  ['docs/page.md', 'npx tsx scripts/page-pictures.ts', 'scripts/page-pictures.ts'],
  ['docs/publishing.md', 'hotsplice sign', 'tests/cli/sign.test.ts'],
  ['docs/publishing.md', 'hotsplice verify', 'tests/cli/sign.test.ts'],
  ['docs/publishing.md', 'hotsplice ', 'tests/cli/publish-validators.test.ts'],
  ['docs/ways-out.md', '', 'tests/xen/assist.test.ts'],
  ['docs/findings/changed-data.md', '', 'tests/xen/assist.test.ts'],
]

const elsewhere = ({ page, command }: Shown) =>
  ELSEWHERE.find(([of, beginning]) => of === page && command.startsWith(beginning))?.[2]

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-docs-'))
const cache = { HOTSPLICE_CACHE: join(folder, 'cache') }
afterAll(() => rmSync(folder, { recursive: true }))

function treeAt(tree: string, source: string): void {
  const args = ['gcc', '-O2', '-c', source, '-o', source.replace('.c', '.o')]
  writeFileSync(
    join(tree, 'compile_commands.json'),
    JSON.stringify([{ directory: tree, file: source, arguments: args }]),
  )
}

function expectShown({ page, line, command, output }: Shown, cwd: string): void {
  const { status, printed } = typed(command, cwd, cache)
  expect(printed, `${page}:${line}`).toMatch(patternOf(output))
  expect([0, 2]).toContain(status)
}

test('each command is run here or by another test', () => {
  expect(ALL.length).toBeGreaterThan(30)
  const here = (shown: Shown) => LINES.includes(shown) || FLEET.includes(shown)
  expect(ALL.filter(shown => !here(shown) && elsewhere(shown) === undefined)).toEqual([])
  for (const [, , where] of ELSEWHERE) expect(existsSync(join(top, where)), where).toBe(true)
})

const isOfDemo = ({ page, command }: Shown) =>
  page === 'README.md' && /--target process --tree \.|explain fix\.json|translate fix\.json/.test(command)
const LINES = ALL.filter(isOfDemo)
const FLEET = ALL.filter(
  ({ page, command }) => page === 'docs/fleet.md' && /fleet build FLEET.yaml -o built( --dry-run)?$/.test(command),
)

describe.skipIf(!hasGcc)(`the examples of README and docs${withoutGcc}`, () => {
  const demo = join(folder, 'demo')
  beforeAll(() => {
    cpSync(join(top, 'examples/demo'), demo, { recursive: true })
    treeAt(demo, 'file1.c')
    writeFileSync(join(demo, 'log'), 'file1.c:12: the account is overdrawn\n')
  })

  test('there are as many as there were', () => {
    expect([LINES.length, FLEET.length]).toEqual([4, 2])
  })

  test.for(LINES)('README: $command', shown => {
    // The last one reads the report of the build whose payload leaves f2 alone.
    if (shown.command.startsWith('hotsplice translate'))
      typed('hotsplice build --target process --tree . --patch fix.patch --json fix.json', demo, cache)
    expectShown(shown, demo)
  })

  test('docs/fleet.md: the matrix, and what a patch that changed makes of it', () => {
    const example = join(folder, 'fleet')
    cpSync(join(top, 'examples/fleet'), example, { recursive: true })
    for (const tree of readdirSync(example).filter(name => name.startsWith('daemon-')))
      treeAt(join(example, tree), 'quota.c')
    const [first, second] = FLEET
    if (first === undefined || second === undefined) throw new Error('the page shows a build and what would be built')
    expectShown(first, example)
    const patch = join(example, 'fixes/comment.patch')
    const text = readFileSync(patch, 'utf8')
    expect(text).toContain('and who gave back')
    writeFileSync(patch, text.replace('and who gave back', 'and who gave it back'))
    expectShown(second, example)
  })
})
