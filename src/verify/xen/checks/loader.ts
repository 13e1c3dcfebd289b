/** What kind of loader it is that all other rules ask about. Sources: docs/loader-history.md. */
import { finding, when } from '../../finding.ts'
import type { Rule } from '../../rule.ts'

export const LOADER_RULES: readonly Rule[] = [
  {
    code: 'loader-facts',
    step: 'size',
    source: 'common/livepatch.c, arch/x86/alternative.c',
    title: 'image or source tell what kind of loader it is',
    check: ({ assumed, version }) => {
      const text = `neither the image nor a source tells whether the loader ${assumed.join('; ')}: the last state of Xen ${version} stands for it`
      return when(assumed.length > 0, () => finding('warning', text, 'the hypervisor'))
    },
  },
]
