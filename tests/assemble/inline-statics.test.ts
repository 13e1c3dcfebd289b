/** Static variables of inline functions of C++, whose names all units share: what is new does not bear that of another one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

const without = spawnSync('g++', ['--version']).status === 0 ? '' : ' (g++ is missing)'
const BLOCK = '{ static unsigned count; count++; if (count % 2 == 0) r += 31; }'
const FIRST = '{ static unsigned count; count += n; r ^= count; }'
const OTHER = '{ static unsigned more; more++; if (more % 3 == 0) r += 17; }'
const unit = (...blocks: readonly string[]) =>
  `inline unsigned work(unsigned n) { \n  unsigned r = n;\n  ${blocks.join('\n  ')}\n  return r;\n}
unsigned entry(unsigned n) { return work(n + 30) * 3; }
`
const COMMAND = ['g++', '-O1', '-ffunction-sections', '-fno-exceptions', '-fno-asynchronous-unwind-tables']

test.skipIf(without !== '').for([
  ['one of the same name comes before it', unit(FIRST, BLOCK), []],
  ['one of another name comes', unit(OTHER, BLOCK), ['_ZZ4workjE4more']],
] as const)(`%s${without}`, async ([, after, names]) => {
  const program = { files: { 'u.c': unit(BLOCK) }, command: COMMAND }
  const { error, refused, run } = await patchProgram(program, { 'u.c': after })
  expect([error, refused]).toEqual([undefined, []])
  expect(globalsIn(run?.payload?.bytes ?? new Uint8Array())).toEqual(names)
})

/** As readelf has them: data that the payload brings under a name that others see. */
function globalsIn(payload: Uint8Array): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-statics-'))
  try {
    writeFileSync(join(folder, 'payload'), payload)
    const text = execFileSync('readelf', ['-sW', join(folder, 'payload')], { encoding: 'utf8' })
    return [...text.matchAll(/OBJECT +(?:GLOBAL|WEAK|UNIQUE) +\w+ +\d+ (\S+)/g)].map(([, name = '']) => name)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
