export { UnitCode } from './code/code.ts'
export { type MemoryCopy, RunningImage } from './code/image.ts'
export type { CodeDifference, CodeFinding } from './code/model.ts'
export { verifyModule } from './linux/verify.ts'
export {
  type Errno,
  KNOWN_VERSIONS,
  knownVersion,
  LINUX_VERSIONS,
  type LinuxVersion,
  type ReplacedFunction,
  type Verdict,
  type VerifiedPayload,
  type VerifyCheck,
  type VerifyInput,
  type VerifyReport,
  XEN_VERSIONS,
  type XenVersion,
} from './model.ts'
export { enteredCode } from './old-code.ts'
export { withCode } from './running-code.ts'
export { loadedStack, type VerifiedLoad, verifyAndLoad, verifyPayload, verifyStack } from './verify.ts'
export { entrySizesOfRules } from './xen/entry-sizes.ts'
