/** The rule book's rows for Linux, and the order in which the kernel comes to them. */
import type { Finding } from '../finding.ts'
import type { Stage } from '../model.ts'
import type { ModuleLoadContext } from './load-context.ts'

/** Sources: Linux 6.1 kernel/module/main.c, load_module(); kernel/livepatch/core.c, klp_enable_patch(). */
const ROWS = [
  { name: 'signature', stage: 'upload' },
  { name: 'header', stage: 'upload' },
  { name: 'sections', stage: 'upload' },
  { name: 'setup', stage: 'upload' },
  { name: 'layout-version', stage: 'upload' },
  { name: 'modinfo', stage: 'upload' },
  { name: 'placement', stage: 'upload' },
  { name: 'licence', stage: 'upload' },
  { name: 'symbols', stage: 'upload' },
  { name: 'relocations', stage: 'upload' },
  { name: 'finalize', stage: 'upload' },
  { name: 'init', stage: 'apply' },
  { name: 'enable', stage: 'apply' },
  { name: 'objects', stage: 'apply' },
  { name: 'functions', stage: 'apply' },
  { name: 'run', stage: 'run' },
  { name: 'revert', stage: 'revert' },
] as const satisfies readonly { readonly name: string; readonly stage: Stage }[]

export type ModuleStep = (typeof ROWS)[number]['name']

export const MODULE_STEPS: readonly { readonly name: ModuleStep; readonly stage: Stage }[] = ROWS

export interface ModuleRule {
  /** In lower case with dashes. */
  readonly code: string
  readonly step: ModuleStep
  /** Where the kernel's source has it: file and function. */
  readonly source: string
  /** What holds when it passes. */
  readonly title: string
  /** What is wrong, in any order; nothing where the rule holds. Throws `NotReached` where it cannot be told. */
  readonly check: (loading: ModuleLoadContext) => readonly Finding[]
}
