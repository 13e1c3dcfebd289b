/**
 * Whose rules a payload is held against: those of the Xen that will get it, by what its image and its source say of
 * themselves. Part of the pipeline. Which mistake is worse: by another version's rules a payload may pass that stops this
 * one, so a version that is not known, or not told, or told in two ways, is refused.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { xenVersionOf } from '../../loaders/xen/version.ts'
import type { TreeFacts } from '../../trees/model.ts'
import { KNOWN_VERSIONS, knownVersion, type XenVersion } from '../../verify/index.ts'

export interface LoaderVersion {
  /** Undefined where there are no rules to ask. */
  readonly version: XenVersion | undefined
  /** Why there are none; stands in the way of every payload, of hooks alone too. */
  readonly unversioned: readonly Refusal[]
}

/** What runs is the image; the source tells where the image does not. */
export function loaderVersion(
  { version: bySource }: Pick<TreeFacts, 'version'>,
  symbols: HypervisorSymbols | undefined,
): LoaderVersion {
  const byImage = symbols === undefined ? undefined : xenVersionOf(symbols)
  if (byImage !== undefined && bySource !== undefined && byImage !== bySource) {
    return refused(
      `the image is that of Xen ${byImage}, but the tree’s source of Xen ${bySource}: they are not of one system`,
    )
  }
  const said = byImage ?? bySource
  if (said === undefined) return refused('neither the image nor the tree’s source says which version of Xen it is')
  const version = knownVersion(said)
  return version === undefined
    ? refused(`${byImage === undefined ? 'the tree' : 'the image'} is Xen ${said}`)
    : { version, unversioned: [] }
}

function refused(text: string): LoaderVersion {
  const refusal: Refusal = {
    code: 'unknown-version',
    unit: '',
    symbol: '',
    text: `${text}; the rules of the loader are known of Xen ${KNOWN_VERSIONS}, and a payload that was held against another version’s may stop the hypervisor`,
    hint: `build for a Xen ${KNOWN_VERSIONS}, with --tree and --symbols of the same build; a newer version, or a vendor’s own number, has to be added to hotsplice first: please report it`,
  }
  return { version: undefined, unversioned: [refusal] }
}
