/** Xen 4.17.0's sources for both machines, as far as they tell: only x86 switches protection off and seals. */
import { expect, test } from 'vitest'
import { loaderBySource } from './loader-sources.ts'

const TEXTS: Readonly<Record<string, string>> = {
  'include/public/sysctl.h': 'struct livepatch_func { const char *name; uint8_t applied; };',
  'include/xen/livepatch.h': 'struct livepatch_func;',
  'common/livepatch.c': 'static int prepare_payload(struct payload *p) { return 0; }',
  'arch/x86/livepatch.c': 'int arch_livepatch_quiesce(void)\n{ write_cr0(read_cr0() & ~X86_CR0_WP); return 0; }',
  'arch/x86/alternative.c':
    'int init_or_livepatch _apply_alternatives(struct alt_instr *s)\n{ if ( cpu_has_xen_ibt ) seal(__initdata_cf_clobber_start); BUG_ON(a->repl_len > n); }',
}

const read = (file: string) => TEXTS[file]

test('the source of x86 tells of x86', () => {
  const told = loaderBySource(read, new Map([['X86', 'y']]))
  expect(told.tableUse).toBe('writes-through')
  expect(told.loaderFacts).toMatchObject({ sealsAgain: true, refusesAlternatives: false, takesCallSites: false })
})

test('of another machine it tells nothing, and what all machines have in common does', () => {
  const told = loaderBySource(read, new Map([['ARM', 'y']]))
  expect(told.tableUse).toBe('writes')
  expect(told.loaderFacts).toMatchObject({ takesCallSites: false })
  expect(told.loaderFacts).not.toHaveProperty('sealsAgain')
  expect(told.loaderFacts).not.toHaveProperty('refusesAlternatives')
})
