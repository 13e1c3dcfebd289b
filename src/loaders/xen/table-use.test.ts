/** Which kind a loader is, from small loaders of our own: their sources, their debug information, their code. */
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { readElf } from '../../elf/index.ts'
import { type LoaderTexts, type TableUse, tableUseOfImage, tableUseOfTexts } from './table-use.ts'

const OLD_ENTRY = `struct livepatch_func { const char *name; void *new_addr, *old_addr; unsigned new_size, old_size;
  unsigned char version; unsigned char opaque[31]; unsigned char applied; unsigned char patch_offset; unsigned char pad[6];
  unsigned char expect[32]; };`
const NEW_ENTRY = `struct livepatch_func { const char *name; void *new_addr, *old_addr; unsigned new_size, old_size;
  unsigned char version; unsigned char _pad[39]; unsigned char expect[32]; };`
const OWN_STATE = 'struct livepatch_fstate { unsigned patch_offset; unsigned applied; unsigned char insn_buffer[31]; };'

const HEAD = 'void *memcpy(void *, const void *, unsigned long); void nops(void *, unsigned); void relax(void);\n'

/** A loader's two functions; `take` is what they take, `state` what leads to the state, `kept` the buffer's name. */
const code = (take: string, state: string, kept: string) => `
static unsigned length(${take}) { return func->new_addr ? 5 : func->new_size - ${state}->patch_offset; }
void arch_livepatch_apply(${take}) {
  unsigned char jump[31], *old = func->old_addr; unsigned size; int distance;
  ${state}->patch_offset = *(unsigned *)old == 0xfa1e0ff3 ? 4 : 0;
  size = ARGUMENTS(length);
  if (!size) return;
  memcpy(${state}->${kept}, old + ${state}->patch_offset, size);
  distance = (char *)func->new_addr - (char *)old - ${state}->patch_offset - 5;
  if (func->new_addr) { jump[0] = 0xe9; memcpy(jump + 1, &distance, 4); } else nops(jump, size);
  memcpy(old + ${state}->patch_offset, jump, size);
}
void arch_livepatch_revert(${take}) {
  memcpy((char *)func->old_addr + ${state}->patch_offset, ${state}->${kept}, ARGUMENTS(length));
}`

const OLD_CODE = `#define ARGUMENTS(f) f(func)\n${HEAD}${OLD_ENTRY}${code('struct livepatch_func *func', 'func', 'opaque')}`
const NEW_CODE = `#define ARGUMENTS(f) f(func, state)\n${HEAD}${NEW_ENTRY}${OWN_STATE}${code(
  'const struct livepatch_func *func, struct livepatch_fstate *state',
  'state',
  'insn_buffer',
)}`
const UNPROTECTED = `
int arch_livepatch_quiesce(void) {
  unsigned long value; asm volatile("mov %%cr0, %0" : "=r"(value)); asm volatile("mov %0, %%cr0" : : "r"(value & ~0x10000ul));
  return 0; }`
const PROTECTED = '\nint arch_livepatch_quiesce(void) { relax(); return 0; }'

const useOf = (text: string, flags: readonly string[]) => tableUseOfImage(readElf<'original'>(compile(text, flags)))

interface Row {
  readonly of: string
  readonly text: string
  readonly use: TableUse | undefined
}

describe.skipIf(!hasGcc)(`by the code${withoutGcc}`, () => {
  const rows: readonly Row[] = [
    { of: 'state in the table, code alone writable', text: OLD_CODE + PROTECTED, use: 'writes' },
    { of: 'state in the table, nothing protected', text: OLD_CODE + UNPROTECTED, use: 'writes-through' },
    { of: 'state in the table, protection unknown', text: OLD_CODE, use: 'writes' },
    { of: 'state apart', text: NEW_CODE + PROTECTED, use: 'reads' },
    { of: 'state apart, nothing protected', text: NEW_CODE + UNPROTECTED, use: 'reads' },
    { of: 'no loader at all', text: 'int f(void) { return 1; }', use: undefined },
    { of: 'one function of the two', text: OLD_CODE.replace('arch_livepatch_revert', 'revert'), use: undefined },
    {
      of: 'functions of another kind',
      text: 'int arch_livepatch_apply(int a) { return a; } int arch_livepatch_revert(int a) { return a + 1; }',
      use: undefined,
    },
    {
      of: 'one function of each kind',
      text: `${OLD_CODE.replace('arch_livepatch_revert', 'revert')}
        void arch_livepatch_revert(void *func, void **state) { memcpy(func, *state, 5); }`,
      use: undefined,
    },
  ]
  test.for(rows)('$of: $use', ({ text, use }) => {
    expect(useOf(text, ['-O2'])).toBe(use)
  })

  const otherFlags = [['-O0'], ['-Os', '-fcf-protection=branch'], ['-O1', '-fno-omit-frame-pointer']]
  test.for(otherFlags)('compiled with %s', flags => {
    expect([OLD_CODE, NEW_CODE].map(text => useOf(text, flags))).toEqual(['writes', 'reads'])
  })
})

