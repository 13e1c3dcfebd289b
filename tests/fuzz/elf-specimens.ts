/** Small sound objects with every structure that the reader knows, made on the spot. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NewObject, writeElf } from '../../src/elf/index.ts'
import { compile, hasGcc } from '../support/gcc.ts'
import { damaged, fieldsOf } from './elf-fields.ts'
import { type Specimen, specimen } from './elf-fuzz.ts'

const PLAIN = `
extern int other(int);
static int counter;
const char *name = "name";
int f(int x) { counter += x; return other(counter) + 1; }
`
const RICH = `
__thread int mine = 3;
int shared[4];
__attribute__((weak)) int soft(void) { return mine; }
static int one(void) { return 1; }
static int (*choose(void))(void) { return one; }
int chosen(void) __attribute__((ifunc("choose")));
__asm__(".section .note.demo, \\"a\\", @note\\n .long 5, 4, 7\\n .asciz \\"Demo\\"\\n .zero 3\\n .long 99\\n .previous");
__asm__(".section .text.kept, \\"axG\\", @progbits, kept, comdat\\n .globl kept\\n kept: call f\\n .previous");
int f(void) { return shared[2] + soft() + chosen(); }
`
/** Enough that it is smaller when it is compressed. */
const MANY = Array.from({ length: 20 }, (_, at) => `int f${at}(int x) { return x + ${at}; }\n`).join('')
const PROGRAM = `
__thread int mine = 3;
int data = 7;
extern int late(void) __attribute__((weak));
int f(void) { return mine + data + (late ? late() : 0); }
void _start(void) { f(); }
`

export function specimens(): readonly Specimen[] {
  const written = [specimen('written', writeElf(WRITTEN)), specimen('extended indices', extended())]
  if (!hasGcc) return written
  return [
    ...written,
    specimen('plain', compile(PLAIN)),
    specimen('rich', compile(RICH, ['-O1', '-fcommon', '-ffunction-sections'])),
    specimen('with debug information', compile(PLAIN, ['-O1', '-g'])),
    specimen('with compressed debug information', compile(PLAIN + MANY, ['-O1', '-g', '-gz'])),
    specimen('program', link(['-static', '-no-pie', '-Wl,--build-id', '-Wl,--emit-relocs'])),
    specimen('library', link(['-shared', '-fPIC', '-Wl,--build-id'])),
  ]
}

function link(flags: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-fuzz-'))
  try {
    writeFileSync(join(folder, 'a.c'), PROGRAM)
    execFileSync('gcc', ['-O1', '-nostdlib', '-Wl,-z,noseparate-code', ...flags, 'a.c', '-o', 'a.out'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'a.out')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const WRITTEN: NewObject = {
  header: { machine: 62 },
  sections: [
    {
      name: '.text',
      type: 1,
      flags: 6,
      alignment: 16,
      bytes: new Uint8Array(16),
      relocations: [
        { offset: 1, type: 2, symbol: 1, addend: -4n },
        { offset: 8, type: 1, symbol: 0, addend: 2n ** 40n },
      ],
    },
    { name: '.bss', type: 8, flags: 3, alignment: 8, size: 64 },
    {
      name: '.note',
      type: 7,
      flags: 2,
      alignment: 4,
      bytes: Uint8Array.from([0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4]),
    },
  ],
  symbols: [
    { name: 'f', kind: 'function', binding: 'local', place: { in: 'section', section: 0, offset: 0 }, size: 16 },
    { name: 'g', kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 },
    { name: 'c', kind: 'object', binding: 'global', place: { in: 'common', alignment: 8 }, size: 8 },
    { name: 'a', kind: 'untyped', binding: 'weak', place: { in: 'absolute', value: 1n }, size: 0 },
  ],
  groups: [{ signature: 1, flags: 1, members: [0] }],
}

/** Extended section indices where few sections would not need them: a section of words that the symbols are made to use. */
function extended(): Uint8Array {
  const indices = new Uint8Array(Uint32Array.from([0, 2, 0, 0, 0]).buffer)
  const section = { name: '.indices', type: 1, flags: 0, alignment: 4, entrySize: 4, bytes: indices }
  const bytes = writeElf({ ...WRITTEN, sections: [...WRITTEN.sections, section] })
  const symbolTable = fieldsOf(bytes)
    .filter(({ name }) => name.endsWith(' sh_name'))
    .findIndex(({ name }) => name === '.symtab sh_name')
  const changes = { '.indices sh_type': 18, '.indices sh_link': symbolTable, 'symbol 1 st_shndx': 0xffff }
  return damaged(bytes, changes)
}
