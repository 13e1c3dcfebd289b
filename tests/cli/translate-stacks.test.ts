/**
 * `hotsplice translate` for payloads upon others and for cumulative ones. The judge is the text: a number that replaced code
 * prints is counted in the source which it was compiled from (mask), and the line that is meant has the same words.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { command, hotsplice } from '../xen/command.ts'

const BASE = `void say(const char *file, int line, const char *words);
#define SAY(words) say(__FILE__, __LINE__, words)
int first(int a)
{
    SAY("first begins");
    return a + 1;
}
int second(int a)
{
    SAY("second begins");
    return a + 2;
}
int third(int a)
{
    SAY("third begins");
    return a + 3;
}
`
const ONE = BASE.replace('    return a + 1', '\n    if (a > 9)\n        SAY("first has much");\n    return a + 1')
const BOTH = ONE.replace('int first', '/* Says how\n * it goes. */\nint first').replace(
  '    return a + 2',
  '    SAY("second goes on");\n    return a + 2',
)
const FUNCTIONS = { one: ['first'], two: ['first', 'second'], both: ['first', 'second'] } as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-translate-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lineOf = (text: string, words: string) => text.split('\n').findIndex(line => line.includes(words)) + 1
const printed = (text: string, words: string) => `a.c:${lineOf(text, words)}: ${words}`

function translate(log: readonly string[], reports: readonly string[], ...options: string[]): readonly string[] {
  const args = [command, 'translate', ...options, ...reports.map(name => `${name}.json`)]
  const run = spawnSync(process.execPath, args, { cwd: folder, input: log.join('\n'), encoding: 'utf8' })
  expect(run.status, run.stderr).toBe(0)
  return run.stdout.split('\n')
}

describe.skipIf(!hasGcc)(`stacks${withoutGcc}`, () => {
  beforeAll(async () => {
    mkdirSync(join(folder, 'tree'))
    writeFileSync(join(folder, 'tree/a.c'), BASE)
    const entry = { directory: join(folder, 'tree'), file: 'a.c', arguments: ['gcc', '-O2', '-c', 'a.c', '-o', 'a.o'] }
    writeFileSync(join(folder, 'tree/compile_commands.json'), JSON.stringify([entry]))
    writeFileSync(join(folder, 'one.patch'), createTwoFilesPatch('a/a.c', 'b/a.c', BASE, ONE, '', ''))
    writeFileSync(join(folder, 'two.patch'), createTwoFilesPatch('a/a.c', 'b/a.c', ONE, BOTH, '', ''))
    const patches = ['--patch', 'one.patch', '--patch', 'two.patch']
    for (const [name, words] of [
      ['one', patches.slice(0, 2)],
      ['two', [...patches, '--on', 'one.livepatch']],
      ['both', patches],
    ] as const) {
      const output = ['-o', `${name}.livepatch`, '--json', `${name}.json`, '--lines', 'mask']
      const args = ['build', '--target', 'process', '--tree', 'tree', ...words, ...output]
      const { status, stderr } = await hotsplice(args, { cwd: folder })
      expect(status, stderr).toBe(0)
    }
  }, 60_000)

  /** Each with the line of the newest source that has its words. */
  const expected = (log: readonly string[]) =>
    log.map(line =>
      line.replace(
        /^a\.c:\d+: (.*)$/,
        (whole, words) => `${whole.slice(0, -2 - words.length)} {=a.c:${lineOf(BOTH, words)}}: ${words}`,
      ),
    )

  test('code of the payload on top: what the one below brought, what it brought itself, what stays', () => {
    const log = ['first begins', 'first has much', 'second begins', 'second goes on'].map(words => printed(BOTH, words))
    const named = log.map(line => line.replace(/: (\w+)/, ': $1()'))
    const stays = printed(BASE, 'third begins').replace('third', 'third()')
    const lines = translate([...named, stays], ['one', 'two'])
    expect(lines.map(line => line.replace('()', ''))).toEqual(expected([...log, printed(BASE, 'third begins')]))
  })

  test('code of the payload below, before the other came: its lines in the newest source', () => {
    const begun = (name: keyof typeof FUNCTIONS) => `livepatch: ${name}: Applying ${FUNCTIONS[name].length} functions`
    const own = [printed(ONE, 'first begins'), printed(ONE, 'first has much')]
    const words = (line: string) => line.replace(/: (first)/, ': $1()')
    const log = [begun('one'), ...own.map(words), begun('two')]
    const lines = translate(log, ['one', 'two'], '--from-log')
    expect(lines.map(line => line.replace('()', ''))).toEqual([begun('one'), ...expected(own), begun('two')])
  })

  test('a cumulative payload in the place of a stack: nothing below prints any more', () => {
    const history = ['livepatch: one finished APPLY with rc=0', 'livepatch: two finished APPLY with rc=0']
    const replaced = 'livepatch: both finished REPLACE with rc=0'
    const words = ['first has much', 'second begins', 'second goes on']
    const log = [...history, replaced, ...words.map(each => printed(BOTH, each).replace(/: (\w+)/, ': $1()'))]
    const reports = ['one', 'two', 'both']
    const lines = translate(log, reports, '--from-log', '--json', 'found.json')
    expect(lines.map(line => line.replace('()', ''))).toEqual([
      ...history,
      replaced,
      ...expected(words.map(each => printed(BOTH, each))),
    ])
    // Taken back, the original is what runs, whatever was there before.
    const back = translate(
      [...log, 'livepatch: both: Reverting', printed(BASE, 'second begins')],
      reports,
      '--from-log',
    )
    expect(back.at(-1)).toBe(expected([printed(BASE, 'second begins')])[0])
  })
})
