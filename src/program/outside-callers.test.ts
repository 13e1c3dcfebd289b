/** Programs of which it cannot be known who leads to a function. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LinkedProgram } from './linked-program.ts'
import { ledToFromElsewhere } from './outside-callers.ts'

const CROSS = 'aarch64-linux-gnu-gcc'
const isThere = spawnSync(CROSS, ['--version']).status === 0
const TEXT =
  '__attribute__((noinline)) int limit(int n) { return n; }\nint _start(int n) { return limit(n) * 3 + n; }\n'

describe.skipIf(!isThere)(`a program for AArch64 ${isThere ? '' : `(needs ${CROSS})`}`, () => {
  test('is refused in words of its own, with and without the relocations of its link', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-outside-'))
    try {
      writeFileSync(join(folder, 'a.c'), TEXT)
      for (const more of [[], ['-Wl,--emit-relocs']]) {
        execFileSync(CROSS, ['-O2', '-nostdlib', '-static', 'a.c', '-o', 'program', ...more], { cwd: folder })
        const bytes = new Uint8Array(readFileSync(join(folder, 'program')))
        const parts = { length: bytes.length, read: (at: number, size: number) => bytes.subarray(at, at + size) }
        expect(ledToFromElsewhere(new LinkedProgram(parts), 'limit', ['_start'])).toMatch(
          /^of programs for AArch64 it is not known what may lead to a function/i,
        )
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
