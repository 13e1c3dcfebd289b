/** A process that may open few files: compilers that cannot be started are an error, and nothing is left behind. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { missingFor } from '../xen/tree.ts'

const missing = missingFor('gcc', 'bash')
const command = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-descriptors-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const SOURCE = 'int f(int x)\n{\n    return x * 100 + 7;\n}\n'
const PATCH = `--- a/f.c
+++ b/f.c
@@ -1,4 +1,4 @@
 int f(int x)
 {
-    return x * 100 + 7;
+    return x * 200 + 7;
 }
`

/**
 * Loaded into the command: from the first program on that it starts, there are SPARE descriptors and no more. A limit on
 * the whole process would first be met by Node, which opens many files at once as it loads the command.
 */
const HOLD = `
import childProcess from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { spawn } = childProcess
childProcess.spawn = (...given) => {
  const held = []
  try {
    for (;;) held.push(openSync('/dev/null'))
  } catch {}
  for (const each of held.splice(0, Number(process.env.SPARE))) closeSync(each)
  try {
    return spawn(...given)
  } finally {
    for (const each of held) closeSync(each)
  }
}
syncBuiltinESMExports()
`
const MOST = 128

/** Runs the command with so many descriptors to spare whenever it starts a program. */
function withSpare(spare: number, words: string): { readonly status: number | null; readonly stderr: string } {
  const hold = join(folder, 'hold.mjs')
  writeFileSync(hold, HOLD)
  const env = {
    ...process.env,
    SPARE: String(spare),
    NODE_OPTIONS: `--import ${hold}`,
    HOTSPLICE_CACHE: join(folder, `cache-${spare}`),
  }
  return spawnSync('bash', ['-c', `ulimit -n ${MOST}; exec ${command} ${words}`], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
}

test.skipIf(missing !== '')(`a build works or says what is missing (${missing || 'gcc is here'})`, () => {
  const entry = { directory: '.', file: 'f.c', arguments: ['gcc', '-O2', '-c', 'f.c', '-o', 'f.o'] }
  const texts = { 'f.c': SOURCE, 'p.patch': PATCH, 'compile_commands.json': JSON.stringify([entry]) }
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  const answers = [0, 1, 2, 3, 4, 5, 6, 8, 10, 20].map(spare => {
    const answer = withSpare(spare, 'build --target process --tree . --patch p.patch -o o.lp')
    const place = join(folder, `cache-${spare}`, 'private')
    return { spare, ...answer, left: existsSync(place) ? readdirSync(place).length : 0 }
  })
  for (const { spare, status, stderr, left } of answers) {
    expect([0, 1], `${spare} to spare: ${stderr}`).toContain(status)
    expect(stderr).not.toMatch(/Unhandled|internal error|\n {4}at /)
    if (status === 1) expect(stderr).toMatch(/^error: .*\[[a-z]+\/[a-z-]+\]/m)
    expect(left).toBe(0)
  }
  expect(answers[0]?.stderr).toContain('could not be started: EMFILE [build/not-started]')
  expect(answers.at(-1)).toMatchObject({ status: 0 })
})

test.skipIf(missing !== '').for([0, 1, 2, 3, 4, 5])('a host’s tool that cannot be started: %i to spare', spare => {
  const { status, stderr } = withSpare(spare, 'list --host xen')
  expect(status).toBe(1)
  expect(stderr).toMatch(/^error: xen-livepatch (could not be started: EMFILE|cannot be run) \[xen\/no-tool\]/m)
})
