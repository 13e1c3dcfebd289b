/** What a module of Linux says of itself in words: `name=…`, `vermagic=…`, one after the other (include/linux/moduleparam.h). */
import { InputError } from '../../base/errors.ts'
import { readElf } from '../../elf/index.ts'
import { MODINFO, MODULE_STRUCTURE } from '../payload-sections.ts'

/** The build-id of the kernel that a module of ours was made for, in hexadecimal digits. */
export const MADE_FOR = 'kernel_build_id'

/** The first of each name; undefined where `bytes` are no module. */
export function readModinfo(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  const sections = sectionsOf(bytes)
  if (sections?.some(({ name }) => name === MODULE_STRUCTURE) !== true) return undefined
  const words = sections.find(({ name }) => name === MODINFO)?.bytes ?? new Uint8Array()
  const lines = Buffer.from(words).toString('latin1').split('\0')
  const pairs = lines.filter(line => line.includes('=')).map((line): [string, string] => cut(line))
  return new Map(pairs.reverse())
}

function cut(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}

/** Whatever is no ELF object is no module either. */
function sectionsOf(bytes: Uint8Array) {
  try {
    return readElf<'payload'>(bytes).sections
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
