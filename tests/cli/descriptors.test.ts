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

/** Below this, Node cannot even load the command; above, a build has enough. What is between depends on Node. */
const LIMITS = Array.from({ length: 7 }, (_, at) => 26 + 3 * at)

test.skipIf(missing !== '')(`a build works or says what is missing (${missing || 'gcc is here'})`, () => {
  const entry = { directory: '.', file: 'f.c', arguments: ['gcc', '-O2', '-c', 'f.c', '-o', 'f.o'] }
  const texts = { 'f.c': SOURCE, 'p.patch': PATCH, 'compile_commands.json': JSON.stringify([entry]) }
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  const answers = LIMITS.flatMap(limit => {
    const cache = join(folder, `cache-${limit}`)
    const words = `ulimit -n ${limit}; exec ${command} build --target process --tree . --patch p.patch -o o.lp`
    const env = { ...process.env, HOTSPLICE_CACHE: cache }
    const { status, stderr } = spawnSync('bash', ['-c', words], { cwd: folder, env, encoding: 'utf8' })
    const left = existsSync(join(cache, 'private')) ? readdirSync(join(cache, 'private')).length : 0
    const isLoaded = !/EMFILE.*\/dist\//.test(stderr)
    return isLoaded ? [{ limit, status, stderr, left }] : []
  })
  for (const { status, stderr, left } of answers) {
    expect([0, 1]).toContain(status)
    expect(stderr).not.toMatch(/Unhandled|internal error|\n {4}at /)
    if (status === 1) expect(stderr).toMatch(/^error: .*\[[a-z]+\/[a-z-]+\]/m)
    expect(left).toBe(0)
  }
  const words = answers.map(({ stderr }) => stderr).join('')
  expect(words).toContain('could not be started: EMFILE [build/not-started]')
  expect(answers.at(-1)).toMatchObject({ limit: LIMITS.at(-1), status: 0 })
})
