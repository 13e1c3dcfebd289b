export { describeVerify } from './describe.ts'
export {
  type Errno,
  type Verdict,
  type VerifiedPayload,
  type VerifyCheck,
  type VerifyInput,
  type VerifyReport,
  XEN_VERSIONS,
  type XenVersion,
} from './model.ts'
export { type VerifiedLoad, verifyAndLoad, verifyPayload, verifyStack } from './verify.ts'
