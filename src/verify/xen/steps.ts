/**
 * The loader's order: the steps in which it looks at a payload. The first rule that fails, in this order, is what the
 * caller of the hypercall sees. Source: xen/common/livepatch.c, "livepatch_upload", "load_payload_data",
 * "prepare_payload", "livepatch_action", "livepatch_do_action".
 */
import { isAtLeast, type Stage, type XenVersion } from '../model.ts'

interface StepRow {
  readonly name: string
  readonly stage: Stage
  readonly from?: XenVersion
  readonly to?: XenVersion
}

const ROWS = [
  { name: 'size', stage: 'upload' },
  { name: 'header', stage: 'upload' },
  { name: 'sections', stage: 'upload' },
  { name: 'symbol-table', stage: 'upload' },
  { name: 'section-names', stage: 'upload' },
  { name: 'symbol-names', stage: 'upload' },
  // 4.18 asks for the right hypervisor before anything is resolved against it.
  { name: 'early-xen-depends', stage: 'upload', from: '4.18' },
  { name: 'placement', stage: 'upload' },
  { name: 'symbols', stage: 'upload' },
  { name: 'relocations', stage: 'upload' },
  { name: 'required-sections', stage: 'upload' },
  { name: 'patching-sections', stage: 'upload' },
  { name: 'functions', stage: 'upload' },
  { name: 'hooks', stage: 'upload' },
  { name: 'build-id', stage: 'upload' },
  { name: 'depends', stage: 'upload' },
  { name: 'xen-depends-note', stage: 'upload', to: '4.17' },
  { name: 'bug-frames', stage: 'upload' },
  { name: 'alternatives', stage: 'upload' },
  { name: 'alternatives-applied', stage: 'upload' },
  { name: 'alternative-calls', stage: 'upload', from: '4.21' },
  { name: 'exception-table', stage: 'upload' },
  { name: 'metadata', stage: 'upload' },
  { name: 'late-xen-depends', stage: 'upload', to: '4.17' },
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

/** Whether a row of rules or steps holds for `version`. */
export function holdsFor(row: { from?: XenVersion; to?: XenVersion }, version: XenVersion): boolean {
  return (
    (row.from === undefined || isAtLeast(version, row.from)) && (row.to === undefined || isAtLeast(row.to, version))
  )
}
