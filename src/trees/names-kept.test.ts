/** What a unit calls its files, compiled in a private place: as in the tree's own object, `./` included, by each compiler that is here. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KEEPS_DOTS, tidiesNames } from './command.ts'
import { compileUnits } from './compile.ts'
import { findProgram } from './find-program.ts'
import { openBase } from './open.ts'
import { createPool } from './pool.ts'
import { quiet } from './whole-run.ts'

/** clang takes the `./` off where a map of names is given, from 15 on. */
const COMPILERS = ['gcc', 'gcc-11', 'gcc-14', 'clang', ...[14, 15, 16, 17, 18, 19].map(version => `clang-${version}`)]
const here = COMPILERS.filter(name => findProgram(name, '/') !== undefined)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-names-'))
  mkdirSync(join(folder, 'include'))
  writeFileSync(join(folder, 'include/h.h'), 'static inline const char *h(void) { return __FILE__; }\n')
  writeFileSync(
    join(folder, 'a.c'),
    '#include "h.h"\nconst char *f(void) { return h(); }\nconst char *g(void) { return __FILE__; }\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rows = here.flatMap(compiler =>
  [[], ['-fmacro-prefix-map=/nowhere=.']].map(more => ({ compiler, more, words: more.join(' ') || 'no map' })),
)
test.for(rows)('$compiler, with $words', async ({ compiler, more }) => {
  const options = ['-O1', '-I./include', ...more, '-c', './a.c', '-o', 'a.o']
  const split = ['-ffunction-sections', '-fdata-sections']
  execFileSync(compiler, [...split, ...options], { cwd: folder, stdio: 'pipe' })
  const built = new Uint8Array(readFileSync(join(folder, 'a.o')))
  const entry = { directory: folder, file: 'a.c', arguments: [compiler, ...split, ...options] }
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify([entry]))
  const run = { pool: createPool(1), progress: quiet, signal: undefined }
  const base = await openBase({ tree: folder, target: 'process', cacheFolder: join(folder, 'cache') }, run)
  const requests = base.units.map(unit => ({ unit, overlay: new Map<string, string>(), label: 'original' }))
  const [done] = await compileUnits({ ...base, run }, requests)
  const text = Buffer.from(done?.object ?? []).toString('latin1')
  expect(/(\.\/)?include\/h\.h/.exec(text)?.[0]).toBe(
    /(\.\/)?include\/h\.h/.exec(Buffer.from(built).toString('latin1'))?.[0],
  )
  expect(Buffer.from(done?.object ?? []).equals(built)).toBe(true)
})

test.for([
  { options: ['-O2', '-DX=-fmacro-prefix-map=/a=b', '-I./include'], tidies: false },
  { options: ['-fdebug-prefix-map=/a=.'], tidies: false },
  { options: ['-ffile-prefix-map=/a=.'], tidies: true },
  { options: ['-fmacro-prefix-map=/a=.'], tidies: true },
  { options: ['-ffile-compilation-dir=.'], tidies: true },
  { options: ['-ffile-reproducible'], tidies: true },
  { options: [KEEPS_DOTS], tidies: false },
])('a command that has $options tidies names itself: $tidies', ({ options, tidies }) => {
  expect(tidiesNames(options)).toBe(tidies)
})
