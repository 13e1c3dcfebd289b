/** One row of the rule book. */
import type { LoaderKind } from '../loaders/xen/loader-facts.ts'
import type { Finding } from './finding.ts'
import type { LoadContext } from './xen/load-context.ts'
import type { Step } from './xen/steps.ts'

export interface Rule {
  /** In lower case with dashes. */
  readonly code: string
  /** When the loader comes to it. */
  readonly step: Step
  /** Where Xen's source has it: file and function. */
  readonly source: string
  /** Which loaders have it; all of them where absent. */
  readonly of?: (kind: LoaderKind) => boolean
  /** What holds when it passes. */
  readonly title: string
  /** What is wrong, in any order; nothing where the rule holds. Throws `NotReached` where it cannot be told. */
  readonly check: (loading: LoadContext) => readonly Finding[]
}
