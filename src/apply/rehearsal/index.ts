/** What the rehearsal offers to the rest of hotsplice. */

export { defaultScript, scriptNames } from './default-script.ts'
export { describeRehearsal } from './describe.ts'
export { describeResult, errnoName, errnoResult } from './errno.ts'
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
export { REHEARSAL_SCHEMA } from './model.ts'
export { rehearse } from './rehearse.ts'
export type { ActionOptions, GetReply, ListReply, RehearsalSession, SessionLimits, XenVersion } from './session.ts'
export { startRehearsal } from './session.ts'
