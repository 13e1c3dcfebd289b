/**
 * Keeps what V8 compiles of the command's bundle (src/cli/launch.ts) beside each of its files. Which functions a command
 * needs shows when it runs, so a few run here: help and, where gcc is, a comparison of two objects and a small build.
 *
 *   node scripts/keep-compiled.mjs FOLDER     where run.cjs and launch.cjs are
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FLAGS = ['-O2', '-g', '-ffunction-sections', '-fdata-sections', '-c']
const SOURCE = `int say(const char *text, int line);
static int seen;
int first(int a)
{
    seen++;
    return say("first", __LINE__) + a;
}
int last(int a)
{
    return say("last", a + seen);
}
`
const PATCH = `--- a/unit.c
+++ b/unit.c
@@ -7,5 +7,6 @@
 }
 int last(int a)
 {
-    return say("last", a + seen);
+    a++;
+    return say("last", a - seen);
 }
`

const folder = process.argv[2]
const { launch } = createRequire(import.meta.url)(join(folder, 'launch.cjs'))
const scripts = new Map()
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bundle-'))
try {
  const { run } = launch(join(folder, 'run.cjs'), (place, script) => scripts.set(place, script))
  process.env.HOTSPLICE_CACHE = join(work, 'cache')
  process.stdout.write = () => true
  process.stderr.write = () => true
  for (const args of [['help'], ['help', 'build'], ...compiling()]) {
    const code = await run(args, new AbortController().signal)
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  }
  // V8 tells texts apart by their length alone, so only for files whose name changes with their content.
  for (const [place, script] of scripts) if (place.includes('/chunks/')) writeFileSync(place, script.createCachedData())
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** The commands that need a compiler, if there is one. */
function compiling() {
  const tree = join(work, 'tree')
  mkdirSync(tree)
  mkdirSync(join(work, 'cache'), { mode: 0o700 })
  const objects = [SOURCE, SOURCE.replace('a + seen', 'a - seen')].map((text, index) => {
    writeFileSync(join(tree, 'unit.c'), text)
    const object = join(work, `${index}.o`)
    const { status } = spawnSync('gcc', [...FLAGS, 'unit.c', '-o', object], { cwd: tree })
    return status === 0 ? [object] : []
  })
  if (objects.flat().length < 2) return []
  const entry = { directory: tree, file: 'unit.c', arguments: ['gcc', ...FLAGS, 'unit.c', '-o', 'unit.o'] }
  const patch = join(work, 'unit.patch')
  writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify([entry]))
  writeFileSync(join(tree, 'unit.c'), SOURCE)
  writeFileSync(patch, PATCH)
  const build = ['build', '--target', 'process', '--tree', tree, '--patch', patch, '-o', join(work, 'x.livepatch')]
  return [['diff', ...objects.flat()], build]
}
