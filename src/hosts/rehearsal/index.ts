/** What the rehearsal offers to the rest of hotsplice. */

export { describeResult, errnoName } from '../abi/errno.ts'
export { describeRehearsal } from './describe.ts'
export type { Judgement, JudgeOptions } from './judge.ts'
export { judgePayloads } from './judge.ts'
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
export type { ActionOptions, GetReply, ListReply, RehearsalSession, SessionLimits, XenVersion } from './session.ts'
export { startRehearsal } from './session.ts'
