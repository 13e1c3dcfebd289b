/**
 * Would this kernel take this module, and enable its patch? Every rule of the module loader and of the live patching core,
 * from a fresh look at the file. Which failure the kernel would report is told by its place in the kernel's order.
 */
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { payloadDigest } from '../../loaders/payload-digest.ts'
import { askAll, type Book, conclude } from '../judge.ts'
import type { LinuxVersion, VerifyReport } from '../model.ts'
import { NO_TREE } from '../running-code.ts'
import { FILE_RULES } from './file-rules.ts'
import { ModuleLoadContext } from './load-context.ts'
import { MODULE_RULES } from './module-rules.ts'
import { PATCH_RULES, RELOAD_RULES } from './patch-rules.ts'
import { RELOCATION_RULES } from './relocation-rules.ts'
import { MODULE_STEPS, type ModuleRule } from './rule.ts'
import { SEALED_TARGET } from './taken-addresses.ts'

const ALL: readonly ModuleRule[] = [...FILE_RULES, ...MODULE_RULES, ...RELOCATION_RULES, ...PATCH_RULES, SEALED_TARGET]

/** By version, whose rules these are. What could not be run has no row. */
const RULES: Readonly<Record<LinuxVersion, readonly ModuleRule[]>> = { '6.1': [...ALL, ...RELOAD_RULES], '6.12': ALL }

/** Every code there is, for documents and tests. */
export const LINUX_RULE_CODES: readonly string[] = [...new Set([...ALL, ...RELOAD_RULES].map(({ code }) => code))]

export interface ModuleInput {
  readonly payload: Uint8Array
  readonly kernel: KernelImage
  /** Whether no processor of the host tracks indirect branches (CET-IBT), or the kernel was told not to (ibt=off). */
  readonly withoutIbt?: boolean | undefined
}

export function verifyModule({ payload, kernel, withoutIbt }: ModuleInput): VerifyReport {
  const { version } = kernel.facts
  const loading = new ModuleLoadContext(payload, kernel, withoutIbt === true)
  const book: Book<ModuleRule> = {
    rules: MODULE_STEPS.flatMap(({ name }) => RULES[version].filter(({ step }) => step === name)),
    steps: MODULE_STEPS,
    check: rule => rule.check(loading),
    refusal: 'ENOEXEC',
  }
  const result = conclude(askAll(book), book)
  const sha256 = payloadDigest(payload)
  return { schema: 1, target: 'linux', version, sha256, ...result, checks: [...result.checks, NO_TREE] }
}
