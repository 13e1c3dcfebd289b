/** What the rehearsal offers to the rest of hotsplice. */

export { describeResult, errnoName } from '../abi/errno.ts'
export type { SessionLimits } from './caller.ts'
export { describeRehearsal } from './describe.ts'
export { MachineLost } from './machine.ts'
export type {
  BootOptions,
  Downfall,
  HypervisorFacts,
  OperationResult,
  RehearsalOutcome,
  RehearsalPayload,
  RehearsalResult,
  RehearseOptions,
} from './model.ts'
export { rehearse } from './rehearse.ts'
export type { Judgement, JudgeOptions } from './xen/judge.ts'
export { judgePayloads } from './xen/judge.ts'
export type { ActionOptions, GetReply, ListReply, RehearsalSession, XenVersion } from './xen/session.ts'
export { startRehearsal } from './xen/session.ts'
