/**
 * The rule book: every check that Xen's loader makes, and every one that it should make. Rows of one step stand in the
 * loader's order; `steps.ts` has the order of the steps.
 *
 * To add a rule: a row in the group it belongs to, its code in docs/findings/verify-*.md, a row in table.test.ts that
 * breaks it, and a mutation in tests/verify/mutations.ts so that the real Xen judges it.
 */

import type { LoaderKind } from '../../loaders/xen/loader-facts.ts'
import type { Rule } from '../rule.ts'
import { NO_TREE } from '../running-code.ts'
import { ALTERNATIVE_BRANCH_RULES } from './checks/alternative-branches.ts'
import { CONSISTENCY_RULES } from './checks/consistency.ts'
import { EXPECTATION_RULES, FUNCTION_RULES } from './checks/functions.ts'
import { HEADER_RULES } from './checks/header.ts'
import { HOOK_RULES } from './checks/hooks.ts'
import { LOADER_RULES } from './checks/loader.ts'
import { METADATA_RULES } from './checks/metadata.ts'
import { BUILD_ID_RULES, EARLY_BUILD_ID_RULES, REQUIRED_RULES, STACK_RULES } from './checks/notes.ts'
import { OLD_CODE_RULES } from './checks/old-code.ts'
import { APPLY_RULES, REVERT_RULES, RUN_RULES } from './checks/running.ts'
import { PLACEMENT_RULES, SECTION_RULES } from './checks/sections.ts'
import { ALTERNATIVE_CALL_RULES, ALTERNATIVE_RULES, BUG_FRAME_RULES, EXCEPTION_RULES } from './checks/special.ts'
import { SYMBOL_RULES } from './checks/symbols.ts'
import { isOf, STEPS } from './steps.ts'

const ALL: readonly Rule[] = [
  ...LOADER_RULES,
  ...HEADER_RULES,
  ...SECTION_RULES,
  ...EARLY_BUILD_ID_RULES,
  ...PLACEMENT_RULES,
  ...SYMBOL_RULES,
  ...REQUIRED_RULES,
  ...FUNCTION_RULES,
  ...HOOK_RULES,
  ...BUILD_ID_RULES,
  ...BUG_FRAME_RULES,
  ...ALTERNATIVE_RULES,
  ...ALTERNATIVE_BRANCH_RULES,
  ...ALTERNATIVE_CALL_RULES,
  ...EXCEPTION_RULES,
  ...METADATA_RULES,
  ...STACK_RULES,
  ...EXPECTATION_RULES,
  ...APPLY_RULES,
  ...CONSISTENCY_RULES,
  ...OLD_CODE_RULES,
  ...RUN_RULES,
  ...REVERT_RULES,
]

/** Every code there is, for documents and tests. */
export const RULE_CODES: readonly string[] = [...new Set(ALL.map(rule => rule.code)), NO_TREE.code]

/** The rules of one kind of loader, in its order. */
export function rulesFor(kind: LoaderKind): readonly Rule[] {
  const steps = STEPS.filter(step => isOf(step, kind)).map(step => step.name)
  return steps.flatMap(step => ALL.filter(rule => rule.step === step && isOf(rule, kind)))
}
