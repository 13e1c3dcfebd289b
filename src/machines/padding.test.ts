import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readElf } from '../elf/index.ts'
import { EM_AARCH64, EM_X86_64 } from '../elf/spec/constants.ts'
import { machineOf } from './machines.ts'

const isCodePadding = (machine: number, bytes: Uint8Array) => machineOf(machine).isPadding?.(bytes) === true

test.for([
  { bytes: '90', padding: true, so: 'one nop' },
  { bytes: '66 90', padding: true, so: 'two bytes of nop' },
  { bytes: '0f 1f 00 0f 1f 40 00 0f 1f 44 00 00', padding: true, so: 'nops of several lengths' },
  { bytes: '0f 1f 80 00 00 00 00 66 0f 1f 84 00 00 00 00 00', padding: true, so: 'long nops' },
  { bytes: '66 66 66 66 66 66 2e 0f 1f 84 00 00 00 00 00', padding: true, so: 'the longest that there is' },
  { bytes: '66 66 66 66 66 66 66 2e 0f 1f 84 00 00 00 00 00', padding: false, so: 'no instruction has 16 bytes' },
  { bytes: 'cc cc cc', padding: true, so: 'int3' },
  { bytes: '00 00 00 00', padding: true, so: 'zeros' },
  { bytes: '90 00 00', padding: false, so: 'zeros behind a nop, which would be an instruction' },
  { bytes: 'eb 02 90 90', padding: true, so: 'a jump over the rest' },
  { bytes: 'eb 01 90 90', padding: false, so: 'a jump to somewhere within' },
  { bytes: 'eb 02', padding: false, so: 'a jump to somewhere behind' },
  { bytes: 'e9 03 00 00 00 0f 1f 00', padding: true, so: 'a long jump over the rest' },
  { bytes: 'e9 03 00 00 00 c3 90 90', padding: false, so: 'a jump over code' },
  { bytes: '90 eb 01 90', padding: false, so: 'a jump behind a nop' },
  { bytes: '0f 1f 44 00', padding: false, so: 'a nop cut short' },
  { bytes: '0f 1f 40 08', padding: false, so: 'a nop that carries a number' },
  { bytes: '0f 0b', padding: false, so: 'ud2' },
  { bytes: 'f3 90', padding: false, so: 'pause' },
  { bytes: '2e 90', padding: false, so: 'a prefix that no assembler gives to this nop' },
  { bytes: 'c3', padding: false, so: 'ret' },
  { bytes: 'f3 0f 1e fa', padding: false, so: 'endbr64' },
  { bytes: '0f 1e fa', padding: false, so: 'a nop of the reserved kind' },
  { bytes: '90 90 c3', padding: false, so: 'code behind nops' },
  { bytes: 'c3 90 90', padding: false, so: 'code before nops' },
])('on x86-64 $bytes is padding: $padding ($so)', ({ bytes, padding }) => {
  expect(isCodePadding(EM_X86_64, hex(bytes))).toBe(padding)
})

test.for([
  { bytes: '1f 20 03 d5', padding: true, so: 'nop' },
  { bytes: '00 00 1f 20 03 d5', padding: true, so: 'zeros up to the next word, then nop' },
  { bytes: '1f 20 03 d5 00 00', padding: false, so: 'zeros behind it' },
  { bytes: '00 00 00 00', padding: false, so: 'udf #0 could be a trap that a branch leads to' },
  { bytes: '3f 20 03 d5', padding: false, so: 'yield' },
  { bytes: '5f 24 03 d5', padding: false, so: 'bti c' },
  { bytes: '1f 20 03 d5 c0 03 5f d6', padding: false, so: 'ret behind a nop' },
])('on AArch64 $bytes is padding: $padding ($so)', ({ bytes, padding }) => {
  expect(isCodePadding(EM_AARCH64, hex(bytes))).toBe(padding)
})

test('of a machine that is not known nothing is padding, and no bytes are none', () => {
  expect(isCodePadding(8, hex('00 00 00 00'))).toBe(false)
  expect(isCodePadding(EM_X86_64, hex(''))).toBe(false)
})

const ASSEMBLERS: readonly { readonly name: string; readonly machine: number; readonly command: readonly string[] }[] =
  [
    { name: 'gas', machine: EM_X86_64, command: ['as', 'unit.s', '-o', 'unit.o'] },
    { name: 'gas for an old processor', machine: EM_X86_64, command: ['as', '-mtune=k8', 'unit.s', '-o', 'unit.o'] },
    { name: "clang's", machine: EM_X86_64, command: ['llvm-mc', '-triple=x86_64', ...objectTo()] },
    {
      name: "clang's with long nops",
      machine: EM_X86_64,
      command: ['llvm-mc', '-triple=x86_64', '-mcpu=znver3', ...objectTo()],
    },
    { name: "clang's for AArch64", machine: EM_AARCH64, command: ['llvm-mc', '-triple=aarch64', ...objectTo()] },
  ]

test.for(ASSEMBLERS)('all that $name writes to align code is padding', ({ machine, command }, { skip }) => {
  const [program = '', ...options] = command
  if (spawnSync(program, ['--version']).status !== 0) skip(`${program} is missing`)
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    // Every gap from 1 to 511 bytes that instructions of this machine's sizes can leave.
    const step = machine === EM_AARCH64 ? 4 : 1
    const gaps = Array.from({ length: Math.floor(511 / step) }, (_, index) => (index + 1) * step)
    const code = gaps.map(gap => `.p2align 9\n.skip ${512 - gap}, 0xc3\n`).join('')
    writeFileSync(join(folder, 'unit.s'), `.text\n${code}.p2align 9\n`)
    execFileSync(program, options, { cwd: folder })
    const object = readElf<'original'>(new Uint8Array(readFileSync(join(folder, 'unit.o'))))
    const text = object.sections.find(({ name }) => name === '.text')
    expect(text?.size).toBe(gaps.length * 512)
    for (const [index, gap] of gaps.entries()) {
      const end = (index + 1) * 512
      const bytes = text?.bytes.subarray(end - gap, end) ?? new Uint8Array()
      expect(isCodePadding(machine, bytes), `${gap} bytes: ${Buffer.from(bytes).toString('hex')}`).toBe(true)
      const before = text?.bytes.subarray(end - gap - step, end) ?? new Uint8Array()
      expect(isCodePadding(machine, before), `${gap} bytes and the code before`).toBe(false)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function objectTo(): readonly string[] {
  return ['-filetype=obj', 'unit.s', '-o', 'unit.o']
}

function hex(bytes: string): Uint8Array {
  return Uint8Array.from(bytes.split(' ').filter(Boolean), byte => Number.parseInt(byte, 16))
}
