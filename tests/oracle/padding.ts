/** objdump and readelf as judges of what is called padding: nops, int3 and zeros by their word, none with a relocation. */
import { bytesBySection, readelf, run } from './binutils.ts'

export interface Claim {
  readonly section: string
  readonly offset: number
  readonly size: number
}

/** The claims, by file, that objdump does not bear out, in words. */
export function notPadding(claims: ReadonlyMap<string, readonly Claim[]>): readonly string[] {
  const files = [...claims.keys()]
  const only = [...new Set([...claims.values()].flat().map(({ section }) => section))].map(section => `-j${section}`)
  const code = byFile(run('objdump', ['-dzw', ...only, ...files]).stdout)
  const bytes = byFile(run('objdump', ['-s', ...only, ...files]).stdout)
  const relocations = readelf(files, '-rW').text
  return files.flatMap(file => {
    const judge: Judge = {
      code: instructions(code.get(file) ?? ''),
      bytes: bytesBySection(bytes.get(file) ?? ''),
      relocated: relocationOffsets(relocations.get(file) ?? ''),
    }
    return (claims.get(file) ?? []).flatMap(claim => refuted(judge, claim).map(why => `${file}: ${why}`))
  })
}

interface Judge {
  readonly code: ReadonlyMap<string, ReadonlyMap<number, Instruction>>
  readonly bytes: ReadonlyMap<string, string>
  readonly relocated: ReadonlyMap<string, readonly number[]>
}

function refuted({ code, bytes, relocated }: Judge, { section, offset, size }: Claim): readonly string[] {
  const end = offset + size
  const place = `${section} from 0x${offset.toString(16)} to 0x${end.toString(16)}`
  if (relocated.get(section)?.some(at => at >= offset && at < end)) return [`${place} has a relocation`]
  const text = code.get(section)
  // What is not stored has no bytes.
  const held = Buffer.from(bytes.get(section) ?? '', 'hex').subarray(offset, end)
  if (held.every(byte => byte === 0)) return []
  if (text === undefined) return [`${place} is not zero`]
  let at = offset
  while (at < end) {
    const found = text.get(at)
    if (found === undefined) return [`${place}: objdump has no instruction at 0x${at.toString(16)}`]
    const isJumpOver = at === offset && new RegExp(`^jmp +(0x)?${end.toString(16)}\\b`).test(found.text)
    if (!isJumpOver && !IDLE.test(found.text)) return [`${place}: ${found.text}`]
    at += found.size
  }
  return at === end ? [] : [`${place} ends within an instruction`]
}

/** objdump's text for each of several files. */
function byFile(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^(\S.*):\s+file format .*$/m).slice(1)
  return new Map(Array.from({ length: parts.length / 2 }, (_, i) => [parts[2 * i] ?? '', parts[2 * i + 1] ?? '']))
}

/** As objdump spells the nops of every length; `xchg %ax,%ax` is the one of two bytes. */
const IDLE = /^(?:(?:data16 |cs )*nop[wl]?\b|xchg +%ax,%ax$|int3$)/

interface Instruction {
  readonly size: number
  readonly text: string
}

/** By section, the instruction that begins at each offset. */
function instructions(text: string): ReadonlyMap<string, ReadonlyMap<number, Instruction>> {
  const sections = new Map<string, Map<number, Instruction>>()
  let here = new Map<number, Instruction>()
  for (const line of text.split('\n')) {
    const section = /^Disassembly of section (.*):$/.exec(line)?.[1]
    if (section !== undefined) {
      here = new Map()
      sections.set(section, here)
      continue
    }
    const [, at = '', bytes = '', says = ''] = /^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *(?:\t(.*))?$/.exec(line) ?? []
    if (at !== '') here.set(Number.parseInt(at, 16), { size: bytes.trim().split(' ').length, text: says.trim() })
  }
  return sections
}

/** By section, the offsets of its relocations, as readelf prints them. */
function relocationOffsets(text: string): ReadonlyMap<string, readonly number[]> {
  const offsets = new Map<string, number[]>()
  let here: number[] = []
  for (const line of text.split('\n')) {
    const section = /^Relocation section '\.rela(.*)' at/.exec(line)?.[1]
    if (section !== undefined) {
      here = offsets.get(section) ?? []
      offsets.set(section, here)
    }
    const at = /^([0-9a-f]{16}) /.exec(line)?.[1]
    if (at !== undefined) here.push(Number.parseInt(at, 16))
  }
  return offsets
}