describe.skipIf(!hasGcc)(`by debug information${withoutGcc}`, () => {
  /** As the preprocessor would have written it, so that the unit has the file's name. */
  const named = (file: string, text: string) => `# 1 "${file}"\n${text}\n`
  const FLAGS = ['-O2', '-g', '-gdwarf-5', '-fpreprocessed']
  const types = (text: string, vars: string) => named('common/livepatch.c', `${text}\n${vars}`)
  const entry = 'struct livepatch_func funcs[2];'
  const both = `${entry} struct livepatch_fstate states[2];`
  const rows: readonly Row[] = [
    { of: 'the old structure', text: types(OLD_ENTRY, entry), use: 'writes' },
    {
      of: 'the old structure and a loader without protection',
      text: types(OLD_ENTRY, entry + UNPROTECTED),
      use: 'writes-through',
    },
    { of: 'the new structure and the state', text: types(NEW_ENTRY + OWN_STATE, both), use: 'reads' },
    { of: 'the new structure alone', text: types(NEW_ENTRY, entry), use: undefined },
    { of: 'the old structure and the state', text: types(OLD_ENTRY + OWN_STATE, both), use: undefined },
    {
      of: 'a structure that is only declared',
      text: types('struct livepatch_func;', 'struct livepatch_func *funcs;'),
      use: undefined,
    },
    { of: 'another unit', text: named('common/other.c', OLD_ENTRY + entry), use: undefined },
    { of: 'a unit built elsewhere', text: named('/build/xen/common/livepatch.c', OLD_ENTRY + entry), use: 'writes' },
  ]
  test.for(rows)('$of: $use', ({ text, use }) => {
    expect(useOf(text, FLAGS)).toBe(use)
  })

  test('it is asked before the code', () => {
    const text = OLD_CODE.replace(/^#.*\n/, '')
      .replaceAll('ARGUMENTS(length)', 'length(func)')
      .replaceAll('livepatch_func', 'other')
    expect(useOf(named('arch/livepatch.c', text), FLAGS)).toBe('writes')
    expect(useOf(types(NEW_ENTRY + OWN_STATE + text, both), FLAGS)).toBe('reads')
  })

  test('what cannot be read, an older version of it, leaves it to the code', () => {
    const text = OLD_CODE.replace(/^#.*\n/, '').replaceAll('ARGUMENTS(length)', 'length(func)')
    expect(useOf(named('common/livepatch.c', text), [...FLAGS, '-gdwarf-4'])).toBe('writes')
  })
})

describe('by the source', () => {
  const texts = (entry?: string, loader?: string, machine?: string): LoaderTexts => ({ entry, loader, machine })
  const rows: readonly { of: string; texts: LoaderTexts; use: TableUse | undefined }[] = [
    { of: 'the old entry', texts: texts(OLD_ENTRY, '', PROTECTED), use: 'writes' },
    {
      of: 'the old entry and write_cr0',
      texts: texts(
        OLD_ENTRY,
        '',
        'int noinline arch_livepatch_quiesce(void)\n{ if (x) { } write_cr0(read_cr0() & ~WP); }',
      ),
      use: 'writes-through',
    },
    {
      of: 'write_cr0 elsewhere, and in a comment',
      texts: texts(
        OLD_ENTRY,
        '',
        'int arch_livepatch_quiesce(void) { /* write_cr0(0) */ relax(); }\nvoid f(void) { write_cr0(1); }',
      ),
      use: 'writes',
    },
    { of: 'the old entry of an unknown machine', texts: texts(OLD_ENTRY), use: 'writes' },
    { of: 'the new entry and the state', texts: texts(NEW_ENTRY, OWN_STATE), use: 'reads' },
    {
      of: 'the new entry, whose comment speaks of the old',
      texts: texts(NEW_ENTRY.replace('_pad', '/* was: applied */ _pad'), OWN_STATE),
      use: 'reads',
    },
    { of: 'the new entry, the state in a comment', texts: texts(NEW_ENTRY, `// ${OWN_STATE}`), use: undefined },
    { of: 'the old entry beside a state', texts: texts(OLD_ENTRY, OWN_STATE), use: undefined },
    { of: 'nothing', texts: texts(), use: undefined },
    { of: 'an entry without an end', texts: texts(OLD_ENTRY.slice(0, -2)), use: undefined },
  ]
  test.for(rows)('$of: $use', ({ texts: given, use }) => {
    expect(tableUseOfTexts(given)).toBe(use)
  })
})
