/** AArch64 code, and what GNU objdump says of it: the oracle of our own decoder. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Flow, Naming } from '../../src/machines/aarch64/decode.ts'
import { compileAnew } from './gcc.ts'
import { missingFor } from './missing.ts'

const PREFIX = 'aarch64-linux-gnu-'
export const missingForArm64 = missingFor(`${PREFIX}gcc`, `${PREFIX}objdump`)

/** As Xen compiles for it. */
const ARM64_XEN_LIKE = [
  '-O2',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-pie',
  '-mgeneral-regs-only',
  '-mno-outline-atomics',
  '-fno-asynchronous-unwind-tables',
  '-fno-common',
]

export function compileArm64(text: string, flags: readonly string[] = ARM64_XEN_LIKE, name = 'unit.c'): Uint8Array {
  return compileAnew(text, flags, name, `${PREFIX}gcc`)
}

/** An instruction by the words of objdump. */
export interface Disassembled {
  readonly word: number
  readonly text: string
  readonly flow: Flow
  /** What it names by a distance, and that distance; of a page, from the instruction's own. */
  readonly names: { readonly as: Naming; readonly distance: number } | undefined
  /** The number in it, where it is one that a general register gets, or is added or held to. */
  readonly number: number | undefined
}

export function disassemble(object: Uint8Array): readonly Disassembled[] {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-arm64-'))
  try {
    writeFileSync(join(folder, 'unit.o'), object)
    return disassembleFile(join(folder, 'unit.o'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function disassembleFile(file: string): readonly Disassembled[] {
  const text = execFileSync(`${PREFIX}objdump`, ['-d', '-z', file], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  return text.split('\n').flatMap(line => {
    const found = /^ *([0-9a-f]+):\t([0-9a-f]{8}) \t(\S+)(?:\t(.*))?$/.exec(line)
    if (found === null) return []
    const [, place = '', word = '', mnemonic = '', operands = ''] = found
    // Data among code.
    if (mnemonic.startsWith('.')) return []
    const at = Number.parseInt(place, 16)
    return [
      {
        word: Number.parseInt(word, 16),
        text: line.trim(),
        flow: flowOf(mnemonic),
        names: namesOf(mnemonic, operands, at),
        number: numberOf(mnemonic, operands),
      },
    ]
  })
}

const FLOWS: readonly (readonly [RegExp, Flow])[] = [
  [/^b$/, 'jump'],
  [/^bl$/, 'call'],
  [/^(b\..*|cbn?z|tbn?z)$/, 'conditional'],
  [/^br(aa|ab)?z?$/, 'indirect-jump'],
  [/^blr(aa|ab)?z?$/, 'indirect-call'],
  [/^(e?ret(aa|ab)?|drps)$/, 'return'],
  [/^(brk|hlt|udf|dcps\d)$/, 'trap'],
  [/^(svc|hvc|smc)$/, 'service'],
]

const flowOf = (mnemonic: string): Flow => FLOWS.find(([names]) => names.test(mnemonic))?.[1] ?? 'next'

function namesOf(mnemonic: string, operands: string, at: number): Disassembled['names'] {
  const last = /(?:^|, )([0-9a-f]+)(?: <[^>]*>)?(?:\s*\/\/.*)?$/.exec(operands)?.[1]
  const place = last === undefined ? Number.NaN : Number.parseInt(last, 16)
  // objdump prints places below zero as numbers of 64 bits.
  const distance = (from: number) => Number(BigInt.asIntN(64, BigInt(`0x${last}`) - BigInt(from)))
  if (Number.isNaN(place)) return undefined
  if (mnemonic === 'adr') return { as: 'address', distance: distance(at) }
  if (mnemonic === 'adrp') return { as: 'page', distance: distance(at - (at % 4096)) }
  if (/^(b|bl|b\..*|cbn?z|tbn?z)$/.test(mnemonic)) return { as: 'target', distance: distance(at) }
  if (/^(ldr|ldrsw|prfm)$/.test(mnemonic)) return { as: 'contents', distance: distance(at) }
  return undefined
}

/** Whether our number is objdump's, which prints some with a sign and some without; of more than 32 bits only it says any. */
export function isNumberOf(ours: number | undefined, { number }: Disassembled): boolean {
  // Adding nothing is a move to it.
  if (number === undefined) return ours === undefined || ours === 0
  if (Math.abs(number) >= 2 ** 32) return ours === undefined || Math.abs(ours) >= 2 ** 32
  // A pattern of 64 bits that reads as a small negative number.
  if (ours === undefined) return number < 0
  return ours >>> 0 === number >>> 0
}

const WITH_NUMBER = /^(mov|movk|adds?|subs?|cmp|cmn|ands?|orr|eor|tst|ccmp|ccmn)$/

function numberOf(mnemonic: string, operands: string): number | undefined {
  if (!WITH_NUMBER.test(mnemonic)) return undefined
  // Of two registers, what comes last are flags.
  if (/^ccm[pn]$/.test(mnemonic) && !/^\w+, #/.test(operands)) return undefined
  const signed = /\/\/ #(-?\d+)$/.exec(operands)?.[1]
  const [, sign, hex, shift] = /, #(-?)0x([0-9a-f]+)(?:, lsl #(\d+))?/.exec(operands) ?? []
  if (hex === undefined) return undefined
  const value = signed === undefined ? Number.parseInt(hex, 16) * (sign === '-' ? -1 : 1) : Number(signed)
  // movk says where its half goes, and add how far its number is shifted.
  return mnemonic === 'movk' || shift === undefined ? value : value * 2 ** Number(shift)
}
