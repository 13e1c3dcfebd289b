/** `hotsplice advise` as a process, on the example of the README: what it says, what it compiles, and how it ends. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import type { Advice } from '../../src/report/advice.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { writeScript } from '../support/script.ts'
import { hotsplice } from '../xen/command.ts'
import { type Demo, makeDemo, patchOf } from './support/demo.ts'

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  let demo: Demo
  let env: NodeJS.ProcessEnv
  beforeAll(() => {
    demo = makeDemo()
    env = { ...process.env, HOTSPLICE_CACHE: join(demo.folder, 'cache') }
  })
  afterAll(() => rmSync(demo.folder, { recursive: true, force: true }))

  const advise = async (patch: string, { tree, folder }: Demo = demo) => {
    const json = join(folder, 'advice.json')
    rmSync(json, { force: true })
    const args = ['advise', '--target', 'process', '--tree', tree, '--patch', patch, '--json', json]
    const run = await hotsplice(args, { cwd: folder, env })
    const advice: Advice = JSON.parse(readFileSync(json, 'utf8'))
    expect(v.safeParse(SCHEMAS.advise, advice).issues).toBeUndefined()
    return { ...run, advice }
  }
  const told = ({ ways }: Advice) =>
    ways.map(({ way, outcome, functions }) => `${way} ${outcome} ${functions.map(({ name }) => name).join(' ')}`.trim())

  test('the example: every way with its functions, sizes and log lines; auto is recommended', async () => {
    const { status, advice, stdout } = await advise(demo.patch)
    expect(status).toBe(0)
    expect(told(advice)).toEqual([
      'auto built f1',
      'neutral built f1',
      'mask built f1',
      'table built f1',
      'ignore built f1 f2',
    ])
    expect(advice).toMatchObject({ outcome: 'advised', recommended: 'auto' })
    expect(advice.reason).toContain('ignore would take 2 functions')
    const examples = advice.ways.map(({ logs }) => logs.examples.map(each => each.prints).join())
    expect(examples).toEqual(['file1.c:12', 'file1.c:12', 'file1.c:12', 'file1.c:12', 'file1.c:14'])
    const sizes = advice.ways.map(({ size }) => size ?? 0)
    expect(sizes[4]).toBeGreaterThan(sizes[0] ?? 0)
    expect(stdout).toMatch(/^mode +outcome +functions/)
    expect(stdout).toContain('recommended: --lines auto')
  })

  test('no text is compiled twice, and a build afterwards compiles nothing', async () => {
    const log = join(demo.folder, 'compiles')
    // What is compiled, and how, without where the object goes.
    const note = `{ echo "$*" | sed 's/ -o [^ ]*//; s/ -M[A-Z]* [^ ]*//g'; md5sum < file1.c; } | tr '\\n' ' ' >> '${log}'; echo >> '${log}'`
    const script = `case " $* " in *' -c '*) ${note};; esac\nexec gcc "$@"`
    const compiler = writeScript(join(demo.folder, 'counting-gcc'), script)
    const other = makeDemo(compiler)
    const compiles = () => readFileSync(log, 'utf8').trimEnd().split('\n')
    try {
      const { status } = await advise(other.patch, other)
      expect(status).toBe(0)
      const all = compiles()
      // The original, the patched, the rewritten and the shifted text at least.
      expect(new Set(all.map(line => /[0-9a-f]{32}/.exec(line)?.[0])).size).toBeGreaterThanOrEqual(4)
      expect(all).toEqual([...new Set(all)])
      for (const way of ['auto', 'neutral', 'mask', 'ignore']) {
        const args = ['build', '--target', 'process', '--tree', other.tree, '--patch', other.patch, '--lines', way]
        expect((await hotsplice(args, { cwd: other.folder, env })).status).toBe(0)
      }
      expect(compiles()).toEqual(all)
    } finally {
      rmSync(other.folder, { recursive: true, force: true })
    }
  })

  test('only line numbers move: 3, and what ignore would have taken', async () => {
    const { status, advice } = await advise(patchOf(demo, 'lines', ['int f1(', '/* one\n * two */\nint f1(']))
    expect(status).toBe(3)
    expect(told(advice).filter(line => !line.endsWith('nothing-to-do'))).toEqual(['ignore built f2'])
    expect(advice).toMatchObject({ outcome: 'nothing-to-do', recommended: 'auto' })
    expect(advice.reason).toContain('ignore would take 1 function')
  })

  test('what no way can patch: 2, with each obstacle once', async () => {
    const patch = patchOf(
      demo,
      'data',
      ['int f1(', '__thread int taken;\nint f1('],
      ['return balance - amount;', 'return balance - amount - taken++;'],
    )
    const { status, advice, stdout } = await advise(patch)
    expect(status).toBe(2)
    expect(advice).toMatchObject({ outcome: 'refused', recommended: null })
    expect(advice.ways.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'refused'))
    expect(stdout.match(/^ {2}thread-local-data/gm)).toHaveLength(1)
    expect(stdout).toContain('under: auto, neutral, mask, table, ignore')
  })

  test('a patch that does not compile: 1', async () => {
    const patch = patchOf(demo, 'wrong', ['return balance - amount;', 'return balance - amounts;'])
    const { status, stderr, advice } = await advise(patch)
    expect(status).toBe(1)
    expect(stderr).toMatch(/amounts.* undeclared/)
    expect(advice).toMatchObject({ outcome: 'error', command: 'advise' })
  })
})
