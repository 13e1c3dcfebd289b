/** The machine of the processes that this host knows. To add one: what `relocate.ts` and the agent know of it, too. */
import { X86_64, X86_64_PATCHING } from '../../machines/x86-64/x86-64.ts'

export const MACHINE = X86_64
export const PATCHING = X86_64_PATCHING
