/** What kind a loader is, from small loaders of our own: their sources, and images of a few constants and functions. */
import { describe, expect, test } from 'vitest'
import {
  loaderImage as image,
  lea,
  look,
  MASK,
  NOP,
  type LoaderParts as Parts,
  RETURN,
  step,
} from '../../../tests/verify/loader-image.ts'
import { toyHypervisor } from '../../../tests/verify/toy.ts'
import { type FactTexts, factsOfImage, factsOfTexts, type LoaderFacts } from './loader-facts.ts'

const NONE: FactTexts = { loader: undefined, sections: undefined, alternatives: undefined }
const apply = (body: string) =>
  `int init_or_livepatch _apply_alternatives(struct alt_instr *s, struct alt_instr *e, bool f)\n{ ${body} }`
const seal = (condition: string) =>
  `if ( ${condition} ) { for ( v = __initdata_cf_clobber_start; v < end; v++ ) poison(*v); }`

describe('by the source', () => {
  test.for<{ of: string; texts: Partial<FactTexts>; facts: LoaderFacts }>([
    { of: 'nothing', texts: {}, facts: {} },
    { of: 'a loader that is none', texts: { loader: 'int f(void);' }, facts: {} },
    {
      of: 'the oldest loader',
      texts: {
        loader: 'static int xen_build_id_dep(p) {} static int prepare_payload(p) { sec = get(".altinstructions"); }',
      },
      facts: { checksAlternatives: false, takesCallSites: false, passesNoteErrors: false, asksBuildIdFirst: false },
    },
    {
      of: 'the newest loader',
      texts: {
        loader:
          'int parse_buildid(s); int check_xen_buildid(e); int prepare_payload(p) { get(".altinstr_replacement"); get(".alt_call_sites"); }',
      },
      facts: { checksAlternatives: true, takesCallSites: true, passesNoteErrors: true, asksBuildIdFirst: true },
    },
    ...(
      [
        ['livepatch_upload', true],
        ['apply_payload_tail', false],
      ] as const
    ).map(([name, knowsLoadedCode]) => ({
      of: `code made known in ${name}`,
      texts: {
        loader: `int prepare_payload(p) {} void ${name}(struct payload *p)\n{ register_virtual_region(&p->region); }`,
      },
      facts: { checksAlternatives: false, takesCallSites: false, passesNoteErrors: false, knowsLoadedCode },
    })),
    {
      of: 'names in comments alone',
      texts: {
        loader: 'int prepare_payload(p) { /* ".altinstr_replacement" check_xen_buildid() */ } // ".alt_call_sites"',
      },
      facts: { checksAlternatives: false, takesCallSites: false, passesNoteErrors: false },
    },
    {
      of: 'two addresses',
      texts: { sections: 'struct livepatch_elf_sec { const void *data; void *load_addr; };' },
      facts: { keepsUpload: false },
    },
    {
      of: 'one address',
      texts: { sections: 'struct livepatch_elf_sec { const char *name; void *addr; };' },
      facts: { keepsUpload: true },
    },
    { of: 'another structure', texts: { sections: 'struct livepatch_elf { void *addr; };' }, facts: {} },
    {
      of: 'what stops Xen and reads what is gone',
      texts: { alternatives: apply(`BUG_ON(a->repl_len > n); ${seal('force && cpu_has_xen_ibt')}`) },
      facts: { knowsInverted: false, sealsAgain: true, refusesAlternatives: false },
    },
    {
      of: 'what stops Xen, and asks whether it boots',
      texts: {
        alternatives: apply(
          `BUG_ON(a->repl_len > n); ${seal('force && cpu_has_xen_ibt && system_state < SYS_STATE_active')}`,
        ),
      },
      facts: { knowsInverted: false, sealsAgain: false, refusesAlternatives: false },
    },
    {
      of: 'what asks elsewhere whether it boots',
      texts: {
        alternatives: apply(
          `if ( system_state < 2 ) f(); ${seal('cpu_has_xen_ibt')} if ( system_state < 3 ) g(); return -ENOSPC;`,
        ),
      },
      facts: { knowsInverted: false, sealsAgain: true, refusesAlternatives: true },
    },
    {
      of: 'what seals in a function of its own',
      texts: {
        alternatives: `static void seal(void) { ${seal('cpu_has_xen_ibt')} } ${apply('feat = a->cpuid & ~ALT_FLAG_NOT; return -ENOSPC;')}`,
      },
      facts: { knowsInverted: true, sealsAgain: false, refusesAlternatives: true },
    },
  ])('$of', ({ texts, facts }) => {
    expect(factsOfTexts({ ...NONE, ...texts })).toEqual(facts)
  })
})

