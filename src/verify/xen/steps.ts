/**
 * The loader's order: the steps in which it looks at a payload. The first rule that fails, in this order, is what the
 * caller of the hypercall sees. Source: xen/common/livepatch.c, "livepatch_upload", "load_payload_data",
 * "prepare_payload", "livepatch_action", "livepatch_do_action".
 */
import type { LoaderKind } from '../../loaders/xen/loader-facts.ts'
import type { Stage } from '../model.ts'

interface StepRow {
  readonly name: string
  readonly stage: Stage
  readonly of?: (kind: LoaderKind) => boolean
}

const ROWS = [
  { name: 'size', stage: 'upload' },
  { name: 'header', stage: 'upload' },
  { name: 'sections', stage: 'upload' },
  { name: 'symbol-table', stage: 'upload' },
  { name: 'section-names', stage: 'upload' },
  { name: 'symbol-names', stage: 'upload' },
  { name: 'early-xen-depends', stage: 'upload', of: kind => kind.asksBuildIdFirst },
  { name: 'placement', stage: 'upload' },
  { name: 'symbols', stage: 'upload' },
  { name: 'relocations', stage: 'upload' },
  { name: 'required-sections', stage: 'upload' },
  { name: 'patching-sections', stage: 'upload' },
  { name: 'functions', stage: 'upload' },
  { name: 'hooks', stage: 'upload' },
  { name: 'build-id', stage: 'upload' },
  { name: 'depends', stage: 'upload' },
  { name: 'xen-depends-note', stage: 'upload', of: kind => !kind.asksBuildIdFirst },
  { name: 'bug-frames', stage: 'upload' },
  { name: 'alternatives', stage: 'upload' },
  { name: 'alternatives-applied', stage: 'upload' },
  { name: 'alternative-calls', stage: 'upload', of: kind => kind.takesCallSites },
  { name: 'exception-table', stage: 'upload' },
  { name: 'metadata', stage: 'upload' },
  { name: 'late-xen-depends', stage: 'upload', of: kind => !kind.asksBuildIdFirst },
  { name: 'new-symbols', stage: 'upload' },
  { name: 'stack', stage: 'apply' },
  { name: 'expectations', stage: 'apply' },
  { name: 'apply-hooks', stage: 'apply' },
  { name: 'jumps', stage: 'apply' },
  { name: 'run', stage: 'run' },
  { name: 'revert', stage: 'revert' },
] as const satisfies readonly StepRow[]

export type Step = (typeof ROWS)[number]['name']

export const STEPS: readonly (StepRow & { readonly name: Step })[] = ROWS

/** Whether loaders of this kind have a rule or step. */
export function isOf(row: { readonly of?: (kind: LoaderKind) => boolean }, kind: LoaderKind): boolean {
  return row.of === undefined || row.of(kind)
}
