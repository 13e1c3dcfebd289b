/**
 * A hypervisor of three functions as its linker leaves it, with the table of names in which Xen looks itself up: what the
 * toy payload is made for. Without gcc there is none.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAMES = [
  '__2M_rwdata_end',
  '_stext',
  'f1',
  'f2',
  'tiny',
  'variable',
  'xen_major_version',
  'xen_minor_version',
] as const

export function toyImage(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-fuzz-'))
  try {
    writeFileSync(join(folder, 'xen.S'), assembly())
    const flags = ['-nostdlib', '-static', '-no-pie', '-Wl,-Ttext-segment=0x40200000', '-Wl,-z,noseparate-code']
    const buildId = '-Wl,--build-id=0x0102030405060708090a0b0c0d0e0f1011121314'
    execFileSync('gcc', [...flags, buildId, 'xen.S', '-o', 'xen-syms'], { cwd: folder, stdio: 'pipe' })
    return new Uint8Array(readFileSync(join(folder, 'xen-syms')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each name is a length, a type's letter and its characters, each a code of its own. */
function assembly(): string {
  const offsets = NAMES.map((_, at) => NAMES.slice(0, at).reduce((sum, { length }) => sum + length + 2, 0))
  const table = (name: string, ...lines: readonly string[]) =>
    [`.globl ${name}`, '.balign 8', `${name}:`, ...lines].join('\n')
  const code = (name: string, bytes: string) =>
    [`.globl ${name}`, `.type ${name}, @function`, `${name}:`, `.byte ${bytes}`, `.size ${name}, . - ${name}`].join(
      '\n',
    )
  const codes = Array.from({ length: 256 }, (_, each) => each)
  return [
    '.text',
    '.globl _start, _stext, __2M_text_start',
    '_start: _stext: __2M_text_start:',
    '.fill 256, 1, 0x90',
    code('f1', '0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 1, 0, 0, 0, 0xc3, 0x90, 0x90'),
    '.balign 16',
    code('f2', '0xb8, 2, 0, 0, 0, 0xc3, 0x90, 0x90'),
    '.balign 16',
    code('tiny', '0xc3, 0x90'),
    code('livepatch_op', '0xc3'),
    // As far as is looked for the number that they return.
    code('xen_major_version', '0xb8, 4, 0, 0, 0, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90'),
    code('xen_minor_version', '0xb8, 17, 0, 0, 0, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90'),
    '.section .rodata, "a"',
    table('symbols_names', ...NAMES.map(name => `.byte ${name.length + 1}\n.ascii "T${name}"`)),
    table('symbols_token_table', ...codes.map(each => `.byte ${each}, 0`)),
    table('symbols_token_index', ...codes.map(each => `.short ${2 * each}`)),
    table('symbols_offsets', ...NAMES.map(name => `.long ${name} - 0x40000000`)),
    table('symbols_num_syms', `.long ${NAMES.length}`),
    table('symbols_sorted_offsets', ...NAMES.map((_, at) => `.long ${offsets[at]}, ${at}`)),
    '.data',
    '.globl variable, known_features, __2M_rwdata_end',
    'variable: .quad 0',
    'known_features: .fill 76, 1, 0',
    '__2M_rwdata_end:',
    '.section .note.GNU-stack, "", @progbits',
    '',
  ].join('\n')
}
