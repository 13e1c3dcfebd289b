/** What a payload says of itself. Source: livepatch.c "prepare_payload". */
import { MODINFO } from '../../../loaders/payload-sections.ts'
import { absent, finding, when } from '../../finding.ts'
import type { Rule } from '../../rule.ts'

export const METADATA_RULES: readonly Rule[] = [
  {
    code: 'metadata',
    step: 'metadata',
    source: 'livepatch.c prepare_payload',
    title: 'metadata is loaded and ends with a NUL',
    check: loading => {
      const section = loading.sectionNamed(MODINFO)
      if (section === undefined) throw absent(`there is no section ${MODINFO}`)
      const place = loading.placeOf(section)
      if (section.size === 0n) {
        return [
          finding('crash', `${MODINFO} is empty; Xen looks at the byte before its start, 4 GiB further on`, place),
        ]
      }
      const content = loading.content(section)
      if (content === undefined) {
        return [finding('crash', `${MODINFO} is not loaded (no SHF_ALLOC); Xen follows a null pointer`, place)]
      }
      const text = `${MODINFO} ends with byte ${content.at(-1)}, not with a NUL`
      return when(content.at(-1) !== 0, () => finding('EINVAL', text, place))
    },
  },
]