const OLD = { checksAlternatives: false, refusesAlternatives: false, takesCallSites: false }

describe('by the image', () => {
  test.for<{ of: string; parts: Parts; facts: LoaderFacts }>([
    { of: 'constants of none', parts: {}, facts: OLD },
    {
      of: 'the late question',
      parts: { constants: ['check against hypervisor build-id failed\n\0'] },
      facts: { ...OLD, asksBuildIdFirst: false, passesNoteErrors: false },
    },
    {
      of: 'the early question',
      parts: {
        constants: [
          'unable to get running Xen build-id: %d\n\0',
          'x size %#x larger than origin %#x\0',
          '\0.altinstr_replacement\0',
        ],
      },
      facts: {
        ...OLD,
        checksAlternatives: true,
        refusesAlternatives: true,
        asksBuildIdFirst: true,
        passesNoteErrors: true,
      },
    },
    {
      of: 'both questions',
      parts: { constants: ['unable to get running Xen build-id', 'check against hypervisor build-id failed'] },
      facts: OLD,
    },
    {
      of: 'a reader of notes, and the late question',
      parts: { constants: ['check against hypervisor build-id failed'], others: ['parse_buildid'] },
      facts: { ...OLD, asksBuildIdFirst: false, passesNoteErrors: true },
    },
    {
      of: 'a name within a message alone',
      parts: { constants: ['.altinstructions provided, but no .altinstr_replacement\n\0', '.alt_call_sites\0'] },
      facts: { ...OLD, takesCallSites: true },
    },
    ...(
      [
        ['two addresses', 32, false],
        ['one address', 24, true],
      ] as const
    ).map(([of, bytes, keepsUpload]) => {
      return { of, parts: { search: step(bytes) }, facts: { ...OLD, keepsUpload } }
    }),
    { of: 'neither address', parts: { search: step(40) }, facts: OLD },
    ...(
      [
        ['no look at the state', lea(0), true],
        ['a look at the state before', [...look(0), ...lea(9)], false],
        ['a look long before', [...look(0), ...Array(8).fill(NOP), ...lea(17)], true],
        ['a look behind', [...lea(0), ...look(7)], true],
        ['two places, one without a look', [...look(0), ...lea(9), ...Array(8).fill(NOP), ...lea(24)], true],
        ['nothing of the table', look(0), false],
      ] as const
    ).map(([of, code, sealsAgain]) => {
      const parts = { apply: [...code, RETURN] }
      return { of, parts, facts: { ...OLD, knowsInverted: false, sealsAgain } }
    }),
    ...(
      [
        ['livepatch_op', true],
        ['load_payload_data.isra.0', true],
        ['check_for_livepatch_work', false],
        ['livepatch_do_action', false],
        ['setup_virtual_regions', undefined],
      ] as const
    ).map(([registers, knowsLoadedCode]) => ({
      of: `code made known in ${registers}`,
      parts: { registers },
      facts: knowsLoadedCode === undefined ? OLD : { ...OLD, knowsLoadedCode },
    })),
    {
      of: 'a feature turned round',
      parts: { apply: [...MASK, RETURN] },
      facts: { ...OLD, knowsInverted: true, sealsAgain: false },
    },
  ])('$of', ({ parts, facts }) => {
    expect(factsOfImage(image(parts))).toEqual(facts)
  })

  test('constants that are not to be seen tell nothing, nor do those of no loader', () => {
    expect(factsOfImage(toyHypervisor())).toEqual({})
    expect(factsOfImage({ ...image({}), hasConstant: () => false })).toEqual({})
  })

  test('on AArch64 some are so whatever is there', () => {
    const so = { refusesAlternatives: false, knowsInverted: false, sealsAgain: false }
    const arm64 = { ...image({ constants: ['larger than origin'] }), machine: 183 }
    expect(factsOfImage(arm64)).toEqual({ ...OLD, ...so })
    expect(factsOfImage({ ...arm64, hasConstant: () => undefined })).toEqual(so)
  })
})
