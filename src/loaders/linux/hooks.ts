/**
 * What a live patch may have run besides: callbacks of its objects, which go by the names that such hooks have for Xen and
 * programs. Source: Linux 6.1 include/linux/livepatch.h, struct klp_callbacks; struct klp_state.
 */
import { HOOK_PREFIX } from '../payload-sections.ts'

export type CallbackName = 'pre_patch' | 'post_patch' | 'pre_unpatch' | 'post_unpatch'

/** By section, the member that leads to the function. */
export const LINUX_HOOKS: ReadonlyMap<string, CallbackName> = new Map([
  [`${HOOK_PREFIX}preapply`, 'pre_patch'],
  [`${HOOK_PREFIX}postapply`, 'post_patch'],
  [`${HOOK_PREFIX}prerevert`, 'pre_unpatch'],
  [`${HOOK_PREFIX}postrevert`, 'post_unpatch'],
])

/** Pairs of numbers of 8 bytes: which part of the system a live patch has changed (klp_state), and in which version of it. */
export const STATES = '.livepatch.states'
