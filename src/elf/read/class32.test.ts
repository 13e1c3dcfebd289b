import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkWhole32, isClass32 } from './class32.ts'

function compiled(width: '-m32' | '-m64'): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-class32-'))
  try {
    const object = join(folder, 'x.o')
    execFileSync('gcc', [width, '-c', '-x', 'c', '-o', object, '-'], { input: 'int x(void) { return 1; }' })
    return new Uint8Array(readFileSync(object))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('an object of 32 bits is known as one, and is whole; cut anywhere it is not', () => {
  const object = compiled('-m32')
  expect(isClass32(object)).toBe(true)
  expect(() => checkWhole32(object)).not.toThrow()
  for (let length = 0; length < object.length; length++) {
    const cut = object.subarray(0, length)
    expect(() => checkWhole32(cut), `${length} bytes`).toThrow(/ends at 0x/)
  }
  expect(isClass32(compiled('-m64'))).toBe(false)
})
